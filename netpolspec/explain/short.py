"""The short form of an explanation: the nearest miss, and the smallest edit, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.explain.account import account
from netpolspec.explain.turnover import turn_over
from netpolspec.policy.decision import Answer

if TYPE_CHECKING:
    from netpolspec.policy.decide import Model
    from netpolspec.policy.readings import Connection


def hints(model: Model, connection: Connection, what: str = "it") -> tuple[str, ...]:
    """What comes nearest to the other answer, and what would bring it about.

    Args:
        model: what gave the answer.
        connection: as `Model.resolve` gives it.
        what: how the connection is called in what there is to do.
    """
    found = account(model, connection)
    lines: list[str] = []
    if found.decision.answer is Answer.DENIED:
        nearest = found.decisive.nearest
        if nearest is not None:
            place = f"{nearest.policy.label}, {nearest.place}"
            lines.append(f"nearest miss: {place} ({nearest.origin.span}): {nearest.why}")
    turn = turn_over(model, found)
    verb = {Answer.ALLOWED: "allow", Answer.DENIED: "deny"}[turn.wanted]
    if turn.edits:
        lines.append(f"to {verb} {what}: {'; and '.join(each.line for each in turn.edits)}")
    elif found.decision.answer in {Answer.ALLOWED, Answer.DENIED}:
        lines.append(f"to {verb} {what}: {turn.why}")
    else:
        lines.append(turn.why)
    return tuple(lines)
