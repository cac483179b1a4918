"""How a function is described: what it takes, and whether it looks into what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.load.hcl.values import ListOf, Primitive, SetOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.load.hcl.values import Type, Value

STRING, NUMBER, BOOL, ANY = Primitive.STRING, Primitive.NUMBER, Primitive.BOOL, Primitive.ANY
LIST, STRINGS, SET = ListOf(ANY), ListOf(STRING), SetOf(ANY)

Run: TypeAlias = "Callable[..., Value]"


class Unsupported(Exception):  # noqa: N818 - says what happened
    """A call that only terraform can answer; the message says why."""


@dataclass(frozen=True, eq=False, slots=True)
class Function:
    """A function of Terraform's language."""

    run: Run
    parameters: tuple[Type, ...]
    rest: Type | None
    """The type of any further arguments."""
    optional: int
    """How many of the parameters may be left out."""
    nulls: bool
    """Whether arguments may be null."""
    shallow: bool
    """Whether it moves elements about without looking at them, so that these may be unknown."""


class Library(dict[str, Function]):
    """Functions by name."""

    def define(
        self,
        name: str,
        *parameters: Type,
        rest: Type | None = None,
        optional: int = 0,
        nulls: bool = False,
        shallow: bool = False,
    ) -> Callable[[Run], Run]:
        """Decorates what runs a function."""

        def keep(run: Run) -> Run:
            self[name] = Function(run, parameters, rest, optional, nulls, shallow)
            return run

        return keep
