"""Puts what the parts of a point came to together into one observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.backends.base import Observation, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from netpolspec.backends.probing.controls import Proof
    from netpolspec.backends.probing.converge import Outcome
    from netpolspec.backends.probing.parts import Part

MOST_PARTS = 8
"""The most parts that are told one by one."""

_TELLING = (
    # Of the verdicts that were not expected, the first of these that occurs speaks for the point.
    Verdict.ALLOWED,
    Verdict.DROPPED,
    Verdict.REFUSED,
    Verdict.UNREACHABLE,
    Verdict.NO_LISTENER,
    Verdict.DNS,
    Verdict.ERROR,
)


def observe(
    parts: Sequence[Part],
    outcomes: Mapping[Part, Outcome],
    proofs: Mapping[Part, Proof],
    changed_at: float,
    line: Callable[[Part], str],
) -> Observation:
    """What packets did for one point.

    Args:
        parts: its parts, at least one
        outcomes: what each came to
        proofs: for those that were denied; empty where controls are off
        changed_at: when the world was last changed, by the monotonic clock
        line: the command that repeats a part by hand
    """
    verdicts = {part: settle(outcomes[part], proofs.get(part)) for part in parts}
    allowed = parts[0].point.allowed
    good = [part for part in parts if _is_good(outcomes[part], verdicts[part], proofs.get(part))]
    bad = [part for part in parts if part not in good]
    speaker = min(bad or good, key=lambda part: _TELLING.index(verdicts[part]))
    verdict = verdicts[speaker]
    times = [outcomes[part].since for part in good]
    met = not bad
    after = max((since for since in times if since is not None), default=None)
    return Observation(
        verdict=verdict,
        counts_as=_counts_as(verdict, proofs.get(speaker), met=met, allowed=allowed),
        evidence=tuple(
            fact
            for part in (*bad, *good)[:MOST_PARTS]
            for fact in _facts(part, outcomes[part], verdicts[part], many=len(parts) > 1)
        ),
        attempts=max(outcomes[part].attempts for part in parts),
        converged_after_ms=round(max(0.0, after - changed_at) * 1000) if met and after is not None else None,
        control=_control([proofs[part] for part in (*bad, *good) if part in proofs]),
        probe=line(speaker),
        differs=_differs(bad, good, verdicts),
    )


def settle(outcome: Outcome, proof: Proof | None) -> Verdict:
    """The verdict of a part, once it is known whether anything listens: only then a refusal says who refused."""
    verdict = outcome.answer.verdict
    if proof is None or verdict in {Verdict.ALLOWED, Verdict.ERROR, Verdict.DNS}:
        return verdict
    silent = proof.unserved or (proof.silent and verdict is Verdict.REFUSED)
    return Verdict.NO_LISTENER if silent else verdict


def _is_good(outcome: Outcome, verdict: Verdict, proof: Proof | None) -> bool:
    return outcome.met and verdict is not Verdict.NO_LISTENER and (proof is None or proof.proven)


def _counts_as(verdict: Verdict, proof: Proof | None, *, met: bool, allowed: bool) -> str | None:
    """The expectation that a point meets: the one that was made, the other one, or neither."""
    if met:
        return "allowed" if allowed else "denied"
    if verdict is Verdict.ALLOWED:
        return "allowed"
    if verdict in {Verdict.DROPPED, Verdict.REFUSED, Verdict.UNREACHABLE} and proof is not None and proof.proven:
        return "denied"
    return None


def _facts(part: Part, outcome: Outcome, verdict: Verdict, *, many: bool) -> tuple[str, ...]:
    answer = outcome.answer
    rounds = f"{outcome.rounds} round{'s' if outcome.rounds > 1 else ''}"
    facts = [f"{part.label}: {verdict}" if many else part.label, f"{rounds}, {outcome.attempts} dials, {answer.ms} ms"]
    if answer.trouble:
        facts.append(answer.trouble)
    if answer.raw:
        facts.append(answer.raw)
    if answer.replied and part.via is not None:
        facts.append(f"answered by {', '.join(answer.replied)}")
    return tuple(facts)


def _control(proofs: Sequence[Proof]) -> str | None:
    """What the denials rest on, each ground once; what is not proven comes first, and alone."""
    told = [proof for proof in proofs if not proof.proven] or proofs
    texts = list(dict.fromkeys(proof.text for proof in told))
    if not texts:
        return None
    more = f"; and {len(texts) - 3} more" if len(texts) > 3 else ""  # noqa: PLR2004 - as many as are read
    return "; ".join(texts[:3]) + more


def _differs(bad: Sequence[Part], good: Sequence[Part], verdicts: Mapping[Part, Verdict]) -> tuple[str, ...]:
    """One line for each part, where the parts do not answer alike: those that are not as expected first."""
    if not bad or len({verdicts[part] for part in (*bad, *good)}) == 1:
        return ()
    lines = [f"{part.label}: {verdicts[part]}" for part in (*bad, *good)]
    more = len(lines) - MOST_PARTS
    return (*lines[:MOST_PARTS], f"and {more} more") if more > 0 else tuple(lines)
