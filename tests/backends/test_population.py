"""The pods of a run, where the cluster does not stand still: it is faked, to have it move when it should."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from netpolspec import shell
from netpolspec.backends.kubectl import Kubectl, KubectlFailed
from netpolspec.backends.live import read_pod
from netpolspec.backends.options import LiveOptions
from netpolspec.backends.probing.clients import Client
from netpolspec.backends.probing.population import Population

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netpolspec.load.plain import Json

OPTIONS = LiveOptions(context="context", run_id="r1", allow_existing=True)


def manifest(version: int = 1, uid: str = "u1", address: str = "10.0.0.9", *, ready: bool = True) -> dict[str, Json]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "uid": uid, "resourceVersion": str(version)},
        "spec": {"nodeName": "n", "containers": [{"name": "web", "image": "nginx"}]},
        "status": {
            "phase": "Running",
            "podIPs": [{"ip": address}],
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"name": "web", "state": {"running": {}}}],
            "ephemeralContainerStatuses": [{"name": "netpolspec-r1", "state": {"running": {}}}] if version > 1 else [],
        },
    }


class Server:
    """One pod, into which its kubelet writes whenever it was read for the first time. In place of `shell.run`."""

    def __init__(self) -> None:
        self.pod = manifest()
        self.puts: list[str] = []
        self.calls: list[str] = []
        self.conflicts = 1

    def __call__(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> shell.Finished:
        del timeout
        self.calls.append(" ".join(argv[3:]))
        if "--raw" in argv:
            self.puts.append(json.loads(stdin)["metadata"]["resourceVersion"])
            if self.conflicts:
                self.conflicts -= 1
                self.pod = manifest(version=int(self.puts[-1]) + 1)
                return shell.Finished(
                    tuple(argv), 1, "", "Error from server (Conflict): the object has been modified", 0
                )
        items: list[Json] = [] if "-l" in argv else [self.pod]
        text = json.dumps(self.pod if "pod" in argv else {"kind": "List", "items": items})
        return shell.Finished(tuple(argv), 0, text, "", 0.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(shell, "run", made)
    return made


@pytest.fixture
def population() -> Population:
    objects = SimpleNamespace(applied={}, spaces={})
    made = Population(Kubectl("context"), OPTIONS, objects, lambda _: None, "own")  # type: ignore[arg-type]
    pod = read_pod(manifest())
    made.neighbours = {pod.key: pod}
    return made


def test_a_pod_into_which_others_write_gets_its_container_all_the_same(server: Server, population: Population) -> None:
    (pod,) = population.everybody.values()
    population._add_ephemeral([pod])  # noqa: SLF001 - what `enable` does where a source cannot dial
    assert server.puts == ["1", "2"]
    server.conflicts = 100
    with pytest.raises(KubectlFailed):
        population._add_ephemeral([replace(pod, manifest=manifest())])  # noqa: SLF001 - the same


@pytest.mark.parametrize(
    ("now", "there"),
    [
        (manifest(version=7), True),
        (manifest(uid="u2"), False),
        (manifest(address="10.0.0.10"), False),
        (manifest(ready=False), False),
    ],
)
def test_a_pod_that_is_looked_at_again(
    server: Server,
    population: Population,
    now: dict[str, Json],
    there: bool,  # noqa: FBT001 - a parameter of pytest's
) -> None:
    server.pod = now
    assert bool(population.look_again(tuple(population.everybody.values()))) is there


def test_a_client_that_is_given_up_is_not_waited_for(server: Server, population: Population) -> None:
    client = Client("shop")
    population.clients[client] = None
    population.give_up([client])
    assert population.clients == {}
    assert any("delete pod netpolspec-client-" in call for call in server.calls)
