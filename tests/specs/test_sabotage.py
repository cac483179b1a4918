"""Break every policy of the article in every way that it can be broken: its specs notice, at the right lines.

What fails for each breakage is in `sabotage.golden`. A breakage that no spec notices must be among the harmless ones
below, with the reason why nothing can notice it there.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from netpolspec.backends.model import ModelBackend
from netpolspec.load.library import BUILT_IN
from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Files
from netpolspec.run.events import ScenarioEnded, Status
from netpolspec.run.runner import RunOptions, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent.parent
SPECS = ROOT / "specs"

HARMLESS: dict[tuple[str, str], str] = {
    ("deny-from-any", "removed beside allow-from-any"): "allow wins: what it denies is allowed by the other policy",
}


def _remove(policy: dict[str, Any]) -> None:
    """As good as removed: it selects nobody."""
    policy["spec"]["podSelector"] = {"matchLabels": {"nobody": "has-this"}}


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
    "emptied": _empty,
    "opened": _open,
    "labels renamed": _rename_labels,
    "podSelectors dropped": _drop_pod_selectors,
    "namespaceSelectors dropped": _drop_namespace_selectors,
    "peers dropped": _drop_peers,
    "last peer dropped": _drop_last_peer,
    "excepts dropped": _drop_excepts,
    "ports dropped": _drop_ports,
    "ports changed": _change_ports,
    "other direction": _other_direction,
}


def policies() -> dict[str, Path]:
    """Every policy that the specs use, by name."""
    return {path.stem: path for path in sorted([*BUILT_IN.glob("*.yaml"), *(SPECS / "policies").glob("*.yaml")])}


def broken() -> Iterator[tuple[str, str, str]]:
    """Each policy with each breakage that changes it: the two names, and the broken policy's text."""
    for name, path in policies().items():
        whole = yaml.safe_load(path.read_text())
        for breakage, sabotage in BREAKAGES.items():
            policy = copy.deepcopy(whole)
            sabotage(policy)
            if policy != whole:
                yield name, breakage, yaml.safe_dump(policy)


def failures(specs: Path, monkeypatch: pytest.MonkeyPatch, policy: str = "") -> list[str]:
    """`FILE:LINE scenario: point` of every point that fails, in the specs that name the policy."""
    monkeypatch.chdir(specs)
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


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A copy of the specs, with a folder for policies of their own."""
    shutil.copytree(SPECS, tmp_path / "specs")
    return tmp_path / "specs"


def test_whole_policies_pass(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failures(specs, monkeypatch) == []


def test_every_breakage_is_noticed(
    specs: Path, monkeypatch: pytest.MonkeyPatch, golden: Callable[[Path, str], None]
) -> None:
    noticed, unnoticed = [], []
    for name, breakage, text in broken():
        own = specs / "policies" / f"{name}.yaml"
        before = own.read_text() if own.exists() else None
        own.write_text(text)
        failed = failures(specs, monkeypatch, name)
        if before is None:
            own.unlink()
        else:
            own.write_text(before)
        if not failed and (name, breakage) not in HARMLESS:
            unnoticed.append(f"{name}: {breakage}")
            continue
        noticed += [f"{name}: {breakage}", *(f"  {line}" for line in failed or [HARMLESS[name, breakage]]), ""]
    assert not unnoticed, "\n".join(unnoticed)
    golden(Path(__file__).with_name("sabotage.golden"), "\n".join(noticed))


def test_removing_a_denial_beside_an_allowance_changes_nothing(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert HARMLESS["deny-from-any", "removed beside allow-from-any"]
    spec = specs / "allow-from-any.nps"
    text = spec.read_text()
    spec.write_text(text.replace("given policy deny-from-any", "given namespace instead-of-a-denial", 1))
    assert spec.read_text() != text
    assert [line for line in failures(specs, monkeypatch) if " allow-from-any:" in line] == []
