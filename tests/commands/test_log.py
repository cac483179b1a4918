"""Logs: on standard error, structured, and free while there are none."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from netpolspec import log

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _usual_logs() -> Iterator[None]:
    yield
    log.configure(log.Level.WARNING)


@pytest.mark.parametrize(("level", "written"), [(log.Level.DEBUG, 4), (log.Level.INFO, 3), (log.Level.ERROR, 1)])
def test_levels(level: log.Level, written: int, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level)
    logger = log.Logger("part")
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    logger.error("e")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == written


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(log.Level.INFO, log.Format.JSON)
    log.Logger("part").info("it happened", number=3, text="a\nb", path=SystemError("x"))
    message = json.loads(capsys.readouterr().err)
    assert message.pop("timestamp").endswith("Z")
    assert message == {
        "event": "it happened",
        "level": "info",
        "logger": "part",
        "number": 3,
        "text": "a\nb",
        "path": "x",
    }


def test_console(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(log.Level.INFO)
    log.Logger("part").info("it happened", number=3)
    plain = capsys.readouterr().err
    assert "it happened" in plain
    assert "number=3" in plain
    assert "\x1b[" not in plain
    log.configure(log.Level.INFO, color=True)
    log.Logger("part").info("it happened", number=3)
    assert "\x1b[" in capsys.readouterr().err


def test_structlog_is_not_imported_while_nothing_is_logged() -> None:
    code = "import sys; from netpolspec import log; log.Logger('x').info('y'); print('structlog' in sys.modules)"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
