"""`netpolspec doctor`, and tools that are missing or broken: one message, the command that helps, within seconds.

The tools are small scripts on a PATH of their own, so that what is missing is really missing and what hangs hangs.
"""

from __future__ import annotations

import json
import shlex
import time
from typing import TYPE_CHECKING

import pytest
from program import Ended, execute

from netpolspec.backends import access, tools
from netpolspec.backends.base import WorldFailed
from netpolspec.backends.kubectl import Kubectl

if TYPE_CHECKING:
    from pathlib import Path

    from netpolspec.diagnostics import Diagnostic

DOCKER = '{"Client":{"Version":"28.2.2"},"Server":{"Version":"27.0.1"}}'
KIND = "kind v0.33.0 go1.26.8 linux/amd64"
KUBECTL = '{"clientVersion":{"gitVersion":"v1.35.4"}}'


class Machine:
    """The tools of a machine, and netpolspec on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def has(self, name: str, body: str) -> None:
        """A program: a line of shell."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")
        path.chmod(0o755)

    def says(self, name: str, text: str) -> None:
        self.has(name, f"echo {shlex.quote(text)}")

    def lacks(self, name: str) -> None:
        (self.folder / name).unlink()

    def run(self, *arguments: str) -> Ended:
        """Run netpolspec."""
        return execute(self._capsys, *arguments)

    def doctor(self) -> dict[str, dict[str, object]]:
        """What the doctor says of each tool and of each backend, by name."""
        status, out, _ = self.run("doctor", "--format", "json")
        assert status == 0
        document = json.loads(out)
        return {each["name"]: each for each in (*document["tools"], *document["backends"])}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A machine with docker, kind and kubectl, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("KUBECONFIG", "DOCKER_HOST", "KIND_EXPERIMENTAL_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    for key in ("NODE_IMAGE", "KIND_CONFIG", "CNI_MANIFEST", "PROBE_IMAGE"):
        monkeypatch.delenv(f"NETPOLSPEC_{key}", raising=False)
    made = Machine(folder, capsys)
    made.says("docker", DOCKER)
    made.says("kind", KIND)
    made.has("kubectl", f"case $1 in version) echo '{KUBECTL}' ;; *) echo staging; echo production ;; esac")
    return made


# --- what the doctor says -------------------------------------------------------------------------------------------


def test_a_machine_that_has_what_it_takes(machine: Machine) -> None:
    status, out, err = machine.run("doctor", "--on", "kind")
    assert (status, err) == (0, "")
    assert "docker     28.2.2 (engine 27.0.1)  ok" in out
    assert "\n  kind       ready " in out
    assert "\n  helm       lacks something " in out
    assert "contexts for --on cluster --context: staging, production" in out


def test_the_same_for_programs(machine: Machine) -> None:
    found = machine.doctor()
    assert found["kubectl"] == {
        "name": "kubectl",
        "version": "1.35.4",
        "needed_for": "--on kind, --on cluster, kustomizations, `given cluster`",
        "problem": None,
    }
    assert found["cluster"]["ready"] is True
    assert found["helm"]["ready"] is False


def test_what_is_missing_comes_with_the_command_that_installs_it(machine: Machine) -> None:
    machine.lacks("kind")
    status, out, _ = machine.run("doctor", "--on", "kind")
    assert status == 3
    assert "'kind' is not installed, or not on the PATH" in out
    assert "to install it: curl -fLo ~/.local/bin/kind" in out
    assert machine.run("doctor", "--on", "cluster")[0] == 0
    assert machine.run("doctor")[0] == 0


def test_with_brew_the_command_is_brews(machine: Machine) -> None:
    machine.lacks("kubectl")
    machine.says("brew", "")
    assert "to install it: brew install kubectl" in machine.run("doctor")[1]


def test_with_podman_docker_is_not_needed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.lacks("docker")
    assert machine.doctor()["kind"]["ready"] is False
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    assert machine.doctor()["kind"]["ready"] is True
    assert "kind uses podman in docker's place" in machine.run("doctor")[1]


def test_settings_from_the_environment_are_shown_with_files_that_are_not_there(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETPOLSPEC_CNI_MANIFEST", "none.yaml")
    monkeypatch.setenv("NETPOLSPEC_NODE_IMAGE", "mirror/node:1")
    out = machine.run("doctor")[1]
    assert "NETPOLSPEC_CNI_MANIFEST=none.yaml (there is no such file)" in out
    assert "NETPOLSPEC_NODE_IMAGE=mirror/node:1\n" in out


@pytest.mark.parametrize("arguments", [["x"], ["--format", "xml"], ["--on", "moon"]])
def test_a_wrong_command_line_touches_nothing(machine: Machine, arguments: list[str]) -> None:
    assert machine.run("doctor", *arguments)[:2] == (2, "")


# --- tools that are missing or broken: what a run says --------------------------------------------------------------


def broken(machine: Machine) -> tuple[str, str]:
    """What `netpolspec up` says: the message and all that helps."""
    began = time.monotonic()
    status, out, err = machine.run("up", "--cni", "kindnet")
    assert time.monotonic() - began < 5
    assert (status, out) == (3, "")
    message, _, help_ = err.partition("\n")
    assert message.startswith("error: ")
    assert "help: " in help_
    return message.removeprefix("error: "), help_


@pytest.mark.parametrize("name", ["docker", "kind", "kubectl"])
def test_a_tool_that_is_missing(machine: Machine, name: str) -> None:
    machine.lacks(name)
    message, help_ = broken(machine)
    assert message == f"'{name}' is not installed, or not on the PATH"
    assert "to install it: " in help_


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("docker", DOCKER.replace("28.2.2", "19.03.15"), "'docker' 19.3.15 is too old"),
        ("kind", "kind v0.11.1 go1.16", "'kind' 0.11.1 is too old"),
        ("kind", "kind v0.23.0 go1.21", "kind 0.23.0 does not enforce NetworkPolicy"),
        ("kubectl", KUBECTL.replace("35", "24"), "'kubectl' 1.24.4 is too old"),
    ],
)
def test_a_tool_that_is_too_old(machine: Machine, name: str, said: str, message: str) -> None:
    machine.says(name, said)
    told, help_ = broken(machine)
    assert told.startswith(message)
    assert "to get a newer one: " in help_


@pytest.mark.parametrize("name", ["docker", "kind", "kubectl"])
def test_a_tool_that_hangs(machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(tools, "ANSWER_TIMEOUT", 0.3)
    machine.has(name, "exec sleep 30")
    message, help_ = broken(machine)
    assert message == f"'{name}' hangs: no answer within 0 s"
    assert f"to see for yourself: {name} version" in help_


def test_a_tool_that_says_nothing_of_use(machine: Machine) -> None:
    machine.says("kubectl", "Usage: kubectl COMMAND")
    assert broken(machine)[0] == "'kubectl' does not say which version it is"


def test_a_tool_for_another_machine(machine: Machine) -> None:
    (machine.folder / "kind").write_bytes(b"\x7fELF\x00")
    message, _ = broken(machine)
    assert message.startswith("'kind' cannot be started: ")


@pytest.mark.parametrize(
    ("said", "message", "command"),
    [
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "this user has no permission to use docker",
            'sudo usermod --append --groups docker "$USER"',
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "the Docker engine does not run, or cannot be reached at unix:///var/run/docker.sock",
            "sudo systemctl start docker",
        ),
        (
            "Error response from daemon: odd",
            "'docker' does not work: Error response from daemon: odd",
            "docker version",
        ),
    ],
)
def test_docker_without_its_engine(machine: Machine, said: str, message: str, command: str) -> None:
    machine.has("docker", f"""echo '{DOCKER.replace('{"Version":"27.0.1"}', "null")}'; echo '{said}' >&2; exit 1""")
    told, help_ = broken(machine)
    assert told == message
    assert command in help_
    assert machine.doctor()["docker"]["version"] == "28.2.2"


# --- the way to a cluster -------------------------------------------------------------------------------------------

# What kubectl 1.35 says, shortened.
_NO_PLUGIN = "Unable to connect to the server: getting credentials: exec: executable aws not found"
_PLUGIN_FAILS = (
    "MFA code: cannot read code\nUnable to connect: getting credentials: exec: executable aws failed with exit code 1"
)
_PLUGIN_ASKS = "getting credentials: exec plugin cannot support interactive mode: standard input is not a terminal"
_EXPIRED = "error: You must be logged in to the server (Unauthorized)"
_X509 = "Unable to connect to the server: tls: failed to verify certificate: x509: certificate has expired"
_REFUSED = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?"


def way(machine: Machine, context: str = "staging", kubeconfig: str | None = None) -> Diagnostic:
    """What is told of the way to a cluster."""
    del machine
    with pytest.raises(WorldFailed) as caught:
        access.check_access(Kubectl(context, kubeconfig))
    return caught.value.diagnostic


@pytest.mark.parametrize(
    ("said", "message", "command"),
    [
        (_NO_PLUGIN, "context 'staging' logs in with 'aws', which is not installed", "config view --minify"),
        (_PLUGIN_FAILS, "'aws' ends with status 1", "kubectl --context staging get --raw=/version"),
        (
            _PLUGIN_ASKS,
            "the login of context 'staging' needs somebody to answer",
            "--context staging get --raw=/version",
        ),
        (_EXPIRED, "the credentials of context 'staging' have expired, or are not valid", "config view --minify"),
        (_X509, "is not trusted, or its certificate has expired", "config view --minify"),
        (_REFUSED, "the API server of context 'staging' does not answer", "cluster-info"),
        ("Unable to connect to the server: dial tcp: lookup x: no such host", "does not answer", "cluster-info"),
        ("what nobody has seen yet", "cannot be used: what nobody has seen yet", "to repeat it: kubectl"),
    ],
)
def test_a_cluster_that_does_not_let_us_in(machine: Machine, said: str, message: str, command: str) -> None:
    machine.has(
        "kubectl",
        f"case $* in *get-contexts*) echo staging ;; *) printf '%b\\n' {shlex.quote(said)} >&2; exit 1 ;; esac",
    )
    told = way(machine)
    assert message in told.message
    assert command in "\n".join(told.help)
    assert machine.run("run", "--on", "cluster", "--context", "staging", "-e", SPEC)[0] == 3


SPEC = "given namespace a; given pod p in a port 80; expect a -> a/p:80 allowed"


def test_what_a_login_asked_is_shown(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LOGIN_TIMEOUT", 0.3)
    machine.has("kubectl", "case $* in *get-contexts*) echo staging ;; *) echo 'MFA code: ' >&2; sleep 30 ;; esac")
    told = way(machine)
    assert told.message.startswith("the login of context 'staging' may be waiting for an answer")
    assert told.notes == ("MFA code:",)


def test_an_unknown_context(machine: Machine) -> None:
    told = way(machine, "stagin")
    assert told.message == "unknown context 'stagin'"
    assert told.help == ("did you mean 'staging'?", "there are: staging, production")
    status, _, err = machine.run("run", "--on", "cluster", "--context", "stagin", "-e", SPEC)
    assert status == 3
    assert "unknown context 'stagin'" in err


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            'error: error loading config file "/c": yaml: line 1: did not find',
            "kubeconfig '/c' cannot be used: yaml: line 1",
        ),
        (
            'error: error loading config file "/c": read /c: is a directory',
            "'/c' cannot be used: read /c: is a directory",
        ),
        ('error: error loading config file "/c": open /c: permission denied', "'/c' cannot be read by this user"),
        ("error: stat /c: no such file or directory", "there is no kubeconfig '/c'"),
    ],
)
def test_a_kubeconfig_that_cannot_be_read(machine: Machine, said: str, message: str) -> None:
    machine.has("kubectl", f"[ $1 != version ] || {{ echo '{KUBECTL}'; exit; }}; echo {shlex.quote(said)} >&2; exit 1")
    assert message in way(machine, kubeconfig="/c").message
    assert machine.doctor()["cluster"]["ready"] is False


def test_no_kubeconfig_at_all(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.says("kubectl", "")
    assert way(machine).message == f"there is no kubeconfig '{machine.folder.parent}/.kube/config'"
    monkeypatch.setenv("KUBECONFIG", "/nowhere/config")
    assert way(machine).message == "there is no kubeconfig '/nowhere/config'"
