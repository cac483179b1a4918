"""What kind and docker say when they fail, in their own words, and what a user is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backends.fakes import Tools

from netpolspec.backends import tools
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.clusters import kindctl
from netpolspec.backends.clusters.blueprint import Wish, draw
from netpolspec.diagnostics import render

if TYPE_CHECKING:
    from pathlib import Path

    from netpolspec.diagnostics import Diagnostic


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    made = Tools(tmp_path / "fakes")
    made.install(monkeypatch)
    return made


def created(fakes: Tools, said: str) -> Diagnostic:
    """What is told when `kind create cluster` ends with these words."""
    fakes.says("create-fails", said)
    with pytest.raises(WorldFailed) as caught:
        kindctl.create(draw(Wish(name="mine", cni="kindnet")), fakes.folder / "kubeconfig")
    return caught.value.diagnostic


# Each as kind 0.33 and Docker 20.10 or 28 wrote it, shortened.
_PORT_TAKEN = """\
Creating cluster "mine" ...
 \N{BULLET} Preparing nodes ...
 \N{BALLOT X} Preparing nodes
ERROR: failed to create cluster: command "docker run --name mine-control-plane --publish=127.0.0.1:18080:80/TCP \
kindest/node:v1.35.4" failed with error: exit status 125

Command Output: cdbd2c0b5022a52891ab77d26235b94eceef8351f2f494e031cd2c30a6352d96
docker: Error response from daemon: driver failed programming external connectivity on endpoint mine-control-plane: \
Error starting userland proxy: listen tcp4 127.0.0.1:18080: bind: address already in use
"""
_PORT_ALLOCATED = """\
docker: Error response from daemon: driver failed programming external connectivity on endpoint x: \
Bind for 0.0.0.0:443 failed: port is already allocated
"""
_PORT_IPV6 = "failed to bind host port for [::1]:8443:10.0.0.2:443/tcp: address already in use"
_NO_IMAGE = """\
 \N{BALLOT X} Ensuring node image (nosuch.invalid/x:1)
ERROR: failed to create cluster: failed to pull image "nosuch.invalid/x:1": command "docker pull nosuch.invalid/x:1" \
failed with error: exit status 1

Command Output: Error response from daemon: Get "https://nosuch.invalid/v2/": dial tcp: lookup nosuch.invalid: no such \
host
"""
_NO_ENGINE = """\
ERROR: failed to create cluster: failed to get docker info: command "docker info --format '{{json .}}'" failed with \
error: exit status 1
Cannot connect to the Docker daemon at unix:///nonexistent. Is the docker daemon running?
"""
_NO_PERMISSION = """\
permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: \
Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/version": dial unix /var/run/docker.sock: connect: permission denied
"""


@pytest.mark.parametrize(
    ("said", "message", "command"),
    [
        (_PORT_TAKEN, "port 18080 is taken", "'sport = :18080'"),
        (_PORT_ALLOCATED, "port 443 is taken", "'sport = :443'"),
        (_PORT_IPV6, "port 8443 is taken", "'sport = :8443'"),
        (_NO_IMAGE, "node image 'nosuch.invalid/x:1' cannot be had", "docker pull nosuch.invalid/x:1"),
        (
            _NO_ENGINE,
            "the Docker engine does not run, or cannot be reached at unix:///nonexistent",
            "sudo systemctl start docker",
        ),
        (_NO_PERMISSION, "this user has no permission to use docker", "sudo usermod --append --groups docker"),
        ("ERROR: ... no space left on device", "the container engine's disk is full", "docker system prune"),
        ("Failed to create inotify object: too many open files", "out of inotify watches", "sudo sysctl fs.inotify"),
        ("all predefined address pools have been fully subnetted", "is out of networks", "docker network prune"),
        (
            "ERROR: failed to create cluster: unable to decode config: yaml: line 3: field nodez not found",
            "the kind configuration that netpolspec wrote is not valid",
            "kind create cluster --name mine",
        ),
        ("could not find a log line that matches", "a node of cluster 'mine' did not start", "docker logs mine-"),
        ("what nobody has seen yet", "kind could not make cluster 'mine'", "--retain"),
    ],
)
def test_each_failure_of_kind_is_one_message_with_the_command_that_helps(
    fakes: Tools, said: str, message: str, command: str
) -> None:
    told = created(fakes, said)
    assert message in told.message
    assert "\n" not in told.message
    assert command in "\n".join(told.help)


def test_what_kind_says_is_shown_without_its_ticks(fakes: Tools) -> None:
    told = created(fakes, 'Creating cluster "mine" ...\n \N{CHECK MARK} Preparing nodes\nERROR: odd\nERROR: odd\n')
    assert told.notes == ("ERROR: odd",)


def test_an_engine_that_is_not_there_says_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://far:2375")
    failure = tools.explain_docker(_NO_ENGINE)
    assert failure is not None
    assert "DOCKER_HOST says where it is looked for: tcp://far:2375" in render(failure.diagnostic)


def test_kinds_list_and_deletion_tell_the_same(fakes: Tools) -> None:
    fakes.says("kind-fails", _NO_PERMISSION)
    for act in (kindctl.clusters, lambda: kindctl.delete("mine")):
        with pytest.raises(WorldFailed, match="no permission to use docker"):
            act()
