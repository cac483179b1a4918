"""netpolspec as a program of its own, with its own memory of clusters and its own kubeconfig."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from pathlib import Path

NAME = "netpolspec-e2e-clusters"
SPEC = """\
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given pod web in ms-b app=web port 80

shut: world ; given policy deny-from-any in ms-b ; expect ms-a -> ms-b:80 denied
open: world ; expect ms-a -> ms-b:80 allowed
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def last_line(self) -> str:
        """Of the report."""
        return self.out.rstrip("\n").rpartition("\n")[2]


class Machine:
    """Runs netpolspec and looks at what it leaves."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self.environment = os.environ | {
            "XDG_STATE_HOME": str(folder / "state"),
            "KUBECONFIG": str(self.kubeconfig),
            "NETPOLSPEC_CLUSTER_NAME": NAME,
        }
        self.write("spec.nps", SPEC)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def start(self, *arguments: str, through: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start a command in the machine's folder, maybe by way of another program."""
        return subprocess.Popen(
            [*through, str(self._program), *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, timeout: float = 300, through: tuple[str, ...] = ()) -> Ended:
        """Run a command to its end."""
        began = time.monotonic()
        with self.start(*arguments, through=through) as process:
            out, err = process.communicate(timeout=timeout)
        return Ended(process.returncode, out, err, time.monotonic() - began)

    def interrupt(
        self, *arguments: str, when: str, by: signal.Signals, pause: float = 1, again: float | None = None
    ) -> Ended:
        """Run a command, and send it a signal when it has nodes and is in the middle of something.

        Args:
            arguments: the command; it must show its progress
            when: a part of the progress line that tells of it
            by: the signal
            pause: seconds to let it go on before the signal
            again: seconds after which it gets the signal a second time

        Returns:
            how it ended; the seconds are those since the last signal
        """
        with self.start(*arguments) as process:
            assert process.stderr is not None
            seen = []
            for line in process.stderr:
                seen.append(line)
                if when in line:
                    break
            else:
                raise AssertionError("".join(seen))
            while not self.nodes and process.poll() is None:
                time.sleep(0.1)
            time.sleep(pause)
            process.send_signal(by)
            if again is not None:
                time.sleep(again)
                process.send_signal(by)
            began = time.monotonic()
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, "".join(seen) + err, time.monotonic() - began)

    def slow_down_deletions(self) -> None:
        """Have kind take some seconds more to delete a cluster: time to interrupt it."""
        tools = self.folder / "tools"
        tools.mkdir()
        slow = tools / "kind"
        slow.write_text(f'#!/bin/sh\n[ "$1" != delete ] || sleep 2\nexec {shutil.which("kind")} "$@"\n', "utf-8")
        slow.chmod(0o755)
        self.environment["PATH"] = f"{tools}{os.pathsep}{self.environment['PATH']}"

    @property
    def clusters(self) -> list[dict[str, object]]:
        """What `netpolspec status` says."""
        ended = self.run("status", "--format", "json")
        assert ended.status == 0, ended.err
        found: list[dict[str, object]] = json.loads(ended.out)["clusters"]
        return found

    def kubectl(self, *arguments: str) -> str:
        """kubectl, with the machine's own kubeconfig."""
        return self._tool("kubectl", *arguments)

    def docker(self, *arguments: str) -> str:
        """docker, on the nodes."""
        return self._tool("docker", *arguments)

    @property
    def nodes(self) -> list[str]:
        """The containers that are nodes of the machine's cluster, whatever state they are in."""
        label = f"label=io.x-k8s.kind.cluster={NAME}"
        return self.docker("ps", "--all", "--format", "{{.Names}}", "--filter", label).split()

    def clean(self) -> None:
        """Leave nothing, whatever went wrong."""
        self._tool("kind", "delete", "cluster", "--name", NAME)

    def _tool(self, name: str, *arguments: str) -> str:
        program = shutil.which(name)
        assert program is not None
        done = subprocess.run(
            [program, *arguments], env=self.environment, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout
