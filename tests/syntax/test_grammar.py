"""The grammar itself: no two rules and no two terminals compete for the same text."""

from __future__ import annotations

import logging
from importlib.resources import files

import pytest
from lark import Lark, logger

from netpolspec.syntax.layout import Layout

GRAMMAR = files("netpolspec.syntax").joinpath("nps.lark").read_text("utf-8")


def load(*, strict: bool) -> Lark:
    starts = ["file", "source", "destination"]
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", start=starts, postlex=Layout(), strict=strict)


def test_no_two_rules_compete(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level(logging.DEBUG, logger.name):
        load(strict=False)
    assert [record.getMessage() for record in caplog.records if "conflict" in record.getMessage()] == []


def test_no_two_terminals_compete() -> None:
    pytest.importorskip("interegular", reason="lark compares terminals with it: uv sync --group grammar")
    load(strict=True)


def test_every_terminal_has_a_name_of_ours() -> None:
    assert [terminal.name for terminal in load(strict=False).terminals if f"\n{terminal.name}" not in GRAMMAR] == []
