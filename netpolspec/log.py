"""Logs: structured, on standard error, and free of charge while nothing is logged.

The only configurer of structlog. Importing structlog costs more than a whole run on the model, so it is imported by
the first message that is really written.
"""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger, Processor


class Level(IntEnum):
    """From how much weight on a message is written; the numbers are those of the standard library."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Format(StrEnum):
    """How a message is written."""

    CONSOLE = "console"
    JSON = "json"


@dataclass(slots=True)
class _State:
    """What `configure` set; structlog learns of it with the first message."""

    level: Level = Level.WARNING
    format: Format = Format.CONSOLE
    color: bool = False
    write: Callable[[str], None] | None = None
    ready: bool = False


_state = _State()


def configure(
    level: Level,
    form: Format = Format.CONSOLE,
    *,
    color: bool = False,
    write: Callable[[str], None] | None = None,
) -> None:
    """Say what is written, and how; it may be called again.

    Args:
        level: from how much weight on a message is written.
        form: for people or for programs.
        color: whether it is coloured.
        write: what writes whole lines to standard error, where not everybody may write there at any time.
    """
    _state.level, _state.format, _state.color, _state.write, _state.ready = level, form, color, write, False


class Logger:
    """Writes messages of one part of the program; facts are given as keywords, never built into the message."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, **facts: object) -> None:
        """What only matters to somebody who looks for a fault."""
        if _state.level <= Level.DEBUG:
            self._bound().debug(event, **facts)

    def info(self, event: str, **facts: object) -> None:
        """What the program does."""
        if _state.level <= Level.INFO:
            self._bound().info(event, **facts)

    def warning(self, event: str, **facts: object) -> None:
        """What went wrong and was mended."""
        if _state.level <= Level.WARNING:
            self._bound().warning(event, **facts)

    def error(self, event: str, **facts: object) -> None:
        """What went wrong for good."""
        if _state.level <= Level.ERROR:
            self._bound().error(event, **facts)

    def _bound(self) -> FilteringBoundLogger:
        import structlog

        if not _state.ready:
            _configure_structlog()
        logger: FilteringBoundLogger = structlog.get_logger().bind(logger=self._name)
        return logger


class _StandardError(io.TextIOBase):
    """Standard error, whatever it is at the moment; a log that cannot be written is no reason to fail."""

    def write(self, text: str) -> int:
        if _state.write is not None:
            _state.write(text)
            return len(text)
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr is not None:
                sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr is not None:
                sys.stderr.flush()


def _configure_structlog() -> None:
    import structlog

    last: Processor
    if _state.format is Format.JSON:
        time = structlog.processors.TimeStamper(fmt="iso", utc=True)
        last = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        time = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
        last = structlog.dev.ConsoleRenderer(
            colors=_state.color, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            time,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_state.level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )
    _state.ready = True
