"""Whether the cluster enforces policies at all: where it does not, every test would be about nothing.

Three pods of the runner's own, in a namespace of their own, talk to each other; then a policy denies one of them all
ingress and another all egress. Where there are several nodes, there are three more on another one. Both policies must
take effect on both nodes, from the same node and from the other one.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from netpolspec.backends.base import Verdict, WorldFailed
from netpolspec.backends.live import LivePod, read_pod
from netpolspec.backends.marks import RUN, SIDECAR_LABELS, SIDECARS_OFF
from netpolspec.backends.probing.clients import on_node, pod_spec
from netpolspec.backends.probing.converge import Aim, Source, converge
from netpolspec.backends.probing.probe import Dial, How
from netpolspec.backends.probing.prober import Prober
from netpolspec.backends.readiness import sick
from netpolspec.backends.world.servers import listener
from netpolspec.policy.objects import Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.options import LiveOptions
    from netpolspec.backends.probing.converge import Heard, Outcome
    from netpolspec.backends.world.objects import Objects
    from netpolspec.load.plain import Json

PORT = 8080
_CONTAINER = "canary"
INGRESS, EGRESS, OPEN = "no-ingress", "no-egress", "open"
"""The pods on the first node; those on the other one have `-far` added to their names."""
FAR = "-far"
_ROLE = "netpolspec.dev/canary"


def namespace(run_id: str) -> str:
    """The namespace of the runner's own."""
    return f"netpolspec-{run_id}"


class _Stopped(Exception):  # noqa: N818 - says what happened
    """The run ends: nothing more is to be found out."""


class Canary:
    """Runs beside the making of the world; `result` waits for it."""

    def __init__(self, kubectl: Kubectl, options: LiveOptions, objects: Objects, nodes: tuple[str, ...]) -> None:
        """Nothing happens yet.

        Args:
            kubectl: for the cluster
            options: of the run
            objects: applies manifests
            nodes: those on which pods can be put
        """
        self._kubectl = kubectl
        self._options = options
        self._objects = objects
        self._nodes = nodes
        self._namespace = namespace(options.run_id)
        self._pods: Mapping[str, LivePod] = {}
        self._failure: BaseException | None = None
        self._stopped = threading.Event()
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="netpolspec-canary", daemon=True)
        self.told = ""
        """How long the policies took to take effect."""

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; the child processes that are running are somebody else's to end."""
        self._stopped.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread, so that it creates nothing behind the back of who clears up."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def result(self) -> None:
        """Wait for the outcome.

        Raises:
            WorldFailed: policies have no effect, or the pods do not reach each other without any
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def open_server(self) -> tuple[str, int] | None:
        """Address and port of a server that no policy of ours keeps from anybody; None where it is not up yet."""
        self._settled.wait()
        pod = self._pods.get(OPEN)
        return (pod.addresses[0], PORT) if pod is not None else None

    def is_supported(self, protocol: str) -> str | None:
        """Why a protocol cannot be dialled here; None: it can."""
        self._settled.wait()
        if OPEN not in self._pods:
            return None
        finished = self._kubectl.run(
            *("-n", self._namespace, "exec", OPEN, "-c", _CONTAINER, "--"),
            *("/agnhost", "connect", "127.0.0.1:1", "--timeout=1s", f"--protocol={protocol}"),
        )
        said = finished.stderr.lower()
        if "not supported" in said or "unknown network" in said:
            return f"the node's kernel has no {protocol.upper()}"
        if "no such file" in said or "not found" in said:
            return f"the probe image cannot dial {protocol.upper()}"
        return None

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._set_up()
            self._settled.set()
            self._must(self._pairs(), "pods of our own do not reach each other, without any policy", "no-network")
            self._go_on()
            self._objects.apply_all([self._policy(INGRESS, "Ingress"), self._policy(EGRESS, "Egress")])
            applied = time.monotonic()
            outcomes = self._must(
                self._denials() | self._pairs(unaffected=True),
                "policies have no effect on this cluster",
                "not-enforced",
            )
            times = [each.since - applied for aim, each in outcomes.items() if not aim.dial.allowed and each.since]
            self.told = f"a policy took effect within {max(0, round(1000 * max(times)))} ms" if times else ""
        except _Stopped:
            pass
        except BaseException as failure:  # noqa: BLE001 - handed on by `result`
            self._failure = failure
        finally:
            self._settled.set()

    def _set_up(self) -> None:
        labels: Json = {RUN: self._options.run_id, "pod-security.kubernetes.io/enforce": "restricted"}
        space: Mapping[str, Json] = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": self._namespace, "labels": labels},
        }
        self._objects.apply_all([space])
        near, far = (self._nodes[0], self._nodes[1]) if len(self._nodes) > 1 else (None, None)
        self._go_on()
        names = [(name, near) for name in (INGRESS, EGRESS, OPEN)]
        names += [(name + FAR, far) for name in (INGRESS, EGRESS, OPEN) if far]
        self._objects.apply_all([self._pod(name, node) for name, node in names])
        deadline = time.monotonic() + self._options.ready_timeout
        pause = 0.2
        while True:
            self._go_on()
            pods = [read_pod(each) for each in self._kubectl.items("-n", self._namespace, "get", "pods")]
            if len(pods) == len(names) and all(pod.ready and pod.addresses for pod in pods):
                self._pods = {pod.name: pod for pod in pods}
                return
            if time.monotonic() > deadline:
                notes = tuple(each.text for each in sick(self._kubectl, "-n", self._namespace))
                raise WorldFailed("pods of our own do not get ready", code="not-ready", notes=notes)
            time.sleep(pause)
            pause = min(1.5 * pause, 1.0)

    def _pod(self, name: str, node: str | None) -> dict[str, Json]:
        placed: dict[str, Json] = {"affinity": on_node(node)} if node else {}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": self._namespace,
                "labels": {**SIDECAR_LABELS, RUN: self._options.run_id, _ROLE: name.removesuffix(FAR)},
                "annotations": SIDECARS_OFF,
            },
            "spec": {
                **pod_spec(),
                **placed,
                "containers": [listener(_CONTAINER, self._options.probe_image, Protocol.TCP, PORT)],
            },
        }

    def _policy(self, name: str, direction: str) -> dict[str, Json]:
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": self._namespace, "labels": {RUN: self._options.run_id}},
            "spec": {"podSelector": {"matchLabels": {_ROLE: name}}, "policyTypes": [direction]},
        }

    # --- who dials whom -------------------------------------------------------------------------------------------

    def _aim(self, source: str, destination: str, *, allowed: bool) -> Aim:
        host = self._pods[destination].addresses[0]
        how = How.REPLY if allowed else How.CONNECT
        return Aim(Source(self._namespace, source), Dial(host, PORT, how, allowed))

    def _all(self, name: str) -> tuple[str, ...]:
        """The pod of a name on each node."""
        return tuple(each for each in (name, name + FAR) if each in self._pods)

    def _pairs(self, *, unaffected: bool = False) -> set[Aim]:
        """The dials that go through: all before there is a policy, then those that none is about."""
        aims = {
            self._aim(source, destination, allowed=True)
            for source in self._all(OPEN)
            for destination in (*self._all(EGRESS), *self._all(OPEN))
            if source != destination
        }
        return aims if unaffected else aims | {self._aim(*ends, allowed=True) for ends in self._denied()}

    def _denied(self) -> tuple[tuple[str, str], ...]:
        """Source and destination of each dial that a policy denies."""
        ingress = [(source, destination) for source in self._all(OPEN) for destination in self._all(INGRESS)]
        egress = [(source, destination) for source in self._all(EGRESS) for destination in self._all(OPEN)]
        return (*ingress, *egress)

    def _denials(self) -> set[Aim]:
        return {self._aim(*ends, allowed=False) for ends in self._denied()}

    def _must(self, aims: Collection[Aim], message: str, code: str) -> Mapping[Aim, Outcome]:
        """Have all aims met in time."""
        denies = any(not aim.dial.allowed for aim in aims)
        prober = Prober(
            self._kubectl,
            lambda _: _CONTAINER,
            lambda _: None,
            hold=self._options.hold if denies else 0.0,
            concurrency=self._options.concurrency,
        )
        deadline = time.monotonic() + max(self._options.timeout, 10.0)

        def ask(asked: Collection[Aim]) -> Mapping[Aim, Heard]:
            self._go_on()
            return prober.ask(asked)

        outcomes = converge(aims, ask, lambda _: deadline)
        unmet = {aim: each for aim, each in outcomes.items() if not each.met}
        if unmet:
            self._go_on()
            raise self._failed(unmet, message, code)
        return outcomes

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise _Stopped

    def _failed(self, unmet: Mapping[Aim, Outcome], message: str, code: str) -> WorldFailed:
        notes = [self._tell(aim, outcome) for aim, outcome in unmet.items()]
        if any(outcome.answer.verdict is Verdict.ERROR for outcome in unmet.values()):
            return WorldFailed("the enforcement canary could not be probed", code="canary", notes=sorted(notes))
        help_ = {
            "not-enforced": (
                "install a network plugin that enforces NetworkPolicy: without one, every pod reaches every pod",
                "--controls off runs all the same, and says in the report that nothing is proven",
            ),
        }.get(code, ("look at the network plugin's own pods",))
        return WorldFailed(message, *help_, code=code, notes=sorted(notes))

    def _tell(self, aim: Aim, outcome: Outcome) -> str:
        nodes = {pod.node for pod in self._pods.values() if pod.name == aim.source.pod}
        to = next(pod for pod in self._pods.values() if aim.dial.host in pod.addresses)
        way = "on the same node" if to.node in nodes else "from another node"
        half = "ingress" if to.name.removesuffix(FAR) == INGRESS else "egress"
        wanted = "allowed" if aim.dial.allowed else f"denied ({half})"
        found = outcome.answer.trouble or outcome.answer.verdict
        return f"{way}, {aim.source.pod} -> {to.name}: expected {wanted}, observed {found}"
