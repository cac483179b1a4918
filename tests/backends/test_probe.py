"""Lines and what they mean, and the script that prints them, run by a real shell."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from netpolspec.backends.base import Verdict
from netpolspec.backends.probing.probe import (
    LANES,
    Answer,
    Dial,
    How,
    classify,
    conclude,
    read_lines,
    split,
    write_script,
)

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = Dial("10.0.0.1", 80, How.CONNECT, allowed=True)
DENIED = Dial("10.0.0.1", 80, How.CONNECT, allowed=False)


def answer(dial: Dial, *lines: str, trouble: str = "") -> Answer:
    lanes, _ = read_lines("".join(f"NPS1 abc {line}\n" for line in lines), "abc")
    return conclude([dial], lanes, trouble)[0]


# --- one dial -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "text", "ms", "verdict"),
    [
        ("OK", "", 3, Verdict.ALLOWED),
        ("TIMEOUT", "TIMEOUT", 1500, Verdict.DROPPED),
        ("TIMEOUT", "TIMEOUT", 3010, Verdict.ERROR),
        ("REFUSED", "REFUSED", 1, Verdict.REFUSED),
        ("REFUSED", "REFUSED: read udp 10.0.0.1:1->10.0.0.2:2: read: connection refused", 1, Verdict.REFUSED),
        ("DNS", "DNS: lookup x on 10.96.0.10:53: no such host", 8, Verdict.DNS),
        ("OTHER", "OTHER: dial tcp 10.0.0.1:80: connect: no route to host", 3, Verdict.UNREACHABLE),
        ("OTHER", "OTHER: dial tcp 10.0.0.1:80: connect: network is unreachable", 3, Verdict.UNREACHABLE),
        ("OTHER", "OTHER: dial tcp 10.0.0.1:80: connect: operation not permitted", 3, Verdict.UNREACHABLE),
        ("OTHER", "OTHER: dial tcp 10.0.0.1:80: connect: connection reset by peer", 3, Verdict.REFUSED),
        ("OTHER", "OTHER: protocol not supported", 3, Verdict.ERROR),
        ("UNKNOWN", "UNKNOWN: read udp: no route to host", 3, Verdict.UNREACHABLE),
        ("UNKNOWN", "UNKNOWN: address x: missing port in address", 3, Verdict.ERROR),
        ("SILENT", "", 3, Verdict.ERROR),
        ("OKAY", "", 3, Verdict.ERROR),
    ],
)
def test_text_is_classified(word: str, text: str, ms: int, verdict: Verdict) -> None:
    assert classify(word, text, ms) is verdict


# --- the lines of a dial --------------------------------------------------------------------------------------------


def test_a_denial_takes_two_dials_that_are_denied() -> None:
    assert answer(DENIED, "0a TIMEOUT 1500 0 last", "0b TIMEOUT 1500 500 last").verdict is Verdict.DROPPED
    assert answer(DENIED, "0a REFUSED 1 0 last", "0b REFUSED 1 500 last").verdict is Verdict.REFUSED
    assert answer(DENIED, "0a TIMEOUT 1500 0 last", "0b OK 2 500 last").verdict is Verdict.ALLOWED
    assert answer(DENIED, "0a OK 2 0 last", "0b TIMEOUT 1500 500 last").verdict is Verdict.ALLOWED
    one = answer(DENIED, "0a TIMEOUT 1500 0 last")
    assert (one.verdict, one.trouble) == (Verdict.ERROR, "its last line did not come")


def test_dials_that_fail_for_different_reasons_are_an_error() -> None:
    different = answer(DENIED, "0a TIMEOUT 1500 0 last", "0b DNS 1 500 last DNS: no such host")
    assert different.verdict is Verdict.ERROR
    assert different.trouble == "dials at the same time failed differently: dns and dropped"


def test_refusals_that_are_rationed_look_dropped_now_and_then() -> None:
    rationed = answer(DENIED, "0a REFUSED 1 0 more", "0a TIMEOUT 1500 500 last", "0b TIMEOUT 1500 500 last")
    assert (rationed.verdict, rationed.since) == (Verdict.REFUSED, 500)


def test_no_line_and_half_a_line_are_errors() -> None:
    nothing = answer(ALLOWED, trouble="exec: exit status 0")
    assert (nothing.verdict, nothing.trouble) == (Verdict.ERROR, "no line came for it: exec: exit status 0")
    lanes, ran = read_lines("NPS1 abc 0a OK 10 0 last", "abc")
    assert (lanes, ran) == ({}, None), "a line without its end may have been cut"
    lanes, _ = read_lines("NPS1 abc 0a OK 1\n", "abc")
    assert conclude([ALLOWED], lanes)[0].verdict is Verdict.ERROR


def test_a_lane_that_did_not_end_is_an_error() -> None:
    assert answer(ALLOWED, "0a OK 1 0 more").verdict is Verdict.ERROR


def test_lines_with_another_nonce_count_as_nothing() -> None:
    lanes, ran = read_lines("NPS1 old 0a OK 1 0 last\nNPS1 old end OK 5\nhello\n\n", "abc")
    assert (lanes, ran) == ({}, None)


def test_the_outcome_is_dated_from_the_first_dial_of_its_kind() -> None:
    late = answer(ALLOWED, "0a TIMEOUT 1500 0 more", "0a OK 2 1600 more", "0a OK 2 2600 last web")
    assert (late.verdict, late.since, late.replied) == (Verdict.ALLOWED, 1600, ("web",))
    assert late.raw == "NPS1 abc 0a OK 2 2600 last web"


def test_the_time_that_a_script_ran_is_in_its_last_line() -> None:
    assert read_lines("NPS1 abc end OK 1810\n", "abc") == ({}, 1810)


def test_targets_are_written_as_dialled() -> None:
    assert ALLOWED.target == "10.0.0.1:80"
    assert Dial("fd00::1", 80, How.CONNECT, allowed=True).target == "[fd00::1]:80"


def test_an_exec_has_a_bounded_number_of_dials() -> None:
    dials = tuple(Dial("10.0.0.1", port, How.CONNECT, allowed=port % 2 == 0) for port in range(1, 402))
    parts = split(dials)
    assert [dial for part in parts for dial in part] == list(dials)
    assert max(sum(dial.lanes for dial in part) for part in parts) <= LANES
    assert len(parts) == 4
    assert split(()) == ()


# --- the script -----------------------------------------------------------------------------------------------------

SHELLS = [shell for shell in ("dash", "busybox", "bash") if shutil.which(shell)]


@pytest.fixture
def agnhost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in that says what the port asks for, and writes down how it was called."""
    program = tmp_path / "agnhost"
    program.write_text(
        f"""#!/bin/sh
echo "$*" >>{tmp_path}/calls
case $2 in
  *:80) exit 0 ;;
  *:81) echo REFUSED >&2 ;;
  *:82) sleep 0.3; echo TIMEOUT >&2 ;;
  *:83) echo 'DNS: lookup nobody: no such host' >&2 ;;
  *:84) printf 'OTHER: first line\\nsecond line\\n' >&2 ;;
  *:85) n=$(grep -c ':85' {tmp_path}/calls); [ "$n" -lt 3 ] || exit 0; echo REFUSED >&2 ;;
  *:86) ;;
esac
exit 1
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "calls"


def run(dials: list[Dial], shell: str, hold: float = 0.2) -> tuple[tuple[Answer, ...], int | None]:
    argv = [shell, "sh"] if shell == "busybox" else [shell]
    script = write_script(dials, "abc", hold, 600)
    done = subprocess.run(argv, input=script, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    lanes, ran = read_lines(done.stdout, "abc")
    return conclude(dials, lanes), ran


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_says_what_each_dial_met(shell: str, agnhost: Path) -> None:
    ports = {80: Verdict.ALLOWED, 81: Verdict.REFUSED, 82: Verdict.DROPPED, 83: Verdict.DNS, 84: Verdict.ERROR}
    dials = [Dial("10.0.0.1", port, How.CONNECT, allowed) for port in ports for allowed in (True, False)]
    answers, ran = run(dials, shell)
    assert [each.verdict for each in answers] == [verdict for verdict in ports.values() for _ in (True, False)]
    assert ran is not None
    assert 200 <= ran < 3000
    assert "connect 10.0.0.1:80 --timeout=1500ms --protocol=tcp" in agnhost.read_text()
    assert "first line" in answers[8].trouble
    assert "second line" not in answers[8].raw, "a line of ours is one line"


def test_an_outcome_has_to_hold(agnhost: Path) -> None:
    (held,), ran = run([Dial("10.0.0.1", 80, How.CONNECT, allowed=True)], "sh", hold=0.5)
    assert held.verdict is Verdict.ALLOWED
    assert ran is not None
    assert ran >= 500
    assert [attempt.last for attempt in held.attempts] == [False] * (len(held.attempts) - 1) + [True]
    assert len(agnhost.read_text().splitlines()) == len(held.attempts) >= 3


def test_the_second_dial_of_a_denial_starts_later_and_is_shorter(agnhost: Path) -> None:
    (answer,), _ = run([Dial("10.0.0.1", 82, How.CONNECT, allowed=False)], "sh", hold=1.0)
    assert [re.findall(r"--timeout=(\d+)ms", call) for call in agnhost.read_text().splitlines()] == [["1500"], ["1200"]]
    first, second = answer.attempts
    assert 400 <= second.at - first.at < 1000


@pytest.mark.usefixtures("agnhost")
def test_what_differs_is_dialled_again_within_the_window() -> None:
    (answer,), _ = run([Dial("10.0.0.1", 85, How.CONNECT, allowed=True)], "sh")
    assert answer.verdict is Verdict.ALLOWED
    assert [attempt.word for attempt in answer.attempts[:3]] == ["REFUSED", "REFUSED", "OK"]
    assert answer.since == answer.attempts[2].at


@pytest.mark.usefixtures("agnhost")
def test_a_dialler_that_fails_without_a_word_is_an_error() -> None:
    (answer,), _ = run([Dial("10.0.0.1", 86, How.CONNECT, allowed=False)], "sh")
    assert answer.verdict is Verdict.ERROR


def test_datagrams_are_sent_three_times(agnhost: Path) -> None:
    (answer,), _ = run([Dial("10.0.0.1", 82, How.DATAGRAM, allowed=False)], "sh", hold=0.0)
    assert answer.verdict is Verdict.DROPPED
    calls = agnhost.read_text().splitlines()
    assert calls == ["connect 10.0.0.1:82 --timeout=500ms --protocol=udp"] * 6


def test_addresses_of_version_6_are_bracketed(agnhost: Path) -> None:
    run([Dial("fd00::1", 80, How.CONNECT, allowed=True)], "sh", hold=0.0)
    assert agnhost.read_text().startswith("connect [fd00::1]:80 ")


def test_the_name_of_a_service_gets_the_clusters_domain(agnhost: Path) -> None:
    run([Dial("web.ms-b.svc", 80, How.CONNECT, allowed=True)], "sh", hold=0.0)
    assert agnhost.read_text().startswith("connect web.ms-b.svc.cluster.local.:80 ")


@pytest.mark.parametrize(("said", "verdict"), [("web-1", Verdict.ALLOWED), ("", Verdict.ERROR)])
def test_a_server_of_ours_has_to_say_its_name(said: str, verdict: Verdict, agnhost: Path) -> None:
    nc = agnhost.parent / "nc"
    nc.write_text(f"#!/bin/sh\nprintf '{said}'\n")
    nc.chmod(0o755)
    (answer,), _ = run([Dial("10.0.0.1", 80, How.REPLY, allowed=True)], "sh", hold=0.0)
    assert answer.verdict is verdict
    if verdict is Verdict.ALLOWED:
        assert answer.replied == ("web-1",)
        assert not agnhost.exists(), "its name is proof enough"
    else:
        assert "our server's name did not come" in answer.trouble
