"""How long changes took to take effect, as a small plot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT = 360, 92
_LEFT, _RIGHT, _BASE = 4, 356, 70
_BINS = 50
_TICKS = 4


def plot(times: Sequence[tuple[int, bool]]) -> str:
    """A histogram as SVG, with the median and the 95th percentile.

    Args:
        times: milliseconds each, and whether `allowed` (else `denied`) was expected; at least one.
    """
    top = _round_up(max(ms for ms, _ in times))
    bins = [[0, 0] for _ in range(_BINS)]
    for ms, allowed in times:
        bins[min(_BINS - 1, ms * _BINS // top)][not allowed] += 1
    most = max(sum(each) for each in bins)
    width = (_RIGHT - _LEFT) / _BINS
    parts = []
    for number, counts in enumerate(bins):
        x, base = _LEFT + number * width, float(_BASE)
        for count, kind in zip(counts, ("ya", "yd"), strict=True):
            if count:
                height = max(3.0, count / most * (_BASE - 20))
                base -= height
                at = f'x="{x:.1f}" y="{base:.1f}" width="{width - 1.5:.1f}" height="{height:.1f}"'
                parts.append(f'<rect class="{kind}" {at} rx="1"/>')
    ordered = sorted(ms for ms, _ in times)
    median, late = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.95) - 1)]
    label = f"time to take effect: median {median} ms, 95th percentile {late} ms, longest {ordered[-1]} ms"
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}"><title>{label}</title>'
        f'{"".join(parts)}<path d="M{_LEFT} {_BASE + 0.5}H{_RIGHT}" stroke="currentColor" opacity=".5"/>'
        f"{_axis(top)}{_line(median, top, 'median')}</svg>"
    )


def described(times: Sequence[tuple[int, bool]]) -> str:
    """The same in words."""
    ordered = sorted(ms for ms, _ in times)
    late = ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.95) - 1)]
    return f"median {ordered[len(ordered) // 2]} ms, 95 % within {late} ms, longest {ordered[-1]} ms"


def _round_up(ms: int) -> int:
    """A round number for the end of the axis."""
    if ms <= _TICKS:
        return _TICKS
    unit = 10 ** int(math.log10(ms))
    return next(int(unit * factor) for factor in (1, 2, 4, 6, 8, 10) if unit * factor >= ms)


def _axis(top: int) -> str:
    ticks = []
    for number in range(_TICKS + 1):
        x = _LEFT + (_RIGHT - _LEFT) * number / _TICKS
        anchor = "start" if number == 0 else "end" if number == _TICKS else "middle"
        ticks.append(f'<text x="{x:.0f}" y="{_BASE + 16}" text-anchor="{anchor}">{_time(top * number / _TICKS)}</text>')
    return "".join(ticks)


def _line(ms: int, top: int, name: str) -> str:
    x = _LEFT + (_RIGHT - _LEFT) * ms / top
    anchor = "end" if x > _WIDTH / 2 else "start"
    shift = -5 if anchor == "end" else 5
    return (
        f'<path d="M{x:.1f} 6V{_BASE}" stroke="currentColor" stroke-dasharray="3 3"/>'
        f'<text x="{x + shift:.1f}" y="13" text-anchor="{anchor}">{name} {_time(ms)}</text>'
    )


def _time(ms: float) -> str:
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"  # noqa: PLR2004 - milliseconds of a second
