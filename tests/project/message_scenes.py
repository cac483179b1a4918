"""What machine the consoles of docs/messages/ are at: what is installed there, and what those programs say."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from backends import fakes
from backends.fakes import Tools

from netpolspec.backends import access
from netpolspec.cli import check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack

    import pytest
    from docs.reader import Reader


NODE = {
    "metadata": {"name": "worker"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "addresses": []},
}

CORDONED = NODE | {"spec": {"unschedulable": True}}


@dataclass(frozen=True)
class Stage:
    """Where a scene is set."""

    reader: Reader
    monkeypatch: pytest.MonkeyPatch
    stack: ExitStack
    """What is undone at the end."""

    def has(self, program: str, script: str) -> None:
        """A program is installed, and no other: a shell script without anything but built-in commands."""
        folder = self.reader.folder.with_name(f"{self.reader.folder.name}-bin")
        folder.mkdir(exist_ok=True)
        (folder / program).write_text(f"#!/bin/sh\n{script}", "utf-8")
        (folder / program).chmod(0o755)
        self.reader.environ["PATH"] = str(folder)

    def has_tools(self) -> Tools:
        """docker, kind and kubectl are there, and remember clusters below `state/`."""
        tools = Tools(self.reader.folder.with_name(f"{self.reader.folder.name}-tools"))
        tools.install(self.monkeypatch)
        self.reader.environ["XDG_STATE_HOME"] = str(self.reader.folder / "state")
        return tools


def kubectl_says(said: str, stage: Stage) -> None:
    """kubectl knows two contexts, and cannot talk to either."""
    stage.has(
        "kubectl",
        f"""case "$*" in
  *get-contexts*) echo staging; echo production ;;
  *) printf '%s\\n' '{said}' >&2; exit 1 ;;
esac
""",
    )


def kubectl_has_no_contexts(stage: Stage) -> None:
    stage.has("kubectl", "exit 0\n")
    stage.reader.environ["KUBECONFIG"] = "staging.yaml"


def kubectl_hangs(stage: Stage) -> None:
    stage.has("kubectl", "read -r line < /dev/tty1 || while :; do :; done\n")
    stage.monkeypatch.setattr(access, "ANSWER_TIMEOUT", 0.1)


def a_cluster_says(said: Mapping[str, str], stage: Stage) -> None:
    """kubectl and an API server that holds one node and nothing else, but for some answers."""
    otherwise = {
        "*' get lease '*": "exit 0",
        "*' get nodes '*": f"echo '{json.dumps({'items': [NODE]})}'",
        "*": """echo '{"items": []}'""",
    }
    answers = {
        "*get-contexts*": "echo staging",
        **said,
        **{pattern: command for pattern, command in otherwise.items() if pattern not in said},
    }
    cases = "".join(f"  {pattern}) {command} ;;\n" for pattern, command in answers.items())
    stage.has("kubectl", f'case "$*" in\n{cases}esac\n')


def a_run_is_at_work(stage: Stage) -> None:
    holder = {"host": "ci-7/1/1", "pid": 4711, "started": "1", "user": "ann"}
    lease = {
        "metadata": {"annotations": {"netpolspec.dev/holder": json.dumps(holder)}},
        "spec": {"renewTime": datetime.now(tz=UTC).isoformat()},
    }
    (stage.reader.folder / "lease.json").write_text(json.dumps(lease), "utf-8")
    a_cluster_says({"*' get lease '*": 'read -r lease < lease.json; echo "$lease"'}, stage)


def kubectl_is_interrupted(stage: Stage) -> None:
    stage.has("kubectl", "kill -INT $PPID\nexit 1\n")


def kind_says(said: str, stage: Stage) -> None:
    stage.has_tools().says("create-fails", said)


def kind_is_old(stage: Stage) -> None:
    stage.has_tools()
    stage.monkeypatch.setitem(fakes._VERSIONS, "kind", "kind v0.20.0 go1.20.4 linux/amd64")  # noqa: SLF001


def a_cluster_is_there(stage: Stage) -> None:
    stage.has_tools()


def a_cluster_does_not_answer(stage: Stage) -> None:
    tools = stage.has_tools()
    assert stage.reader.type("netpolspec up -q --cni kindnet")[0] == 0
    tools.says("api-down", "The connection to the server 127.0.0.1:41377 was refused")


def a_cluster_is_theirs(stage: Stage) -> None:
    (stage.has_tools().folder / "clusters/theirs").mkdir()


def a_cluster_is_in_use(stage: Stage) -> None:
    stage.has_tools()
    assert stage.reader.type("netpolspec up -q --cni kindnet")[0] == 0
    lock = stage.stack.enter_context((stage.reader.folder / "state/netpolspec/clusters/netpolspec/lock").open("rb"))
    fcntl.flock(lock, fcntl.LOCK_SH)


def a_plugin_cannot_be_pulled(stage: Stage) -> None:
    tools = stage.has_tools()
    waiting = {"name": "agent", "image": "mirror.example/agent:1", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    tools.says("rollout-hangs")
    pod = {
        "metadata": {"name": "agent-x7k2p", "namespace": "net"},
        "spec": {"nodeName": "netpolspec-control-plane"},
        "status": {"conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [waiting]},
    }
    tools.says("pods.json", json.dumps({"items": [pod]}))


def nothing_can_be_remembered(stage: Stage) -> None:
    stage.has_tools()
    stage.reader.write("state", "a file, not a folder\n")
    stage.reader.environ["XDG_STATE_HOME"] = "state"


def the_disk_is_full(stage: Stage) -> None:
    stage.has_tools()
    place = stage.reader.folder / "state/netpolspec/clusters/netpolspec"
    place.mkdir(parents=True)
    (place / "record.draft").symlink_to("/dev/full")


def terraform_says(words: str, said: str, stage: Stage, status: int = 1) -> None:
    """terraform does what it is asked to, but for one thing."""
    stage.has(
        "terraform",
        f"""case "$*" in
  *' {words} '*) printf '%s\\n' '{said}'; exit {status} ;;
  *' show '*) echo '{{"planned_values": {{"root_module": {{}}}}}}' ;;
esac
""",
    )


def a_file_holds(name: str, data: bytes, stage: Stage) -> None:
    (stage.reader.folder / name).write_bytes(data)


def the_folder_is_gone(stage: Stage) -> None:
    def cwd() -> NoReturn:
        raise FileNotFoundError

    stage.monkeypatch.setattr(Path, "cwd", cwd)


def a_command_has_a_fault(stage: Stage) -> None:
    def fail(*_: object) -> NoReturn:
        message = "list index out of range"
        raise IndexError(message)

    stage.monkeypatch.setattr(check, "execute", fail)


def nothing_is_installed(stage: Stage) -> None:
    stage.reader.environ["PATH"] = os.devnull


_PORT = (
    "docker: Error response from daemon: driver failed programming external connectivity on endpoint "
    "netpolspec-control-plane: Bind for 0.0.0.0:18080 failed: port is already allocated"
)
_IMAGE = (
    'ERROR: failed to create cluster: failed to pull image "mirror.example/node:1": '
    "command docker pull mirror.example/node:1 failed with error: exit status 1"
)
_ENGINE = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
_PERMISSION = (
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: "
    "dial unix /var/run/docker.sock: connect: permission denied"
)
_EXISTS = 'ERROR: node(s) already exist for a cluster with the name "netpolspec"'
_CRASHED = (
    '{"@level":"error","diagnostic":{"severity":"error","summary":"Plugin did not respond",'
    '"detail":"The plugin encountered an error, and failed to respond to the GetProviderSchema call."}}'
)
_QUOTA = (
    '{"@level":"error","diagnostic":{"severity":"error","summary":"Invalid function argument","detail":'
    '"Invalid value for \\"path\\" parameter: no file exists at names.txt.",'
    '"range":{"filename":"main.tf","start":{"line":3,"column":12},"end":{"line":3,"column":18}}}}'
)
_LOCKED = (
    '{"@level":"error","diagnostic":{"severity":"error","summary":"Error acquiring the state lock",'
    '"detail":"resource temporarily unavailable. Lock Info: ID: 5c1b, Operation: OperationTypeApply, Who: ann@ci"}}'
)
_NO_PROVIDER = (
    "Error: Failed to query available provider packages. Could not retrieve the list of available versions for "
    "provider hashicorp/kubernetes: could not connect to registry.terraform.io"
)
_NO_VERSION = (
    "Error: Failed to query available provider packages. Could not retrieve the list of available versions for "
    "provider hashicorp/kubernetes: no available releases match the given constraints ~> 99.0"
)
_CORE = "Error: Unsupported Terraform Core version. This configuration does not support Terraform version 1.13.4."
_CACHE = "Error: Failed to write the plugin cache: no space left on device"

SCENES: Mapping[str, Callable[[Stage], None]] = {
    "bailed-out": kubectl_is_interrupted,
    "busy": a_cluster_is_in_use,
    "cluster-differs": a_cluster_is_there,
    "cluster-down": a_cluster_does_not_answer,
    "cluster-exists": partial(kind_says, _EXISTS),
    "cni-manifest": a_cluster_is_there,
    "credentials": partial(kubectl_says, "error: You must be logged in to the server (Unauthorized)"),
    "environment": partial(a_cluster_says, {"*' get lease '*": "echo Welcome to staging!"}),
    "existing": partial(a_cluster_says, {}),
    "fault": a_command_has_a_fault,
    "kind": partial(kind_says, "ERROR: failed to create cluster: could not find the node"),
    "kubeconfig": kubectl_has_no_contexts,
    "kubectl": partial(kubectl_says, "Error from server (InternalError): an error on the server has occurred"),
    "left-behind": partial(
        a_cluster_says, {"*' delete networkpolicies'*' netpolspec.dev/run='*": "echo 'error: timed out' >&2; exit 1"}
    ),
    "lock": a_run_is_at_work,
    "login": partial(
        kubectl_says,
        "Unable to connect to the server: getting credentials: exec: executable aws not found",
    ),
    "no-engine": partial(kind_says, _ENGINE),
    "no-folder": the_folder_is_gone,
    "no-network": a_cluster_is_there,
    "no-node": partial(a_cluster_says, {"*' get nodes '*": f"echo '{json.dumps({'items': [CORDONED]})}'"}),
    "no-permission": partial(kind_says, _PERMISSION),
    "no-room": the_disk_is_full,
    "no-tool": nothing_is_installed,
    "node-image": partial(kind_says, _IMAGE),
    "not-ours": a_cluster_is_theirs,
    "not-ready": a_plugin_cannot_be_pulled,
    "not-text": partial(a_file_holds, "example.yaml", "# für die Läden\nkind: Pod\n".encode("latin-1")),
    "not-utf8": partial(a_file_holds, "pyproject.toml", "# für netpolspec\n".encode("latin-1")),
    "port-taken": partial(kind_says, _PORT),
    "state": nothing_can_be_remembered,
    "terraform-crashed": partial(terraform_says, "plan", _CRASHED),
    "terraform-failed": partial(terraform_says, "plan", _QUOTA),
    "terraform-foreign-provider": partial(terraform_says, "plan", ""),
    "terraform-init": partial(terraform_says, "init", _CACHE),
    "terraform-locked": partial(terraform_says, "plan", _LOCKED),
    "terraform-missing": nothing_is_installed,
    "terraform-provider": partial(terraform_says, "init", _NO_PROVIDER),
    "terraform-provider-version": partial(terraform_says, "init", _NO_VERSION),
    "terraform-version": partial(terraform_says, "init", _CORE),
    "terraform-workspace": partial(terraform_says, "none", ""),
    "tool": kind_is_old,
    "tool-hangs": kubectl_hangs,
    "unknown-context": partial(kubectl_says, "unused"),
    "unreachable": partial(
        kubectl_says,
        "The connection to the server 10.0.0.7:6443 was refused - did you specify the right host or port?",
    ),
}
"""By code. Where nothing has to be set up, there is none."""
