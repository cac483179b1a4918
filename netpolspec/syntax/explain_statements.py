"""Messages about `given`, `when` and `expect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, nearest
from netpolspec.syntax.stuck import either

if TYPE_CHECKING:
    from netpolspec.syntax.stuck import Stuck

_KINDS = ("namespace", "pod", "deployment", "service", "manifest", "terraform", "policy", "helm", "cluster")
_KIND_ALIASES = {
    "ns": "namespace",
    "deploy": "deployment",
    "svc": "service",
    "networkpolicy": "policy",
    "netpol": "policy",
    "np": "policy",
    "yaml": "manifest",
    "file": "manifest",
    "kustomization": "manifest",
    "chart": "helm",
    "tf": "terraform",
    "module": "terraform",
}
_ONLY_AS_MANIFEST = frozenset(
    {"statefulset", "daemonset", "replicaset", "job", "cronjob", "ingress", "configmap", "secret", "node", "endpoints"}
)
_EXAMPLES = {
    "NAMESPACE": "as in 'given namespace ms-a namespace=ms-a'",
    "POD": "as in 'given pod web in ms-b app=web port 80'",
    "DEPLOYMENT": "as in 'given deployment web in ms-b app=web replicas 2 port 80'",
    "SERVICE": "as in 'given service web in ms-b port 80 -> 8080 on app=web'",
    "MANIFEST": "as in 'given manifest \"web.yaml\"', or inline after '<<END'",
    "TERRAFORM": 'as in \'given terraform "modules/tenants" names=["ms-a","ms-b"]\'',
    "POLICY": "as in 'given policy allow-from ns=ms-a'",
    "HELM": "as in 'given helm \"charts/web\" as web in ms-b'",
}

_VERBS = ("label", "unlabel", "remove", "scale", "given")
_VERB_ALIASES = {
    **dict.fromkeys(("delete", "drop", "rm", "destroy"), "remove"),
    **dict.fromkeys(("add", "create", "apply", "new"), "given"),
    **dict.fromkeys(("relabel", "set", "annotate"), "label"),
    **dict.fromkeys(("unset",), "unlabel"),
    **dict.fromkeys(("resize", "replicas"), "scale"),
}

_ALLOWED = (
    "allow",
    "allows",
    "accept",
    "accepted",
    "open",
    "opened",
    "permit",
    "permitted",
    "pass",
    "passes",
    "ok",
    "succeeds",
)
_DENIED = (
    *("deny", "denies", "block", "blocked", "blocks", "drop", "dropped", "refused", "reject", "rejected", "closed"),
    *("forbidden", "fail", "fails", "disallowed", "prohibited", "unreachable"),
)
_VERDICTS = {**dict.fromkeys(_ALLOWED, "allowed"), **dict.fromkeys(_DENIED, "denied")}
_ARROWS = frozenset({"=>", "-->", "==>", "~>", ">", "to", "reaches", "reach", "can", "cannot"})

_OPTION_NEEDS = {
    "IN": ("a namespace", "as in 'in ms-b'"),
    "AS": ("a name", "as in 'as http'"),
    "ON": ("a label", "as in 'on app=web'"),
    "TO": ("a number", "as in 'to 3'"),
    "REPLICAS": ("a number", "as in 'replicas 2'"),
    "PORT": ("a port", "as in 'port 80' or 'port 53/udp'"),
    "IMAGE": ("an image", "as in 'image nginx:1.27'"),
    "VALUES": ("a file", "as in 'values \"values.yaml\"'"),
    "WITHIN": ("a duration", "as in 'within 30s'"),
    "BECAUSE": ("a text", "as in 'because \"only ms-a may call it\"'"),
    "ARROW": ("a target port", "as in 'port 80 -> 8080'"),
    "BY": ("'name'", "write 'by name' to dial the DNS name instead of the address"),
}


# --- given ------------------------------------------------------------------------------------------------------------


def explain_given(stuck: Stuck) -> Diagnostic | None:
    """`given` without a kind, of an unknown kind, or without what the kind needs."""
    types = stuck.types[1:] if stuck.types[:2] == ("WHEN", "GIVEN") else stuck.types
    if types[:1] != ("GIVEN",):
        return None
    if len(types) == 1:
        return _explain_kind(stuck)
    kind = types[1]
    if len(types) == 2 and stuck.at_end and kind in _EXAMPLES:  # noqa: PLR2004 - `given KIND`
        what = "a name" if kind not in {"MANIFEST", "TERRAFORM", "HELM"} else "a path"
        return stuck.complain("missing-name", f"'given {kind.lower()}' without {what}", _EXAMPLES[kind])
    if kind == "MANIFEST":
        return _explain_manifest(stuck)
    if kind == "CLUSTER" and not stuck.at_end:
        return stuck.complain("unexpected", "'given cluster' stands alone", "the backend says which cluster it is")
    return None


def _explain_kind(stuck: Stuck) -> Diagnostic:
    kinds = f"write {either(_KINDS)} after 'given'"
    if not stuck.word:
        return stuck.complain("missing-kind", "given what?", kinds)
    lower = stuck.word.lower()
    meant = _KIND_ALIASES.get(lower) or nearest(lower, _KINDS)
    if lower in _ONLY_AS_MANIFEST or lower.removesuffix("s") in _ONLY_AS_MANIFEST:
        hint = "write it as 'given manifest \"path\"', or inline after 'given manifest <<END'"
    else:
        hint = f"did you mean 'given {meant}'?" if meant else kinds
    return stuck.complain("unknown-kind", f"'given' does not know '{stuck.word}'", hint)


def _explain_manifest(stuck: Stuck) -> Diagnostic | None:
    name = stuck.statement[-1]
    if stuck.previous == "WORD" and name.value.startswith("<<") and stuck.word:
        hint = "the manifest begins on the next line"
        return stuck.complain("heredoc-line", f"nothing follows '{name.value}' on its line", hint)
    if stuck.previous == "WORD" and stuck.word:
        hint = "put a path with blanks in double quotes; write one 'given manifest' for each path"
        return stuck.complain("unexpected", "'given manifest' takes one path", hint)
    return None


# --- when -------------------------------------------------------------------------------------------------------------


def explain_when(stuck: Stuck) -> Diagnostic | None:
    """`when` without a verb, with an unknown one, or without what the verb needs."""
    if stuck.types[:1] != ("WHEN",) or stuck.types[1:2] == ("GIVEN",):
        return None
    if len(stuck.types) == 1:
        return _explain_verb(stuck)
    verb = stuck.types[1].lower()
    if len(stuck.types) == 2:  # noqa: PLR2004 - `when VERB`
        kinds = either(stuck.keywords())
        if not stuck.word:
            return stuck.complain("missing-kind", f"{verb} what?", f"write {kinds} and its name after '{verb}'")
        meant = _KIND_ALIASES.get(stuck.word.lower()) or nearest(stuck.word.lower(), stuck.keywords())
        hint = f"did you mean '{verb} {meant}'?" if meant in stuck.keywords() else f"'{verb}' takes {kinds}"
        return stuck.complain("unknown-kind", f"'when {verb}' does not know '{stuck.word}'", hint)
    if len(stuck.types) == 3 and stuck.at_end:  # noqa: PLR2004 - `when VERB KIND`
        kind = stuck.types[2].lower()
        return stuck.complain("missing-name", f"which {kind}?", f"write its name after '{kind}'")
    return None


def _explain_verb(stuck: Stuck) -> Diagnostic:
    verbs = f"write {either(_VERBS)} after 'when'"
    if not stuck.word:
        return stuck.complain("missing-verb", "when what?", verbs)
    lower = stuck.word.lower()
    meant = _VERB_ALIASES.get(lower) or ("given" if lower in _KINDS else nearest(lower, _VERBS))
    if lower in _KINDS:
        hint = f"write 'when given {lower} ...' for one that comes, 'when remove {lower} NAME' for one that goes"
    else:
        hint = f"did you mean 'when {meant}'?" if meant else verbs
    return stuck.complain("unknown-verb", f"'when' does not know '{stuck.word}'", hint)


# --- expect -----------------------------------------------------------------------------------------------------------

_EXPECT = "'expect SOURCE -> DESTINATION allowed' or '... denied'"


def explain_expect(stuck: Stuck) -> Diagnostic | None:
    """An `expect` that lacks one of its parts."""
    if stuck.types[:1] != ("EXPECT",) and stuck.before != "_ROW":
        return None
    if stuck.before == "_ROW" or stuck.types[1:2] == ("MATRIX",):
        return _explain_matrix(stuck)
    if stuck.kind == "_COMMA" and stuck.previous in {"EXPECT", "ARROW", "_COMMA"}:
        return stuck.complain("no-comma", "a comma without a word before it", "take the comma out")
    if "ARROW" not in stuck.types:
        return _explain_sources(stuck)
    if not {"ALLOWED", "DENIED"} & set(stuck.types):
        return _explain_destinations(stuck)
    return _explain_after_verdict(stuck)


def _explain_sources(stuck: Stuck) -> Diagnostic | None:
    if stuck.kind == "ARROW":
        if stuck.previous == "_COMMA":
            return stuck.complain_about(
                stuck.statement[-1], "no-comma", "a comma without a source behind it", "take it out"
            )
        return stuck.complain("missing-source", "no source before '->'", f"write {_EXPECT}")
    if not stuck.at_end:
        return None
    if len(stuck.types) == 1:
        return stuck.complain("missing-source", "expect what?", f"write {_EXPECT}")
    for token in stuck.statement[1:]:
        if "->" in token.value:
            return stuck.complain_about(
                token, "glued-arrow", "'->' stands between blanks", "put a blank before and after it"
            )
        if token.value in {"<-", "<--", "<="}:
            hint = "write it the other way round: sources stand before '->'"
            return stuck.complain_about(token, "missing-arrow", f"'{token.value}' is no arrow", hint)
        if token.value in _ARROWS:
            return stuck.complain_about(token, "missing-arrow", f"'{token.value}' is no arrow", f"write {_EXPECT}")
    if stuck.statement[1].value == "matrix":
        hint = "a truth table begins with 'expect matrix :PORT', as in 'expect matrix :80'"
        return stuck.complain("missing-arrow", "no '->' in this expectation", hint)
    return stuck.complain("missing-arrow", "no '->' in this expectation", f"write {_EXPECT}")


def _explain_destinations(stuck: Stuck) -> Diagnostic | None:
    last = stuck.statement[-1]
    if stuck.previous == "BY":
        return stuck.complain("unexpected", "'by' is followed by 'name'", _OPTION_NEEDS["BY"][1])
    if stuck.kind == "ARROW":
        hint = "write one 'expect' for each; several sources and destinations are separated by commas or blanks"
        return stuck.complain("two-arrows", "a second '->' in one expectation", hint)
    if not stuck.at_end:
        return None
    if stuck.previous == "_COMMA":
        return stuck.complain_about(last, "no-comma", "a comma without a destination behind it", "take it out")
    if stuck.previous == "ARROW":
        return stuck.complain("missing-destination", "no destination after '->'", f"write {_EXPECT}")
    if last.value in {"allowed", "denied"}:
        message = f"no destination between '->' and '{last.value}'"
        return stuck.complain_about(last, "missing-destination", message, f"write {_EXPECT}")
    for token in stuck.statement[stuck.types.index("ARROW") + 1 :]:
        lower = str(token.value).lower()
        meant = _VERDICTS.get(lower) or (nearest(lower, ("allowed", "denied")) if ":" not in lower else None)
        if meant:
            hint = f"did you mean '{meant}'?"
            return stuck.complain_about(token, "unknown-verdict", f"unknown verdict '{token.value}'", hint)
    return stuck.complain("missing-verdict", "allowed or denied?", "write 'allowed' or 'denied' after the destinations")


def _explain_after_verdict(stuck: Stuck) -> Diagnostic | None:
    if stuck.word in {"allowed", "denied"}:
        hint = "write one 'expect' for what is allowed and one for what is denied"
        return stuck.complain("two-verdicts", "a second verdict in one expectation", hint)
    if stuck.word == "by":
        hint = "write it before the verdict, as in 'expect ms-a -> web.ms-b:80 by name allowed'"
        return stuck.complain("unexpected", "'by name' stands behind a destination", hint)
    if stuck.previous == "WORD" and stuck.types[-2] == "BECAUSE" and stuck.word:
        return stuck.complain("unquoted-text", "'because' takes one text", "put it in double quotes")
    return None


def _explain_matrix(stuck: Stuck) -> Diagnostic | None:
    if stuck.before == "_ROW":
        if stuck.kind == "_COMMA":
            return stuck.complain("no-comma", "blanks separate the cells of a truth table", "take the comma out")
        hint = "the line has one word for the source and one of '.', 'X', '-' for each destination"
        return stuck.complain("bad-cell", f"'{stuck.word}' has no place in a truth table", hint) if stuck.word else None
    if stuck.at_end and stuck.previous not in _OPTION_NEEDS:
        hint = "write it below, indented deeper than 'expect': a line of destinations, then a line per source"
        return stuck.complain("empty-table", "no truth table below", hint)
    if stuck.word in {"allowed", "denied"}:
        hint = "the cells say it: '.' is allowed, 'X' is denied, '-' is not asserted"
        return stuck.complain("unexpected", "a truth table has no verdict of its own", hint)
    return None


# --- options ----------------------------------------------------------------------------------------------------------


def explain_option(stuck: Stuck) -> Diagnostic | None:
    """A word among the options of a statement that is none of them, or an option without its value."""
    if not stuck.statement:
        return None
    if {"RSQB", "RBRACE"} & stuck.accepts and {"LSQB", "LBRACE"} & set(stuck.types):
        return _explain_json(stuck)
    if not stuck.word:
        if stuck.at_end and stuck.previous in _OPTION_NEEDS:
            what, example = _OPTION_NEEDS[stuck.previous]
            return stuck.complain("missing-value", f"'{stuck.statement[-1].value}' without {what}", example)
        return None
    if stuck.word == "," or stuck.kind in {"COLON", "ARROW"}:
        return None
    keywords = stuck.keywords()
    if not keywords and "PAIR" not in stuck.accepts:
        return None
    return _explain_setting(stuck) or _explain_behind(stuck) or _explain_unknown_option(stuck, keywords)


def _explain_setting(stuck: Stuck) -> Diagnostic | None:
    """Something around an `=`."""
    if stuck.rest.lstrip().startswith("=") or stuck.word.startswith("="):
        return stuck.complain("blank-in-setting", "no blanks around '='", "write 'key=value' as one word")
    if "=" in stuck.word and "PAIR" not in stuck.accepts:
        return stuck.complain("unexpected", f"'{stuck.word}' has no place here", *stuck.expected())
    return None


def _explain_behind(stuck: Stuck) -> Diagnostic | None:
    """A word that the one before it explains."""
    last = stuck.statement[-1]
    if last.type in {"RSQB", "RBRACE"} and last.end_pos == stuck.at:
        hint = "put a blank behind the bracket, or the whole value in double quotes"
        return stuck.complain(
            "text-after-bracket", "a value that begins with a bracket ends with the bracket that closes it", hint
        )
    if last.type == "PAIR" and last.value.endswith(","):
        comma = stuck.span((last.end_pos or 1) - 1, last.end_pos or 1)
        hint = "a value that is a list has no blanks, as in 'ns=ms-a,ms-c'"
        return Diagnostic("trailing-comma", "a value cannot end with a comma", comma, help=(hint,))
    if last.type == "ON":
        return stuck.complain("missing-value", "'on' without a label", _OPTION_NEEDS["ON"][1])
    if stuck.types[1:2] == ("SERVICE",) and stuck.types[-2:] == ("PORT", "WORD") and stuck.word.isalnum():
        target = next(iter(stuck.rest.split()), "http") if stuck.word == "to" else stuck.word
        hint = f"did you mean '{last.value} -> {target}'?"
        return stuck.complain("unknown-option", f"'{stuck.word}' behind a port", hint)
    return None


def _explain_unknown_option(stuck: Stuck, keywords: tuple[str, ...]) -> Diagnostic:
    statement = _name_statement(stuck)
    if stuck.word.upper() in _OPTION_NEEDS and stuck.word not in keywords:
        return stuck.complain("unknown-option", f"'{statement}' takes no '{stuck.word}'", *stuck.expected())
    following = stuck.rest.split()
    meant = nearest(stuck.word.lower(), keywords)
    hints = stuck.expected()
    if meant:
        hints = (f"did you mean '{meant}'?",)
    elif stuck.word.partition("/")[0].isdecimal() and "port" in keywords:
        hints = (f"did you mean 'port {stuck.word}'?",)
    elif stuck.word.isdecimal() and "to" in keywords:
        hints = (f"did you mean 'to {stuck.word}'?",)
    elif _may_be_namespace(stuck) and (not following or following[0] in keywords or "=" in following[0]):
        hints = (f"did you mean 'in {stuck.word}'?", *hints)
    elif "PAIR" in stuck.accepts and following and "=" not in following[0] and following[0] not in keywords:
        hints = (f"did you mean '{stuck.word}={following[0]}'?", *hints)
    return stuck.complain("unknown-option", f"unknown option '{stuck.word}' of '{statement}'", *hints)


def _name_statement(stuck: Stuck) -> str:
    """The keywords that begin the statement."""
    if stuck.types[0] == "EXPECT":
        return "expect matrix" if "MATRIX" in stuck.types else "expect"
    return " ".join(token.value for token in stuck.statement[: 3 if stuck.types[0] == "WHEN" else 2])


def _may_be_namespace(stuck: Stuck) -> bool:
    return stuck.types[-2:-1] in {("POD",), ("DEPLOYMENT",), ("SERVICE",)} and "IN" in stuck.accepts


def _explain_json(stuck: Stuck) -> Diagnostic:
    """A bracket of a JSON value without its partner."""
    opened = []
    for token in stuck.statement:
        if token.type in {"LSQB", "LBRACE"}:
            opened.append(token)
        elif token.type in {"RSQB", "RBRACE"} and opened:
            opened.pop()
    last = opened[-1]
    closing = "]" if last.value == "[" else "}"
    if stuck.word[:1] in {"]", "}"}:
        hint = f"write '{closing}' here, or take '{stuck.word[0]}' out"
        message = f"'{stuck.word[0]}' does not close '{last.value}'"
        return Diagnostic("open-bracket", message, stuck.span(stuck.at, stuck.at + 1), help=(hint,))
    hint = f"close it with '{closing}' on the same line"
    return stuck.complain_about(last, "open-bracket", f"'{last.value}' without its '{closing}'", hint)
