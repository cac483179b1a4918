"""Command lines: argparse for the options, messages of our own for what is wrong with them."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NoReturn

from netpolspec.diagnostics import Diagnostic, Refusal, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

Namespace = argparse.Namespace


def wrong(message: str, *help_: str) -> Refusal:
    """A command line that cannot be carried out."""
    return Refusal(Diagnostic("bad-command-line", message, None, help_))


def require_choice(option: str, value: str, known: Sequence[str]) -> None:
    """Make sure that an option has one of its values.

    Raises:
        Refusal: it has another one.
    """
    if value not in known:
        close = nearest(value, known)
        hint = f"did you mean '{close}'?" if close else f"it is {', '.join(known[:-1])} or {known[-1]}"
        raise wrong(f"option '{option}': there is no '{value}'", hint)


_REPORTING = frozenset({"run", "matrix", "plan-check", "render", "explain", "status", "doctor"})
"""Commands whose report is all that they write, to standard output; others have `-o`, or are no use to a file."""


class Parser(argparse.ArgumentParser):
    """The options of one command; whatever is no option is left to the command.

    Args:
        command: its name.
        usage: what follows the name in the usage line.
        description: one paragraph.
        epilog: examples, and whatever else helps.
    """

    def __init__(self, command: str, usage: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=f"netpolspec {command}",
            usage=f"netpolspec {command} {usage}",
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def read(self, arguments: Sequence[str]) -> tuple[Namespace, tuple[str, ...]]:
        """The options, and everything else in its order; after `--` nothing is an option.

        Raises:
            Refusal: an option is unknown, or lacks its value.
        """
        own, rest = list(arguments), []
        if "--" in own:
            at = own.index("--")
            own, rest = own[:at], own[at + 1 :]
        namespace, others = self.parse_known_args(own)
        for other in others:
            if other.startswith("-") and other != "-":
                raise self._unknown(other)
        return namespace, (*others, *rest)

    def error(self, message: str) -> NoReturn:
        """Say in our own words what argparse found."""
        found = re.fullmatch(r"argument (?P<option>\S+): (?P<what>.*)", message, re.DOTALL)
        if found is None:
            raise wrong(message, self._see_help)
        option = found["option"].replace("/", ", ")
        if found["what"].startswith("expected"):
            raise wrong(f"option '{option}' needs a value", self._see_help)
        if found["what"].startswith("ignored explicit argument"):
            raise wrong(f"option '{option}' takes no value", self._see_help)
        raise wrong(f"option '{option}': {found['what']}", self._see_help)

    @property
    def _see_help(self) -> str:
        return f"'{self.prog} --help' lists the options"

    def _unknown(self, argument: str) -> Refusal:
        option = argument.partition("=")[0]
        if option in {"-o", "--output"} and self.prog.partition(" ")[2] in _REPORTING:
            return wrong(f"unknown option '{option}'", f"'{self.prog}' writes to standard output: '> FILE' behind it")
        close = nearest(option, self._option_string_actions)
        return wrong(f"unknown option '{option}'", f"did you mean '{close}'?" if close else self._see_help)


def add_common_options(parser: Parser) -> None:
    """Options that every command has."""
    group = parser.add_argument_group("messages, on standard error")
    group.add_argument("-q", "--quiet", action="store_true", help="errors only")
    group.add_argument("-v", "--verbose", action="count", default=0, help="more of them; -vv for all")
    group.add_argument("--color", metavar="WHEN", help="auto, always or never (default: auto)")
    group.add_argument("--log-format", metavar="FORMAT", help="console or json (default: console)")
    group.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning or error (default: warning)")


def add_reading_options(parser: Parser) -> None:
    """Options of the commands that read specs."""
    group = parser.add_argument_group("what is read")
    group.add_argument("-e", dest="texts", metavar="TEXT", action="append", default=[], help="a spec as an argument")
    group.add_argument(
        "--policy-path",
        metavar="FOLDER",
        action="append",
        help="where policies are looked up after the spec's own POLICY_PATH (may be repeated)",
    )


def add_model_options(parser: Parser) -> None:
    """Options of the commands that ask the model."""
    group = parser.add_argument_group("the model")
    group.add_argument(
        "--assume",
        metavar="KEY=VALUE",
        action="append",
        help="settle what the Kubernetes API leaves open, such as hostnetwork=pod (may be repeated)",
    )
    group.add_argument("--profile", metavar="PLUGIN", help="what a network plugin does there: calico, cilium, ...")


def add_terraform_options(parser: Parser) -> None:
    """Options of the commands that may start terraform."""
    group = parser.add_argument_group("Terraform modules")
    group.add_argument(
        "--terraform",
        metavar="WHO",
        help="who says what they mean: plan (terraform), static (it is not started), or auto (default: auto)",
    )


def add_cluster_options(parser: Parser) -> None:
    """Options of the commands that make a kind cluster."""
    group = parser.add_argument_group("the kind cluster")
    group.add_argument("--cluster-name", metavar="NAME", help="kind's name of it (default: netpolspec)")
    group.add_argument("--cni", metavar="PLUGIN", help="calico, kindnet, cilium, kube-router or none (default: calico)")
    group.add_argument("--cni-manifest", metavar="PLACE", help="a file or URL to install in the plugin's place")
    group.add_argument("--nodes", metavar="N", help="how many, the control plane included (default: 1)")
    group.add_argument("--ip-family", metavar="FAMILY", help="ipv4, ipv6 or dual (default: ipv4)")
    group.add_argument("--node-image", metavar="IMAGE", help="what the nodes are made of (default: kind's own)")
    group.add_argument("--kind-config", metavar="FILE", help="kind's configuration, instead of one that is written")


def add_live_options(parser: Parser) -> None:
    """Options of runs on a cluster."""
    group = parser.add_argument_group("with --on kind and --on cluster")
    named = "the cluster of --on cluster, and of 'given cluster'; never the current one"
    group.add_argument("--context", metavar="NAME", help=named)
    group.add_argument("--kubeconfig", metavar="FILE", help="where the context is (default: as kubectl has it)")
    group.add_argument("--probe-image", metavar="IMAGE", help="what clients and servers are made of (default: agnhost)")
    group.add_argument("--timeout", metavar="TIME", help="how long a change may take to take effect (default: 10s)")
    group.add_argument("--hold", metavar="TIME", help="how long what is expected must go on to hold (default: 1s)")
    group.add_argument("--ready-timeout", metavar="TIME", help="how long pods may take to be ready (default: 2m)")
    group.add_argument("--concurrency", metavar="N", help="source pods that probe at the same time (default: 16)")
    group.add_argument(
        *("--paths", "--probe-paths"),
        dest="probe_paths",
        metavar="WHICH",
        help="both: from the destination's node and from another one (default); any: as it comes",
    )
    group.add_argument("--controls", metavar="ON|OFF", help="off: believe denials that nothing proves (default: on)")
    group.add_argument(
        "--strict-model", action="store_true", default=None, help="fail where packets contradict the model"
    )
    group.add_argument(
        "--keep", action="store_true", default=None, help="leave the world, and the cluster, as they are"
    )
    group.add_argument(
        "--allow-existing", action="store_true", default=None, help="objects that the run did not create may be changed"
    )


_NAMING = ("context", "kubeconfig")
"""Keys that say which cluster is meant."""
_DECISIVE = ("on", "assume", "profile", "terraform", "policy-path", "strict-model")
"""Keys on which outcomes depend, beside those of clusters and of runs there."""
_OTHERS = ("tap", "flat", "fail-fast", "color", "report", "ignore", "log-format", "log-level")


def refuse_unused(options: Namespace, backend: str) -> None:
    """Make sure that nobody takes what one backend says for what another one would have said.

    Args:
        options: what the command line says; what other places say is meant for other runs, too.
        backend: the one that judges.

    Raises:
        Refusal: there are options that it has no use for.
    """
    from netpolspec.setting_table import CLUSTER_KEYS, LIVE_KEYS

    unused = {"model": (*CLUSTER_KEYS, *LIVE_KEYS), "kind": _NAMING, "cluster": CLUSTER_KEYS}[backend]
    said = [key for key in unused if _given(options, key) is not None]
    if not said:
        return
    told = " and ".join(f"'--{key}'" for key in said)
    if backend == "kind":
        raise wrong(f"'--on kind' takes no {told}", "to run on a cluster that is there: --on cluster")
    if backend == "cluster":
        raise wrong(f"'--on cluster' takes no {told}: the cluster is there", "to make one: --on kind")
    named = not set(said).isdisjoint(_NAMING)
    hints = ["to send packets: --on cluster" if named else "to send packets: --on kind, or --on cluster"]
    if not set(said).isdisjoint(CLUSTER_KEYS):
        hints = ["to make a cluster and send packets there: --on kind"]
    elif named:
        hints.append("to ask the model about what a cluster holds: 'given cluster' in the spec")
    raise wrong(f"{told}: the model judges, and sends no packet to any cluster", *hints)


def for_settings(options: Namespace) -> dict[str, object]:
    """What a command line says about settings, by their keys; `-v` stands for a log level where none is given."""
    from netpolspec.setting_table import CLUSTER_KEYS, LIVE_KEYS

    keys = (*_DECISIVE, *_OTHERS, *CLUSTER_KEYS, *LIVE_KEYS)
    given: dict[str, object] = {key: _given(options, key) for key in keys}
    if given["log-level"] is None and options.verbose:
        given["log-level"] = "info" if options.verbose == 1 else "debug"
    return given


def decisive(options: Namespace) -> tuple[str, ...]:
    """The options of a command line on which the outcome of its scenarios depends, as they are written there."""
    from netpolspec.setting_table import CLUSTER_KEYS, LIVE_KEYS

    words: list[str] = []
    for key in (*_DECISIVE, *LIVE_KEYS, *CLUSTER_KEYS):
        option = f"--{key}"
        match _given(options, key):
            case None:
                pass
            case True:
                words.append(option)
            case [*values]:
                words += [word for value in values for word in (option, str(value))]
            case value:
                words += [option, str(value)]
    return tuple(words)


def _given(options: Namespace, key: str) -> object:
    """What a command line says under the key of a setting; None where it says nothing."""
    return getattr(options, key.replace("-", "_"), None)
