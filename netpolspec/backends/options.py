"""What a user can ask of a live backend."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_hex

PROBE_IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53"
"""What clients and servers of the runner's own are made of, where no setting names another image."""


class Paths(StrEnum):
    """Which ways between nodes are probed where there are several nodes."""

    BOTH = "both"
    """From the destination's own node and from another one."""
    ANY = "any"
    """From wherever the client happens to run."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options of a run on a live cluster."""

    context: str = ""
    """The kubeconfig's context; `kind` fills it in by itself."""
    kubeconfig: str | None = None
    """A path; None: where kubectl looks by itself."""
    probe_image: str = PROBE_IMAGE
    """Has `agnhost`, or at least a shell with busybox's `nc`."""
    hold: float = 1.0
    """Seconds for which what is expected must go on to hold."""
    timeout: float = 10.0
    """Seconds that a change may take to take effect, where the spec does not say `within`."""
    ready_timeout: float = 120.0
    """Seconds that pods may take to be ready."""
    controls: bool = True
    """Whether denials are proven and enforcement is tested; off is loud in the report."""
    concurrency: int = 16
    """Source pods that probe at the same time."""
    paths: Paths = Paths.BOTH
    keep: bool = False
    """Leave the world as the last scenario had it."""
    cluster_goes: bool = False
    """The cluster goes with the run: what is in it need not be removed, what terraform made outside of it is."""
    allow_existing: bool = False
    """Whether objects may be changed, and put among those, that the run did not create."""
    run_id: str = field(default_factory=lambda: token_hex(4))
    """In a label of everything that the run creates."""
