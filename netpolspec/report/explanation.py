"""Why a connection is allowed or denied, for people and as JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netpolspec.explain.account import settles
from netpolspec.explain.describe import describe
from netpolspec.policy.objects import AdminPolicy, Tier
from netpolspec.policy.peers import Match
from netpolspec.report.yamlish import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.explain.account import Account, PolicyNote, RuleNote, Side, TierNote
    from netpolspec.explain.edit import Edit
    from netpolspec.explain.turnover import TurnOver
    from netpolspec.explain.written import Written
    from netpolspec.source import Origin

_MOST_ASIDE = 8
"""Policies that do not select the pod, of those that are shown."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One connection, with all that is asked about it, and how many more are answered for the same reasons."""

    account: Account
    turn: TurnOver
    dialled: str
    """`Service ms-b/nginx, port 90/TCP`; empty where the pod itself is dialled."""
    alike: tuple[str, ...] = ()
    """Other pairs of ends that are answered alike, as `source -> destination`."""
    ports: str = ""
    """Which ports are answered so, where all were asked about."""


# --- for people ---------------------------------------------------------------------------------------------------


def write_text(answers: Sequence[Answered], *, color: bool = False) -> Iterator[str]:
    """The explanations, as whole lines."""
    for number, answered in enumerate(answers):
        for line in _answer(answered, _Paint(color)):
            yield line.rstrip() + "\n"
        if number + 1 < len(answers):
            yield "\n"


@dataclass(frozen=True, slots=True)
class _Paint:
    on: bool

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text

    def verdict(self, text: str) -> str:
        return self(text, {"allowed": "1;32", "denied": "1;31"}.get(text, "1;33"))


def _answer(answered: Answered, paint: _Paint) -> Iterator[str]:
    found = answered.account
    asked = found.connection
    decision = found.decision
    port = answered.ports or f"port {asked.port}/{asked.protocol}"
    yield f"{asked.source.label} -> {asked.destination.label}, {port}: {paint.verdict(str(decision.answer))}"
    if answered.alike:
        shown = ", ".join(answered.alike[:_MOST_ASIDE])
        more = len(answered.alike) - _MOST_ASIDE
        yield f"  likewise {shown}{f' and {more} more' if more > 0 else ''}"
    if answered.dialled:
        yield f"  {answered.dialled}"
    yield f"  because {decision.because}"
    for assumption in decision.assumptions:
        yield f"  this rests on the assumption {assumption}"
    for side in found.sides:
        yield ""
        yield from _side(side, paint)
    policy = settles(found.decisive)
    if policy is not None:
        yield ""
        several = len(found.decisive.judgement.isolating) > 1 and found.decisive.judgement.citation is None
        which = "of the policies that isolate it, the one that comes nearest" if several else "the policy that decides"
        yield paint(f"{which}, in the words of 'kubectl describe':", "1")
        yield from (f"  {line}" for line in describe(policy))
    yield ""
    yield from _turn(answered.turn, paint)


def _side(side: Side, paint: _Paint) -> Iterator[str]:
    judgement = side.judgement
    verdict = paint.verdict(str(judgement.answer))
    yield f"{paint(side.direction.lower(), '1')} of {side.subject.label}: {verdict}, {judgement.reason}"
    for tier in side.tiers:
        yield from _tier(tier, side)


def _tier(tier: TierNote, side: Side) -> Iterator[str]:
    indent = "  "
    if tier.tier is not Tier.NETWORK_POLICY or len(side.tiers) > 1 or not tier.asked:
        yield f"  {tier.tier} tier{'' if tier.asked else ', which is not asked'}:"
        indent = "    "
    aside = [note for note in tier.policies if not note.selects]
    for note in tier.policies:
        if note.selects:
            yield from (indent + line for line in _policy(note))
    for note in aside[:_MOST_ASIDE]:
        yield f"{indent}{note.policy.label} {note.why}{_at(note.policy.origin)}"
    if len(aside) > _MOST_ASIDE:
        yield f"{indent}and {len(aside) - _MOST_ASIDE} more policies that do not select it"
    if not tier.policies:
        yield f"{indent}no NetworkPolicy is in its namespace"


def _policy(note: PolicyNote) -> Iterator[str]:
    yield f"{note.policy.label} {note.why}{_at(note.policy.origin)}"
    if note.affects and not note.rules:
        yield "  it has no rule in this direction: it lets nothing through"
    passed = False
    for rule in note.rules:
        if passed:
            yield f"  {rule.place} and what follows it is not reached"
            return
        yield from ("  " + line for line in _rule(rule, admin=isinstance(note.policy, AdminPolicy)))
        passed = rule.match is Match.YES and isinstance(note.policy, AdminPolicy)


_MATCHES = {Match.YES: "matches", Match.NO: "does not match", Match.OPEN: "may match"}


def _rule(rule: RuleNote, *, admin: bool) -> Iterator[str]:
    action = f" ({rule.action})" if admin else ""
    yield f"{rule.place}{action} {_MATCHES[rule.match]}{_at(rule.rule.origin)}"
    if not rule.peers:
        yield "  every peer"
    for peer in rule.peers:
        yield f"  {peer.place.partition('.')[2]}: {peer.why}{_at(peer.origin)}"
    yield f"  {rule.ports}"


def _turn(turn: TurnOver, paint: _Paint) -> Iterator[str]:
    verb = {"allowed": "allow", "denied": "deny"}[str(turn.wanted)]
    if not turn.edits:
        yield f"to {verb} it: {turn.why}"
        return
    count = len(turn.edits)
    ends = {each.direction for each in turn.edits}
    where = " at two ends" if len(ends) > 1 else " at this end"
    needed = f"{count} edits{where} are needed" if count > 1 else "one edit is enough"
    yield paint(f"to {verb} it, {needed}; the model says so of the cluster after it:", "1")
    for each in turn.edits:
        yield f"  {each.line}{_at(each.origin)}"
        if each.new is not None:
            listed: Written = each.new if each.before is None else [each.new]
            yield from (f"    {line}" for line in write_yaml(listed))
        if each.before is not None:
            yield f"    {patch_command(each)}"


def patch_command(made: Edit) -> str:
    """The command that carries an edit out on a live cluster."""
    policy = made.after
    operations = [
        {"op": each.op, "path": each.path, **({} if each.op == "remove" else {"value": each.value})}
        for each in made.patch
    ]
    scope = [] if isinstance(policy, AdminPolicy) else ["-n", policy.namespace]
    kind = policy.kind.lower() if isinstance(policy, AdminPolicy) else "networkpolicy"
    command = ["kubectl", *scope, "patch", kind, policy.name, "--type=json", "-p"]
    return shlex.join([*command, json.dumps(operations, separators=(",", ":"))])


def _at(origin: Origin | None) -> str:
    return f"  ({origin.span})" if origin is not None else ""


def write_yaml(value: Written, indent: str = "") -> Iterator[str]:
    """Plain data as lines of block YAML."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            if isinstance(item, Mapping | Sequence) and item and not isinstance(item, str):
                yield f"{indent}{key}:"
                yield from write_yaml(item, indent + ("" if isinstance(item, Sequence) else "  "))
            else:
                yield f"{indent}{key}: {_leaf(item)}"
    elif isinstance(value, Sequence) and value and not isinstance(value, str):
        for item in value:
            lines = list(write_yaml(item, ""))
            yield f"{indent}- {lines[0]}"
            yield from (f"{indent}  {line}" for line in lines[1:])
    else:
        yield f"{indent}{_leaf(value)}"


def _leaf(value: Written) -> str:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, int):
        return str(value)
    return "{}" if isinstance(value, Mapping) else "[]"


# --- as JSON ------------------------------------------------------------------------------------------------------


def write_json(answers: Sequence[Answered]) -> str:
    """The same as one JSON document."""
    return json.dumps({"explanations": [_document(answered) for answered in answers]}, indent=2) + "\n"


def _document(answered: Answered) -> dict[str, object]:
    found, turn = answered.account, answered.turn
    asked, decision = found.connection, found.decision
    policy = settles(found.decisive)
    return {
        "source": asked.source.label,
        "destination": asked.destination.label,
        "port": asked.port,
        "protocol": asked.protocol.value,
        **({"ports": answered.ports} if answered.ports else {}),
        "alike": list(answered.alike),
        "dialled": answered.dialled,
        "answer": decision.answer.value,
        "because": decision.because,
        "assumptions": list(decision.assumptions),
        "egress": _side_document(found.egress),
        "ingress": _side_document(found.ingress),
        "decided_by": _place(policy.label, "", policy.origin) if policy is not None else None,
        "description": list(describe(policy)) if policy is not None else [],
        "turn_over": {
            "wanted": turn.wanted.value,
            "why_not": turn.why,
            "edits": [_edit_document(each) for each in turn.edits],
        },
    }


def _side_document(side: Side) -> dict[str, object]:
    judgement, nearest = side.judgement, side.nearest
    cited = judgement.citation
    return {
        "of": side.subject.label,
        "answer": judgement.answer.value,
        "reason": judgement.reason,
        "tier": judgement.tier.value if judgement.tier is not None else None,
        "decided_by": _place(cited.label, cited.place, cited.origin) if cited is not None else None,
        "isolated_by": [policy.label for policy in judgement.isolating],
        "nearest_miss": {**_place(nearest.policy.label, nearest.place, nearest.origin), "why": nearest.why}
        if nearest is not None and str(judgement.answer) != "allowed"
        else None,
        "tiers": [
            {"tier": tier.tier.value, "asked": tier.asked, "policies": [_policy_document(n) for n in tier.policies]}
            for tier in side.tiers
        ],
    }


def _policy_document(note: PolicyNote) -> dict[str, object]:
    return {
        **_place(note.policy.label, "", note.policy.origin),
        "selects": note.selects,
        "affects": note.affects,
        "why": note.why,
        "rules": [
            {
                **_place(None, rule.place, rule.rule.origin),
                "match": rule.match.name.lower(),
                "action": rule.action.value,
                "port_match": rule.port_match,
                "ports": rule.ports,
                "peers": [
                    {**_place(None, peer.place, peer.origin), "match": peer.match.name.lower(), "why": peer.why}
                    for peer in rule.peers
                ],
            }
            for rule in note.rules
        ],
    }


def _edit_document(made: Edit) -> dict[str, object]:
    return {
        "policy": made.after.label,
        "place": made.place,
        "what": made.what,
        "at": None if made.origin is None else _location(made.origin),
        "patch": [
            {"op": each.op, "path": each.path, **({} if each.op == "remove" else {"value": each.value})}
            for each in made.patch
        ],
        "new": made.new,
    }


def _place(policy: str | None, place: str, origin: Origin) -> dict[str, object]:
    named: dict[str, object] = {} if policy is None else {"policy": policy}
    return {**named, **({"place": place} if place else {}), "at": _location(origin)}


def _location(origin: Origin) -> dict[str, object]:
    span = origin.span
    return {"file": span.source.path, "line": span.line, "column": span.column}
