"""Breaks policies in every way that they can be broken, and says which points of which specs notice it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import yaml

from netpolspec.backends.model import ModelBackend
from netpolspec.load.library import find, instantiate
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Files
from netpolspec.run.events import ScenarioEnded, Status
from netpolspec.run.runner import RunOptions, run
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


def _remove(policy: dict[str, Any]) -> None:
    """As good as removed: it selects nobody."""
    policy["spec"]["podSelector"] = {"matchLabels": {"nobody": "has-this"}}


def _select_all(policy: dict[str, Any]) -> None:
    """It is about every pod of its namespace."""
    policy["spec"]["podSelector"] = {}


def _empty(policy: dict[str, Any]) -> None:
    """No rules: what it allowed is denied."""
    for direction in ("ingress", "egress"):
        policy["spec"].pop(direction, None)
    policy["spec"].setdefault("policyTypes", ["Ingress"])


def _open(policy: dict[str, Any]) -> None:
    """One empty rule for each direction: everything is allowed."""
    for kind in policy["spec"].get("policyTypes", ["Ingress"]):
        policy["spec"][kind.lower()] = [{}]


def _rules(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for direction in ("ingress", "egress"):
        yield from policy["spec"].get(direction) or ()


def _peers(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for rule in _rules(policy):
        yield from rule.get("from", rule.get("to", ()))


def _rename_labels(policy: dict[str, Any]) -> None:
    """The peers' labels have other keys: nobody has them."""
    for peer in _peers(policy):
        for selector in ("namespaceSelector", "podSelector"):
            labels = peer.get(selector, {}).get("matchLabels", {})
            for key in list(labels):
                labels[f"{key}-x"] = labels.pop(key)


def _drop_last_label(policy: dict[str, Any]) -> None:
    """Of several labels that must all match, one need not any more."""
    for peer in _peers(policy):
        for selector in ("namespaceSelector", "podSelector"):
            labels = peer.get(selector, {}).get("matchLabels", {})
            if len(labels) > 1:
                labels.popitem()


def _drop_pod_selectors(policy: dict[str, Any]) -> None:
    """Peers of both selectors lose one: whole namespaces are let in."""
    for peer in _peers(policy):
        if "namespaceSelector" in peer:
            peer.pop("podSelector", None)


def _drop_namespace_selectors(policy: dict[str, Any]) -> None:
    """Peers of both selectors lose the other: only the own namespace is left."""
    for peer in _peers(policy):
        if "podSelector" in peer:
            peer.pop("namespaceSelector", None)


def _drop_peers(policy: dict[str, Any]) -> None:
    """Rules without `from` and `to`: everybody is let in."""
    for rule in _rules(policy):
        rule.pop("from", None)
        rule.pop("to", None)


def _drop_last_peer(policy: dict[str, Any]) -> None:
    """One peer of several is gone."""
    for rule in _rules(policy):
        for key in ("from", "to"):
            if len(rule.get(key, ())) > 1:
                rule[key].pop()


def _drop_excepts(policy: dict[str, Any]) -> None:
    """Blocks have no holes any more."""
    for peer in _peers(policy):
        peer.get("ipBlock", {}).pop("except", None)


def _drop_ports(policy: dict[str, Any]) -> None:
    """Every port instead of some."""
    for rule in _rules(policy):
        rule.pop("ports", None)


def _drop_last_port(policy: dict[str, Any]) -> None:
    """One port of several is gone."""
    for rule in _rules(policy):
        if len(rule.get("ports", ())) > 1:
            rule["ports"].pop()


def _change_ports(policy: dict[str, Any]) -> None:
    """Another port."""
    for rule in _rules(policy):
        for port in rule.get("ports", ()):
            port["port"] = 12345


def _other_direction(policy: dict[str, Any]) -> None:
    """Ingress becomes egress and the other way round."""
    kinds = policy["spec"].get("policyTypes", ["Ingress"])
    if len(kinds) == 1:
        policy["spec"]["policyTypes"] = ["Egress" if kinds == ["Ingress"] else "Ingress"]


BREAKAGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "removed": _remove,
    "everything selected": _select_all,
    "emptied": _empty,
    "opened": _open,
    "labels renamed": _rename_labels,
    "last label dropped": _drop_last_label,
    "podSelectors dropped": _drop_pod_selectors,
    "namespaceSelectors dropped": _drop_namespace_selectors,
    "peers dropped": _drop_peers,
    "last peer dropped": _drop_last_peer,
    "excepts dropped": _drop_excepts,
    "ports dropped": _drop_ports,
    "last port dropped": _drop_last_port,
    "ports changed": _change_ports,
    "other direction": _other_direction,
}


_PLACEHOLDERS = {"a-value-of-ns": "$(ns)", "a-value-of-names": "$(allowed_namespaces)", "a-port": "$(port:-80)"}
_STAND_INS = {
    "allow-from": {"ns": "a-value-of-ns"},
    "allow-to-namespace": {"ns": "a-value-of-ns"},
    "allow-from-other-namespaces": {"allowed_namespaces": "a-value-of-names"},
    "allow-from-any-to-port": {"port": "a-port"},
}


def library_policy(name: str) -> str:
    """A policy of the library as one in YAML would be written, with placeholders for its variables."""
    place = Source("a.nps", "given policy\n").span(0, 12)
    (made,), problems = instantiate(find(name, (), place), _STAND_INS.get(name, {}), "anywhere", place, place)
    assert problems == ()
    manifest = copy.deepcopy(dict(made.manifest))
    del manifest["metadata"]["namespace"]  # type: ignore[union-attr]
    text = yaml.safe_dump(manifest, sort_keys=False)
    for stand_in, placeholder in _PLACEHOLDERS.items():
        text = text.replace(stand_in, placeholder)
    return text


def break_policies(policies: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each policy, by its name, with each breakage that changes it: the two names, and the broken policy's text."""
    for name, text in policies.items():
        whole = yaml.safe_load(text)
        for breakage, sabotage in BREAKAGES.items():
            policy = copy.deepcopy(whole)
            sabotage(policy)
            if policy != whole:
                yield name, breakage, yaml.safe_dump(policy)


def find_failures(specs: Path, policy: str = "") -> list[str]:
    """`FILE:LINE scenario: point` of every point that fails, in the specs of a folder that name the policy.

    The folder must be the current one.
    """
    assert specs.samefile(".")
    paths = [path for path in sorted(specs.glob("*.nps")) if policy in path.read_text()]
    inputs = [Files().read(path, path.name) for path in paths]
    plan, diagnostics = analyze(inputs, Options())
    if plan is None:
        return [f"{diagnostic.span}: refused: {diagnostic.message}" for diagnostic in diagnostics]
    found = []
    for event in run(plan.scenarios, ModelBackend(), RunOptions()):
        if isinstance(event, ScenarioEnded) and event.scenario.todo is None:
            for result in event.results:
                if result.status is not Status.PASSED:
                    where = f"{result.point.span.source.path}:{result.point.span.line}"
                    found.append(f"{where} {event.scenario.name}: {result.point.title}, but {result.found}")
    return found


def report_sabotage(specs: Path, policies: Mapping[str, str], harmless: dict[tuple[str, str], str]) -> tuple[str, str]:
    """Break every policy in turn, in a folder of specs that is the current one and may be written to.

    Args:
        specs: the folder; broken policies are put into its `policies`, where they win over the library
        policies: the whole ones, by their names
        harmless: policy and breakage that nothing can notice, with the reason

    Returns:
        What failed for each breakage, as a golden file has it; and what is wrong, one breakage a line: no spec noticed
        it, or one did although it is said to be harmless.
    """
    noticed, unnoticed = [], []
    for name, breakage, text in break_policies(policies):
        own = specs / "policies" / f"{name}.yaml"
        before = own.read_text() if own.exists() else None
        own.write_text(text)
        failed = find_failures(specs, name)
        if before is None:
            own.unlink()
        else:
            own.write_text(before)
        if bool(failed) == ((name, breakage) in harmless):
            unnoticed.append(f"{name}: {breakage}{' is noticed, so it is not harmless' if failed else ''}")
            continue
        noticed += [f"{name}: {breakage}", *(f"  {line}" for line in failed or [harmless[name, breakage]]), ""]
    return "\n".join(noticed), "\n".join(unnoticed)
