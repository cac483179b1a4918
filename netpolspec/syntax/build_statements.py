"""`given`, `when` and `expect` as nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from netpolspec.syntax import ast
from netpolspec.syntax.build_words import Children, Words
from netpolspec.syntax.layout import read_heredoc

if TYPE_CHECKING:
    from lark import Token

    from netpolspec.source import Span


_TAG = re.compile(r"[A-Za-z_][\w-]*")


class Option(NamedTuple):
    """An option of a statement, `in NS` for one, until the statement takes it up."""

    name: str
    value: Any
    span: Span


class Statements(Words):
    """One method per grammar rule, named like it."""

    # --- options ---

    def _option(self, children: Children) -> Option:
        return Option(children[0].value, self._word(children[1]), self._span(children))

    in_namespace = in_place = as_release = replicas = image = values = to_replicas = within = because = _option

    def on_labels(self, children: Children) -> Option:
        """`on key=value...`."""
        return Option("on", tuple(children[1:]), self._span(children))

    def port(self, children: Children) -> ast.PortDeclaration:
        """`port P [as NAME]`."""
        name = self._word(children[3]) if children[2:] else None
        return ast.PortDeclaration(self._word(children[1]), name, self._span(children))

    def service_port(self, children: Children) -> ast.ServicePort:
        """`port P [-> TARGET]`."""
        target = self._word(children[3]) if children[2:] else None
        return ast.ServicePort(self._word(children[1]), target, self._span(children))

    def _once(self, children: Children) -> dict[str, Any]:
        """The values of the options among the children, each of which may be there once."""
        found: dict[str, Any] = {}
        for child in children:
            if isinstance(child, Option):
                if child.name in found:
                    self._problem("repeated-option", f"'{child.name}' is given twice", child.span, "say it once")
                found[child.name] = child.value
        return found

    def _require_in(self, what: str, options: dict[str, Any], name: Token) -> ast.Word | None:
        namespace: ast.Word | None = options.get("in")
        if namespace is None:
            hint = f"say where, as in '{what} {name.value} in ms-a'"
            self._problem("missing-in", f"a {what} needs a namespace", self._span_of(name), hint)
        return namespace

    # --- given ---

    def given_namespace(self, children: Children) -> ast.GivenNamespace:
        """`given namespace NAME [key=value...]`."""
        return ast.GivenNamespace(self._word(children[2]), tuple(children[3:]), self._span(children))

    def given_workload(self, children: Children) -> ast.GivenWorkload:
        """`given pod|deployment NAME in NS ...`."""
        kind = ast.Kind(children[1].value)
        options = self._once(children)
        if kind is ast.Kind.POD and "replicas" in options:
            hint = f"write 'given deployment {children[2].value} ...' for several pods"
            span = next(child.span for child in children if isinstance(child, Option) and child.name == "replicas")
            self._problem("replicas-of-pod", "a pod has no replicas", span, hint)
        return ast.GivenWorkload(
            kind,
            self._word(children[2]),
            self._require_in(kind, options, children[2]),
            _labels(children),
            options.get("replicas"),
            tuple(child for child in children if isinstance(child, ast.PortDeclaration)),
            options.get("image"),
            self._span(children),
        )

    def given_service(self, children: Children) -> ast.GivenService:
        """`given service NAME in NS port P -> TARGET on key=value...`."""
        options = self._once(children)
        ports = tuple(child for child in children if isinstance(child, ast.ServicePort))
        name = children[2]
        if not ports:
            hint = f"as in 'given service {name.value} in ms-a port 80 -> 8080 on app=web'"
            self._problem("missing-port", "a service needs a port", self._span_of(name), hint)
        return ast.GivenService(
            self._word(name),
            self._require_in("service", options, name),
            ports,
            options.get("on", ()),
            self._span(children),
        )

    def given_manifest(self, children: Children) -> ast.GivenManifest:
        """`given manifest "path"` or a heredoc."""
        what = children[2]
        span = self._span(children)
        if what.type == "HEREDOC":
            return ast.GivenManifest(read_heredoc(self.spec, what.start_pos, what.value), span)
        if what.value.startswith("<<"):
            message, hint = _describe_open_heredoc(what.value[2:])
            self._problem("open-heredoc", message, self._span_of(what), hint)
        return ast.GivenManifest(self._word(what), span)

    def given_terraform(self, children: Children) -> ast.GivenTerraform:
        """`given terraform ["plan"] "folder" [var=value...]`."""
        plan = bool(children[3:]) and not isinstance(children[3], ast.Word)
        what = self._word(children[3 if plan else 2])
        return ast.GivenTerraform(what, plan, _labels(children), self._span(children))

    def given_policy(self, children: Children) -> ast.GivenPolicy:
        """`given policy NAME [in NS] [var=value...]`."""
        options = self._once(children)
        if children[2].value.startswith("<<"):
            hint = "write 'given manifest <<END' for a manifest that stands in the spec"
            self._problem("heredoc-place", "a policy is given by its name", self._span_of(children[2]), hint)
        return ast.GivenPolicy(self._word(children[2]), options.get("in"), _labels(children), self._span(children))

    def given_helm(self, children: Children) -> ast.GivenHelm:
        """`given helm "chart" [as RELEASE] [in NS] [values "file"]... [key=value...]`."""
        values = tuple(child.value for child in children if isinstance(child, Option) and child.name == "values")
        options = self._once(
            [child for child in children if not (isinstance(child, Option) and child.name == "values")]
        )
        return ast.GivenHelm(
            self._word(children[2]),
            options.get("as"),
            options.get("in"),
            values,
            _labels(children),
            self._span(children),
        )

    def given_cluster(self, children: Children) -> ast.GivenCluster:
        """`given cluster`."""
        return ast.GivenCluster(self._span(children))

    # --- when ---

    def _named(self, children: Children, options: dict[str, Any]) -> ast.Named:
        kind, name = children[2], self._word(children[3])
        return ast.Named(ast.Kind(kind.value), name, options.get("in"), self.spec.span(kind.start_pos, name.span.end))

    def when_label(self, children: Children) -> ast.WhenLabel:
        """`when label KIND NAME [in NS] key=value...`."""
        labels = _labels(children)
        span = self._span(children)
        if not labels:
            self._problem("missing-label", "which label?", span, "write 'key=value' at the end")
        return ast.WhenLabel(self._named(children, self._once(children)), labels, span)

    def when_unlabel(self, children: Children) -> ast.WhenUnlabel:
        """`when unlabel KIND NAME [in NS] key...`."""
        keys = self._words([child for child in children[4:] if not isinstance(child, Option)])
        span = self._span(children)
        if not keys:
            self._problem("missing-label", "which label?", span, "write its key at the end")
        for key in keys:
            if "=" in key.text:
                only = key.text.partition("=")[0]
                self._problem("label-value", "a label is removed by its key", key.span, f"write '{only}' only")
        return ast.WhenUnlabel(self._named(children, self._once(children)), keys, span)

    def when_remove(self, children: Children) -> ast.WhenRemove:
        """`when remove KIND NAME [in NS]`."""
        return ast.WhenRemove(self._named(children, self._once(children)), self._span(children))

    def when_scale(self, children: Children) -> ast.WhenScale:
        """`when scale deployment NAME in NS to N`."""
        options = self._once(children)
        target = self._named(children, options)
        self._require_in("deployment", options, children[3])
        span = self._span(children)
        if "to" not in options:
            self._problem("missing-to", "to how many replicas?", span, "write 'to N' at the end")
        return ast.WhenScale(target, options.get("to", target.name), span)

    def when_given(self, children: Children) -> ast.WhenGiven:
        """`when given ...`."""
        if not isinstance(children[1], ast.GivenCluster):
            return ast.WhenGiven(children[1], self._span(children))
        message = "the cluster is there from the beginning"
        self._problem("late-cluster", message, children[1].span, "write 'given cluster' without 'when'")
        return ast.WhenGiven(children[1], self._span(children))

    # --- expect ---

    def sources(self, children: Children) -> tuple[ast.Word, ...]:
        """The words before the arrow."""
        return self._words(children)

    def destinations(self, children: Children) -> tuple[ast.Destination, ...]:
        """The words after the arrow."""
        return tuple(children)

    def dialled(self, children: Children) -> ast.Destination:
        """A destination, perhaps `by name`."""
        word = self._word(children[0])
        if len(children) == 1:
            return ast.Destination(word, False, word.span)  # noqa: FBT003 - the field says what it is
        return ast.Destination(word, True, self._span(children))  # noqa: FBT003

    def expect(self, children: Children) -> ast.Expect:
        """`expect SOURCES -> DESTINATIONS allowed|denied ...`."""
        options = self._once(children[5:])
        return ast.Expect(
            children[1],
            children[3],
            children[4].type == "ALLOWED",
            options.get("within"),
            options.get("because"),
            self._span(children),
        )

    def matrix(self, children: Children) -> ast.ExpectMatrix:
        """A truth table."""
        options = self._once(children)
        rows = [child for child in children if isinstance(child, ast.MatrixRow)]
        header = rows[0]
        columns = (header.source, *header.cells)
        span = self.spec.span(children[0].start_pos, rows[-1].span.end)
        self._check_table(columns, rows)
        return ast.ExpectMatrix(
            self._word(children[2]), options.get("within"), options.get("because"), columns, tuple(rows[1:]), span
        )

    def row(self, children: Children) -> ast.MatrixRow:
        """A line of a truth table."""
        words = self._words(children)
        return ast.MatrixRow(words[0], words[1:], self.spec.span(words[0].span.start, words[-1].span.end))

    def _check_table(self, columns: tuple[ast.Word, ...], rows: list[ast.MatrixRow]) -> None:
        if len(rows) == 1:
            help_ = "write a line per source below the destinations: its name, then '.', 'X' or '-' for each of them"
            self._problem("empty-table", "this truth table has no rows", rows[0].span, help_)
        for row in rows[1:]:
            for cell in row.cells:
                if cell.text not in {".", "X", "-"}:
                    help_ = "'.' is allowed, 'X' is denied, '-' is not asserted"
                    self._problem("bad-cell", f"'{cell.text}' is no cell of a truth table", cell.span, help_)
            if len(row.cells) != len(columns):
                self._problem(
                    "uneven-table",
                    f"this row has {len(row.cells)} cells; the table has {len(columns)} destinations",
                    row.span,
                    "write one '.', 'X' or '-' per destination after the source",
                )

    # --- the rest of a rule ---

    def todo(self, children: Children) -> ast.Todo:
        """`todo "why"`."""
        return ast.Todo(self._word(children[1]), self._span(children))

    def skip(self, children: Children) -> ast.Skip:
        """`skip "why"`."""
        return ast.Skip(self._word(children[1]), self._span(children))

    def needs(self, children: Children) -> ast.Needs:
        """`needs CAPABILITY...`."""
        return ast.Needs(self._words(children[1:]), self._span(children))

    def tags(self, children: Children) -> ast.Tags:
        """`tags WORD...`."""
        return ast.Tags(self._words(children[1:]), self._span(children))


def _labels(children: Children) -> tuple[ast.Word, ...]:
    """The `key=value` words among the children."""
    return tuple(child for child in children if isinstance(child, ast.Word))


def _describe_open_heredoc(tag: str) -> tuple[str, str]:
    if not tag:
        return "'<<' has no tag", "write '<<END', then the manifest, then 'END' on a line of its own"
    if not _TAG.fullmatch(tag):
        hint = "write '<<END' without quotes or dash: nothing is expanded, and the indentation is taken off anyway"
        return f"'<<{tag}' does not begin a heredoc", hint
    return f"this heredoc has no end: no line below is '{tag}' alone", f"write '{tag}' on a line of its own"
