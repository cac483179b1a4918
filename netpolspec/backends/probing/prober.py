"""Runs rounds of dials in pods: one exec for each source pod, a bounded number of them at the same time."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from netpolspec import shell
from netpolspec.backends.base import Verdict
from netpolspec.backends.probing.converge import Heard
from netpolspec.backends.probing.probe import (
    MANY,
    WINDOW_MS,
    Answer,
    conclude,
    longest,
    read_lines,
    split,
    write_script,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from netpolspec.backends.kubectl import Kubectl
    from netpolspec.backends.probing.converge import Aim, Source
    from netpolspec.backends.probing.probe import Dial

SHELL = "sh"


class Prober:
    """Asks pods to dial. Safe to use from several threads."""

    def __init__(
        self,
        kubectl: Kubectl,
        locate: Callable[[Source], str | None],
        mend: Callable[[Collection[Source]], None],
        *,
        hold: float,
        concurrency: int,
    ) -> None:
        """Nothing happens yet.

        Args:
            kubectl: for the cluster
            locate: the container of a source pod in which to dial; None: the pod is not there, or does not run
            mend: called after a round with the sources whose exec went wrong, to bring them back
            hold: seconds for which an outcome must hold
            concurrency: how many source pods dial at the same time
        """
        self._kubectl = kubectl
        self._locate = locate
        self._mend = mend
        self._hold = hold
        self._concurrency = concurrency
        self._broken: set[Source] = set()

    def ask(self, aims: Collection[Aim], window_ms: int = WINDOW_MS) -> Mapping[Aim, Heard]:
        """One round; every aim gets an answer, `error` where none came. What differs is dialled again in the window.

        An interrupt ends the kubectls that are running and is passed on.
        """
        if self._broken:
            self._mend(tuple(self._broken))
            self._broken.clear()
        by_source: dict[Source, list[Aim]] = {}
        for aim in aims:
            by_source.setdefault(aim.source, []).append(aim)
        many = sum(aim.dial.lanes for aim in aims if not aim.dial.allowed) > MANY
        heard: dict[Aim, Heard] = {}
        with shell.alongside(self._concurrency) as pool:
            for each in pool.map(lambda part: self._ask_one(part[0], part[1], window_ms, many), by_source.items()):
                heard.update(each)
        return heard

    def _ask_one(self, source: Source, aims: Sequence[Aim], window_ms: int, many: bool) -> Mapping[Aim, Heard]:  # noqa: FBT001
        by_dial = {aim.dial: aim for aim in aims}
        heard: dict[Aim, Heard] = {}
        for dials in split(tuple(by_dial)):
            nonce = secrets.token_hex(6)
            script = write_script(dials, nonce, self._hold, window_ms, many=many)
            answers, began = self._exec(source, dials, script, nonce, longest(self._hold, window_ms))
            heard.update({by_dial[dial]: Heard(answer, began) for dial, answer in zip(dials, answers, strict=True)})
        return heard

    def _exec(
        self, source: Source, dials: Sequence[Dial], script: str, nonce: str, timeout: float
    ) -> tuple[Sequence[Answer], float]:
        """Run a script in a pod; the answers of its dials, and when it started."""
        started = time.monotonic()
        container = self._locate(source)
        if container is None:
            self._broken.add(source)
            gone = Answer(Verdict.ERROR, trouble=f"pod {source.namespace}/{source.pod} does not run")
            return [gone] * len(dials), started
        finished = self._kubectl.run(
            *("-n", source.namespace, "exec", "-i", source.pod, "-c", container, "--", SHELL),
            timeout=timeout,
            stdin=script,
        )
        lanes, ran = read_lines(finished.stdout, nonce)
        trouble = ""
        if ran is None:
            self._broken.add(source)
            trouble = finished.said.splitlines()[-1] if finished.stderr.strip() else f"exec: {finished.ending}"
        began = max(started, time.monotonic() - (ran or 0) / 1000)
        return conclude(dials, lanes, trouble), began

    def line(self, source: Source, container: str, dial: Dial) -> str:
        """The line that repeats a dial by hand."""
        target = dial.target
        host, _, _ = target.rpartition(":")
        if host.endswith(".svc"):
            target = target.replace(".svc:", ":")
        command = ("/agnhost", "connect", target, "--timeout=1500ms", f"--protocol={dial.protocol.lower()}")
        return self._kubectl.line("-n", source.namespace, "exec", source.pod, "-c", container, "--", *command)
