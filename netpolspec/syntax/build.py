"""Makes AST nodes while Lark parses: one method per grammar rule, named like it.

A method gets the rule's children: tokens, and what the methods of the rules inside it returned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from netpolspec.diagnostics import Diagnostic
from netpolspec.source import Source, Span
from netpolspec.syntax import ast
from netpolspec.syntax.layout import read_heredoc
from netpolspec.syntax.words import SPECIAL, find_bad_reference, find_flaw

if TYPE_CHECKING:
    from lark import Token

Children: TypeAlias = list[Any]
"""What Lark passes; each method knows what its grammar rule holds."""

RESERVED = frozenset({"given", "when", "expect", "include", "todo", "skip", "needs", "tags"})
"""Words that begin a statement: no target or variable may be called so."""

_CONTINUATION = re.compile(r"\\\r?\n")
_CONTINUATION_AND_BLANKS = re.compile(r"[ \t]*\\\r?\n[ \t]*")


class Option(NamedTuple):
    """An option of a statement, `in NS` for one, until the statement takes it up."""

    name: str
    value: Any
    span: Span


class Head(NamedTuple):
    """A rule's own line."""

    targets: tuple[ast.Word, ...]
    static: ast.StaticPattern | None
    prerequisites: tuple[ast.Word, ...]
    span: Span


class Builder:
    """The callbacks of one parser. `begin` gives it the text of the parse that follows."""

    def __init__(self) -> None:
        self.source = Source("", "")
        self.text = ""
        self.problems: list[Diagnostic] = []

    def begin(self, source: Source, text: str) -> None:
        """Take up a new text; `text` has the offsets of `source.text`."""
        self.source, self.text, self.problems = source, text, []

    # --- words ---

    def _word(self, token: Token) -> ast.Word:
        text: str = token.value
        start, end = token.start_pos, token.end_pos
        assert start is not None  # noqa: S101 - tokens of a lexer have positions
        assert end is not None  # noqa: S101
        if SPECIAL.search(text):
            text = self._whole(text, start)
        return ast.Word(text, Span(self.source, start, end))

    def _whole(self, text: str, start: int) -> str:
        flaw = find_flaw(text)
        if flaw:
            self._problem(flaw.code, flaw.message, self.source.span(start + flaw.start, start + flaw.end), flaw.help)
        return _CONTINUATION_AND_BLANKS.sub(" ", text)

    def _words(self, tokens: list[Token]) -> tuple[ast.Word, ...]:
        return tuple([self._word(token) for token in tokens])

    def _problem(self, code: str, message: str, span: Span, *help_: str) -> None:
        self.problems.append(Diagnostic(code, message, span, help=help_))

    def _span(self, children: Children) -> Span:
        """From the first child, a token, to the last one, a token or a node."""
        last = children[-1]
        end = last.span.end if hasattr(last, "span") else last.end_pos
        return Span(self.source, children[0].start_pos, end)

    def pair(self, children: Children) -> ast.Word:
        """`key=value`, or `key=` and JSON."""
        if len(children) == 1:
            return self._word(children[0])
        start, end = children[0].start_pos, children[-1].end_pos
        text = self.text[start:end]
        flaw = find_bad_reference(text) if "$" in text else None
        if flaw:
            self._problem(flaw.code, flaw.message, self.source.span(start + flaw.start, start + flaw.end), flaw.help)
        if self.text[end : end + 1] not in " \t\r\n;#,\\":
            self._problem(
                "text-after-bracket",
                "a value that begins with a bracket ends with the bracket that closes it",
                self.source.span(end, end + 1),
                "put a blank after the closing bracket, or put the whole value in double quotes",
            )
        return ast.Word(text, self.source.span(start, end))

    def json(self, children: Children) -> Token:
        """The closing bracket of an inner value; what is between is not looked at before it is expanded."""
        token: Token = children[-1]
        return token

    # --- the file ---

    def file(self, children: Children) -> ast.File:
        """All items in order."""
        first = next((item for item in children if not isinstance(item, ast.Assignment | ast.Include | ast.Rule)), None)
        return ast.File(self.source, tuple(children), self._description(first.span.start) if first else ())

    def assignment(self, children: Children) -> ast.Assignment:
        """`NAME = value`."""
        name, how = children[0], children[1]
        if name.value in RESERVED:
            self._reserved(name, "variable")
        if len(children) == 2:
            value = ast.Word("", self.source.span(how.end_pos, how.end_pos))
            return ast.Assignment(self._word(name), ast.Assign(how.value), value, self._span(children))
        start = children[2].start_pos
        text = children[2].value.rstrip(" \t\r")
        flaw = find_flaw(text, value=True) if SPECIAL.search(text) else None
        if flaw:
            self._problem(flaw.code, flaw.message, self.source.span(start + flaw.start, start + flaw.end), flaw.help)
        span = self.source.span(start, start + len(text))
        value = ast.Word(_CONTINUATION.sub(lambda match: " " * len(match[0]), text), span)
        return ast.Assignment(
            self._word(name), ast.Assign(how.value), value, self.source.span(name.start_pos, span.end)
        )

    def _reserved(self, token: Token | ast.Word, what: str) -> None:
        text, span = (
            (token.text, token.span)
            if isinstance(token, ast.Word)
            else (token.value, self.source.span(token.start_pos or 0, token.end_pos or 0))
        )
        self._problem(
            "reserved-name", f"a {what} cannot be called '{text}'", span, f"'{text}' begins a statement; take another name"
        )

    def include(self, children: Children) -> ast.Include:
        """`include FILE...`."""
        return ast.Include(self._words(children[1:]), self._span(children))

    def rule(self, children: Children) -> ast.Rule:
        """A rule and its statements."""
        head: Head = children[0]
        statements = tuple(children[1:])
        return ast.Rule(
            head.targets,
            head.static,
            head.prerequisites,
            self._description(head.span.start),
            statements,
            head.span,
            statements[-1].span.end if statements else head.span.end,
        )

    def head(self, children: Children) -> Head:
        """`targets: [pattern:] prerequisites`; the colons are tokens, the rest tuples of words."""
        targets, middle, last = children[0], children[2], children[-1]
        static = None
        if len(children) > 3:
            static = self._pattern(middle, children[1], children[3])
        colon = children[-2]
        end = last[-1].span.end if last else colon.end_pos
        return Head(targets, static, last, self.source.span(targets[0].span.start, end))

    def _pattern(self, words: tuple[ast.Word, ...], before: Token, after: Token) -> ast.StaticPattern | None:
        help_ = "a static pattern rule is 'targets: pattern: prerequisites', as in 'open-to-a open-to-b: open-to-%: world'"
        if len(words) != 1:
            span = self.source.span(before.end_pos or 0, after.start_pos or 0) if words else after
            if not isinstance(span, Span):
                span = self.source.span(after.start_pos or 0, after.end_pos or 0)
            self._problem("bad-pattern", "between the two colons stands one pattern", span, help_)
            return None
        if "$" not in words[0].text and words[0].text.count("%") != 1:
            self._problem("bad-pattern", "a pattern holds one '%', the stem", words[0].span, help_)
        return ast.StaticPattern(words[0], words[0].span)

    def targets(self, children: Children) -> tuple[ast.Word, ...]:
        """The words before the colon."""
        words = self._words(children)
        for word in words:
            if word.text in RESERVED:
                self._reserved(word, "target")
        return words

    def words(self, children: Children) -> tuple[ast.Word, ...]:
        """Any words."""
        return self._words(children)

    def _description(self, start: int) -> tuple[str, ...]:
        """The text of the `##` lines directly above offset start."""
        lines: list[str] = []
        end = self.text.rfind("\n", 0, start)
        while end > 0:
            begin = self.text.rfind("\n", 0, end) + 1
            line = self.text[begin:end]
            if not line.startswith("##") or line.startswith("###"):
                break
            lines.append(line[2:].strip())
            end = begin - 1
        return tuple(reversed(lines))

    # --- options ---

    def _option(self, children: Children) -> Option:
        return Option(children[0].value, self._word(children[1]), self._span(children))

    in_namespace = as_release = replicas = image = values = to_replicas = within = because = _option

    def on_labels(self, children: Children) -> Option:
        """`on key=value...`."""
        return Option("on", tuple(children[1:]), self._span(children))

    def port(self, children: Children) -> ast.PortDeclaration:
        """`port P [as NAME]`."""
        name = self._word(children[3]) if len(children) > 2 else None
        return ast.PortDeclaration(self._word(children[1]), name, self._span(children))

    def service_port(self, children: Children) -> ast.ServicePort:
        """`port P [-> TARGET]`."""
        target = self._word(children[3]) if len(children) > 2 else None
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
            end = name.end_pos or 0
            self._problem(
                "missing-in",
                f"a {what} needs a namespace",
                self.source.span(name.start_pos or 0, end),
                f"write 'in NAMESPACE' after the name, as in '{what} {name.value} in ms-a'",
            )
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
            self._problem(
                "replicas-of-pod",
                "a pod has no replicas",
                options["replicas"].span,
                f"write 'given deployment {children[2].value} ...' for several pods",
            )
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
            self._problem(
                "missing-port",
                "a service needs a port",
                self.source.span(name.start_pos, name.end_pos),
                f"write 'given service {name.value} in NAMESPACE port 80 -> 8080 on app={name.value}'",
            )
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
            return ast.GivenManifest(read_heredoc(self.source, what.start_pos, what.value), span)
        if what.value.startswith("<<"):
            tag = what.value[2:]
            message, help_ = (
                (f"this heredoc has no end: no line below holds '{tag}' alone", f"write '{tag}' on a line of its own")
                if tag
                else ("'<<' needs a tag", "write 'given manifest <<END', then the manifest, then 'END' alone on a line")
            )
            self._problem("unclosed-heredoc", message, self.source.span(what.start_pos, what.end_pos), help_)
        return ast.GivenManifest(self._word(what), span)

    def given_terraform(self, children: Children) -> ast.GivenTerraform:
        """`given terraform ["plan"] "folder" [var=value...]`."""
        plan = len(children) > 3 and not isinstance(children[3], ast.Word)
        what = self._word(children[3] if plan else children[2])
        return ast.GivenTerraform(what, plan, _labels(children), self._span(children))

    def given_policy(self, children: Children) -> ast.GivenPolicy:
        """`given policy NAME [in NS] [var=value...]`."""
        options = self._once(children)
        return ast.GivenPolicy(self._word(children[2]), options.get("in"), _labels(children), self._span(children))

    def given_helm(self, children: Children) -> ast.GivenHelm:
        """`given helm "chart" [as RELEASE] [in NS] [values "file"]... [key=value...]`."""
        values = tuple(child.value for child in children if isinstance(child, Option) and child.name == "values")
        options = self._once([child for child in children if not (isinstance(child, Option) and child.name == "values")])
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
        return ast.Named(ast.Kind(kind.value), name, options.get("in"), self.source.span(kind.start_pos, name.span.end))

    def when_label(self, children: Children) -> ast.WhenLabel:
        """`when label KIND NAME [in NS] key=value...`."""
        labels = _labels(children)
        span = self._span(children)
        if not labels:
            self._problem("missing-label", "no label to set", span, "write 'key=value' at the end")
        return ast.WhenLabel(self._named(children, self._once(children)), labels, span)

    def when_unlabel(self, children: Children) -> ast.WhenUnlabel:
        """`when unlabel KIND NAME [in NS] key...`."""
        keys = self._words([child for child in children[4:] if not isinstance(child, Option)])
        span = self._span(children)
        if not keys:
            self._problem("missing-label", "no label to remove", span, "write the label's key at the end")
        for key in keys:
            if "=" in key.text:
                only = key.text.partition("=")[0]
                self._problem("label-value", "a label is removed by its key", key.span, f"write '{only}' only")
        return ast.WhenUnlabel(self._named(children, self._once(children)), keys, span)

    def when_remove(self, children: Children) -> ast.WhenRemove:
        """`when remove KIND NAME [in NS]`."""
        return ast.WhenRemove(self._named(children, self._once(children)), self._span(children))

    def when_scale(self, children: Children) -> ast.WhenScale | None:
        """`when scale deployment NAME in NS to N`."""
        options = self._once(children)
        target = self._named(children, options)
        self._require_in("deployment", options, children[3])
        span = self._span(children)
        if "to" not in options:
            self._problem("missing-to", "to how many replicas?", span, "write 'to N' at the end")
            return None
        return ast.WhenScale(target, options["to"], span)

    def when_given(self, children: Children) -> ast.WhenGiven:
        """`when given ...`."""
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
        options = self._once(children[5:]) if len(children) > 5 else {}
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
        span = self.source.span(children[0].start_pos, rows[-1].span.end)
        self._check_table(columns, rows, children[2])
        return ast.ExpectMatrix(
            self._word(children[2]), options.get("within"), options.get("because"), columns, tuple(rows[1:]), span
        )

    def row(self, children: Children) -> ast.MatrixRow:
        """A line of a truth table."""
        words = self._words(children)
        return ast.MatrixRow(words[0], words[1:], self.source.span(words[0].span.start, words[-1].span.end))

    def _check_table(self, columns: tuple[ast.Word, ...], rows: list[ast.MatrixRow], port: Token) -> None:
        if len(rows) == 1:
            help_ = "write a line per source below the destinations: its name, then '.', 'X' or '-' for each of them"
            self._problem("empty-table", "this truth table has no rows", rows[0].span, help_)
        fixed = not any("$" in column.text for column in columns)
        for row in rows[1:]:
            for cell in row.cells:
                if cell.text not in {".", "X", "-"}:
                    help_ = "'.' is allowed, 'X' is denied, '-' is not asserted"
                    self._problem("bad-cell", f"'{cell.text}' is no cell of a truth table", cell.span, help_)
            if fixed and len(row.cells) != len(columns):
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
