from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from netpolspec import shell

if TYPE_CHECKING:
    from pathlib import Path


def test_output_and_status_are_kept_apart() -> None:
    finished = shell.run(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout=10)
    assert (finished.stdout, finished.stderr, finished.status, finished.ok) == ("out\n", "err\n", 3, False)
    assert finished.complaint == "exit status 3: sh -c 'echo out; echo err >&2; exit 3'\nerr"


def test_stdin_is_given_whole_and_is_empty_by_default() -> None:
    assert len(shell.run(["cat"], timeout=10, stdin="x" * 300_000).stdout) == 300_000
    assert shell.run(["cat"], timeout=10).stdout == ""


def test_what_was_printed_before_the_deadline_is_kept() -> None:
    finished = shell.run(["sh", "-c", "echo partial; sleep 60 & sleep 60"], timeout=0.3)
    assert finished.timed_out
    assert finished.stdout == "partial\n"
    assert finished.seconds < 5, "the grandchild held the pipe open"
    assert finished.complaint.startswith("no end within 0 s: sh -c ")


def test_a_child_that_ignores_the_request_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell.end, "__defaults__", (0.2,))
    finished = shell.run(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], timeout=0.2)
    assert finished.status == -9
    assert finished.complaint.startswith("no end within")


def test_end_all_ends_what_runs_and_nothing_else() -> None:
    results: list[shell.Finished] = []
    thread = threading.Thread(target=lambda: results.append(shell.run(["sleep", "60"], timeout=60)))
    thread.start()
    while not shell._live:  # noqa: SLF001 - waits for the child to be there
        time.sleep(0.01)
    shell.end_all()
    thread.join(10)
    assert [result.status for result in results] == [-15]
    assert shell.run(["true"], timeout=10).ok


@pytest.mark.parametrize("nested", [False, True])
def test_what_is_given_up_starts_nothing_more(tmp_path: Path, *, nested: bool) -> None:
    """A worker that takes the end of its program for a failure would go on with the next one."""
    left = threading.Event()

    def work() -> None:
        try:
            if shell.run(["sleep", "60"], timeout=60).status != 0:
                (tmp_path / "went-on").touch()
            shell.run(["touch", str(tmp_path / "started")], timeout=10)
        finally:
            left.set()

    def work_beside() -> None:
        with shell.alongside(1) as pool:
            pool.submit(work).result()

    with pytest.raises(KeyboardInterrupt), shell.alongside(1) as pool:  # noqa: PT012 - it comes in the middle
        pool.submit(work_beside if nested else work)
        while not shell._live:  # noqa: SLF001 - waits for the child to be there
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert shell.run(["sleep", "0.5"], timeout=10).ok, "whoever cleans up is left alone"
    assert left.wait(10)
    assert not list(tmp_path.iterdir())
    assert shell.run(["true"], timeout=10).ok
    with shell.alongside(1) as pool:
        assert pool.submit(shell.run, ["true"], timeout=10).result().ok


def test_many_at_once_lose_nothing() -> None:
    def one(number: int) -> bool:
        finished = shell.run(["sh", "-c", f"echo {number}; echo {number} >&2; exit {number % 3}"], timeout=30)
        return (finished.stdout, finished.stderr, finished.status) == (f"{number}\n", f"{number}\n", number % 3)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(one, range(40)))


def test_a_missing_program_is_named() -> None:
    with pytest.raises(shell.ToolMissing, match="'no-such-program' is not installed"):
        shell.run(["no-such-program"], timeout=1)


def test_check_raises_what_the_child_said() -> None:
    with pytest.raises(shell.ToolFailed, match="exit status 1: sh -c 'echo no >&2; exit 1'\nno"):
        shell.check(["sh", "-c", "echo no >&2; exit 1"], timeout=10)


def test_environment_is_added_to_and_folder_is_changed(tmp_path: Path) -> None:
    finished = shell.check(["sh", "-c", "echo $GIVEN $HOME; pwd"], timeout=10, env={"GIVEN": "yes"}, cwd=tmp_path)
    assert finished.stdout == f"yes {os.environ['HOME']}\n{tmp_path}\n"


def test_variables_can_be_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKEN", "yes")
    assert shell.check(["sh", "-c", "echo ${TAKEN-no}"], timeout=10).stdout == "yes\n"
    assert shell.check(["sh", "-c", "echo ${TAKEN-no}"], timeout=10, env={"TAKEN": None}).stdout == "no\n"


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["kubectl", "--token", "s3cret", "get", "pods"], "kubectl --token '***' get pods"),
        (["kubectl", "--token=s3cret", "get"], "kubectl '--token=***' get"),
        (["kubectl", "--client-password=x y", "get"], "kubectl '--client-password=***' get"),
        (["curl", "-H", "Authorization: Bearer abcdefghijkl"], "curl -H 'Authorization: Bearer ***'"),
        (["kubectl", "-n", "a b"], "kubectl -n 'a b'"),
    ],
)
def test_lines_to_paste_hold_no_secrets(argv: list[str], line: str) -> None:
    assert shell.paste(argv) == line
