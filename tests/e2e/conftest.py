"""End-to-end tests: on a real cluster, with real packets. `pytest -m e2e` runs them; other runs leave them out.

They need docker, kind and kubectl. `NETPOLSPEC_NODE_IMAGE`, `NETPOLSPEC_KIND_CONFIG`, `NETPOLSPEC_CNI_MANIFEST` and
`NETPOLSPEC_PROBE_IMAGE` say, as for any run, what the cluster is made of. `NETPOLSPEC_E2E_CONTEXT` and
`NETPOLSPEC_E2E_KUBECONFIG` name a cluster that is there already and may be disturbed: then none is made. With `_3`
at their ends they name one of three nodes, and NETPOLSPEC_KIND_CONFIG_THREE_NODES the configuration of a new one. With
`NETPOLSPEC_E2E_KEEP`, what is made stays for the next time. `NETPOLSPEC_E2E_SKIP` is a reason to skip all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from e2e.lab import Lab, make_lab
from e2e.role import somebody

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

PATIENCE = 580
"""Seconds that one test may take: one that hangs must not keep the others from being run."""
TOOLS = ("docker", "kind", "kubectl")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e: needs a real cluster; run by `pytest -m e2e` only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `-m e2e` they are left out; without the tools they are skipped, each by its name."""
    ours = [item for item in items if item.get_closest_marker("e2e")]
    if "e2e" not in str(config.getoption("markexpr")):
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]
        return
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    reason = os.environ.get("NETPOLSPEC_E2E_SKIP") or (missing and f"not installed: {', '.join(missing)}")
    for item in ours:
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, and so does what that starts: here it must be felt."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def limited() -> Iterator[None]:
    """Ends a test that hangs."""

    def expire(_number: int, _frame: FrameType | None) -> None:
        message = f"the test takes longer than {PATIENCE} s"
        raise TimeoutError(message)

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The cluster that the tests share, one after another."""
    with make_lab() as made:
        yield made


@pytest.fixture(scope="session")
def lab_to_read(lab: Lab) -> Iterator[Lab]:
    """The same cluster, for somebody who may also read what is there, as `given cluster` needs it."""
    with somebody(lab.kubectl, "netpolspec-e2e-reader", reads=True) as user:
        yield replace(lab, user=user)


@pytest.fixture(scope="session")
def lab_of_three() -> Iterator[Lab]:
    """A cluster of three nodes."""
    with make_lab("netpolspec-e2e-3", "NETPOLSPEC_KIND_CONFIG_THREE_NODES", 3) as made:
        yield made


@pytest.fixture(scope="session")
def outside(lab: Lab) -> Iterator[str]:
    """The address of a container beside the nodes, on kind's own Docker network, that serves port 443."""
    name = "netpolspec-e2e-outside"

    def docker(*words: str) -> str:
        done = subprocess.run(
            (shutil.which("docker") or "docker", *words), capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    if not docker("image", "inspect", lab.probe_image):
        pytest.skip(f"docker does not have the image {lab.probe_image}")
    docker("rm", "--force", name)
    serve = ("--entrypoint", "/agnhost", lab.probe_image, "netexec", "--http-port=443")
    assert docker("run", "--detach", "--rm", "--name", name, "--network", "kind", *serve)
    yield docker("inspect", "--format", '{{(index .NetworkSettings.Networks "kind").IPAddress}}', name)
    docker("rm", "--force", name)
