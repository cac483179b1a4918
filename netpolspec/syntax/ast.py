"""A spec as it was written: every node has its span, nothing is expanded, looked up or checked.

The resolved counterpart is `netpolspec.plan.model`. No Lark here. Nodes are compared by identity (each stands at one
place), which also makes them cheaper to define: 33 classes are a part of every start.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from netpolspec.source import Source, Span


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One word as written, quotes and `$(...)` included; `netpolspec.plan.expand` makes values of it."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Heredoc:
    """The verbatim lines between `<<TAG` and `TAG`.

    `text` has the common indentation removed. The first line of `text` is line `line` of the source, and each of
    its lines stands `indent` characters to the right there.
    """

    text: str
    line: int
    indent: int
    span: Span
    """The heredoc's own lines in the source."""


class Kind(StrEnum):
    """What `when` can name."""

    NAMESPACE = "namespace"
    POD = "pod"
    DEPLOYMENT = "deployment"
    SERVICE = "service"
    POLICY = "policy"


# --- given --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class PortDeclaration:
    """`port P[/PROTO] [as NAME]`."""

    port: Word
    name: Word | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenNamespace:
    """`given namespace NAME [key=value...]`."""

    name: Word
    labels: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenWorkload:
    """`given pod|deployment NAME in NS [key=value...] [replicas N] [port ...]... [image IMAGE]`."""

    kind: Kind
    """POD or DEPLOYMENT."""
    name: Word
    namespace: Word | None
    labels: tuple[Word, ...]
    replicas: Word | None
    ports: tuple[PortDeclaration, ...]
    image: Word | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenService:
    """`given service NAME in NS port P[/PROTO] -> TARGET [on key=value...]`; several ports may be given."""

    name: Word
    namespace: Word | None
    ports: tuple[ServicePort, ...]
    selector: tuple[Word, ...]
    """The labels after `on`; empty without `on`: a Service without a selector."""
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ServicePort:
    """`port P[/PROTO] -> TARGET`; without `-> TARGET` the target is the port, as in Kubernetes."""

    port: Word
    target: Word | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenManifest:
    """`given manifest "path"` or `given manifest <<TAG`."""

    what: Word | Heredoc
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenTerraform:
    """`given terraform "folder" [var=value...]`; with `plan`, a plan's JSON made elsewhere."""

    what: Word
    plan: bool
    variables: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenPolicy:
    """`given policy NAME [in NS] [var=value...]`."""

    name: Word
    namespace: Word | None
    variables: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenHelm:
    """`given helm "chart" [as RELEASE] [in NS] [values "file"]... [key=value...]`."""

    chart: Word
    release: Word | None
    namespace: Word | None
    values: tuple[Word, ...]
    settings: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class GivenCluster:
    """`given cluster`."""

    span: Span


Given: TypeAlias = (
    GivenNamespace
    | GivenWorkload
    | GivenService
    | GivenManifest
    | GivenTerraform
    | GivenPolicy
    | GivenHelm
    | GivenCluster
)

# --- when ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """`KIND NAME [in NS]` in a `when`."""

    kind: Kind
    name: Word
    namespace: Word | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class WhenLabel:
    """`when label KIND NAME [in NS] key=value...`."""

    target: Named
    labels: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class WhenUnlabel:
    """`when unlabel KIND NAME [in NS] key...`."""

    target: Named
    keys: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class WhenRemove:
    """`when remove KIND NAME [in NS]`."""

    target: Named
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class WhenScale:
    """`when scale deployment NAME in NS to N`."""

    target: Named
    replicas: Word
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class WhenGiven:
    """`when given ...`: a later given, which may replace an object that is there."""

    given: Given
    span: Span


When: TypeAlias = WhenLabel | WhenUnlabel | WhenRemove | WhenScale | WhenGiven

# --- expect -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Destination:
    """A destination word, and whether it is to be dialled `by name`."""

    word: Word
    by_name: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Expect:
    """`expect SOURCE... -> DESTINATION... allowed|denied [within DURATION] [because "text"]`."""

    sources: tuple[Word, ...]
    destinations: tuple[Destination, ...]
    allowed: bool
    within: Word | None
    because: Word | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class MatrixRow:
    """A row of a truth table: its source and its cells, each one of `.`, `X`, `-`."""

    source: Word
    cells: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ExpectMatrix:
    """`expect matrix :PORT` and the lines below it. The builder checks that rows and columns agree in number."""

    port: Word
    """With its colon, as written: `:80`, `:53/udp`."""
    within: Word | None
    because: Word | None
    columns: tuple[Word, ...]
    rows: tuple[MatrixRow, ...]
    span: Span


# --- the rest of a rule -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Todo:
    """`todo "why"`."""

    why: Word
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Skip:
    """`skip "why"`."""

    why: Word
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """`needs sctp ipv6 terraform ...`."""

    capabilities: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """`tags WORD...`, in a rule or above all rules."""

    words: tuple[Word, ...]
    span: Span


Statement: TypeAlias = Given | When | Expect | ExpectMatrix | Todo | Skip | Needs | Tags

# --- the file -----------------------------------------------------------------------------------------------------


class Assign(StrEnum):
    """The four forms of a variable."""

    DEFERRED = "="
    IMMEDIATE = ":="
    DEFAULT = "?="
    APPEND = "+="


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """`NAME = value`: the value is the rest of the line, comment and outer blanks removed (`;` included)."""

    name: Word
    how: Assign
    value: Word
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Include:
    """`include FILE...`."""

    paths: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class StaticPattern:
    """The middle of `targets: pattern: prerequisites`; its one `%` is the stem."""

    pattern: Word
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """`target...: prerequisite... [; statement...]` and the indented statements below it."""

    targets: tuple[Word, ...]
    static: StaticPattern | None
    prerequisites: tuple[Word, ...]
    description: tuple[str, ...]
    """The `##` lines directly above, without the marks."""
    statements: tuple[Statement, ...]
    span: Span
    """The rule's head line."""
    end: int
    """Offset of the end of the rule's last statement, for `FILE:LINE`."""


Item: TypeAlias = Assignment | Include | Rule | Statement


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """One parsed file, in the order of its text."""

    source: Source
    items: tuple[Item, ...]
    description: tuple[str, ...]
    """`##` lines directly above the first statement outside any rule: the description of the file's own rule."""
