"""Where the language is make's: when variables are expanded, what patterns match, who wins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.source import Source

if TYPE_CHECKING:
    from netpolspec.plan.model import Plan

WORLD = """
world:
	given namespace a
	given namespace b
	given pod x in b app=x port 80 port 53/udp as dns
	given service x in b port 80 -> 80 port 53/udp -> dns on app=x
"""


def plan(text: str, **overrides: str) -> Plan:
    found, diagnostics = analyze([Input(Source("spec", text), Path())], Options(overrides))
    assert found is not None, [diagnostic.message for diagnostic in diagnostics]
    return found


def titles(text: str, **overrides: str) -> list[str]:
    """`scenario: point` of every point."""
    return [
        f"{scenario.name}: {point.title}"
        for scenario in plan(text, **overrides).scenarios
        for step in scenario.steps
        for point in getattr(step, "points", ())
    ]


def test_targets_are_expanded_when_they_are_read_and_statements_at_the_end() -> None:
    text = WORLD + "A = first\n$(A): world ; expect $(S) -> b/x:80 allowed\nA = second\nS = a\n"
    assert titles(text) == ["first: a -> b/x:80 allowed"]


def test_deferred_values_see_later_ones_and_immediate_values_do_not() -> None:
    text = WORLD + "X = a\nD = $(X)\nI := $(X)\nX = b\n"
    text += "s: world ; expect $(D) -> b/x:80 allowed ; expect $(I) -> b/x:80 allowed\n"
    assert titles(text) == ["s: b -> b/x:80 allowed", "s: a -> b/x:80 allowed"]


def test_default_counts_only_where_nothing_is_set() -> None:
    text = WORLD + "X = a\nX ?= b\nY ?= b\ns: world ; expect $(X), $(Y) -> b/x:80 allowed\n"
    assert titles(text) == ["s: a -> b/x:80 allowed", "s: b -> b/x:80 allowed"]


def test_append_keeps_the_flavour() -> None:
    text = WORLD + "N = a\nD = $(N)\nI := $(N)\nD += b\nI += b\nN = b\ns: world ; expect $(D) -> b/x:80 allowed\n"
    assert titles(text) == ["s: b -> b/x:80 allowed", "s: b -> b/x:80 allowed"]
    assert titles(text.replace("$(D) ->", "$(I) ->")) == ["s: a -> b/x:80 allowed", "s: b -> b/x:80 allowed"]


def test_the_command_line_wins_over_every_form() -> None:
    for form in ("=", ":=", "?=", "+="):
        assert titles(WORLD + f"X {form} b\ns: world ; expect $(X) -> b/x:80 allowed\n", X="a") == [
            "s: a -> b/x:80 allowed"
        ]


def test_an_override_that_nothing_knows_is_refused() -> None:
    text = WORLD + "PORT := 80\ns: world ; expect a -> b/x:$(PORT) allowed\n"
    found, diagnostics = analyze([Input(Source("spec", text), Path())], Options({"PROT": "80"}))
    assert found is None
    assert [(d.message, d.help) for d in diagnostics] == [
        ("no spec uses the variable 'PROT'", ("did you mean 'PORT=80'?",))
    ]


def test_substitution_leaves_words_that_do_not_match() -> None:
    text = WORLD + "L := ms-a x\n$(L:ms-%=open-%): world ; expect a -> b/x:80 allowed\n"
    assert [scenario.name for scenario in plan(text).scenarios] == ["open-a", "x"]


def test_a_static_pattern_gives_each_target_its_stem() -> None:
    text = WORLD + "## $* comes as $@.\nto-a to-b: to-%: world ; expect $* -> b/x:80 allowed\n"
    assert [scenario.title for scenario in plan(text).scenarios] == ["to-a: a comes as to-a.", "to-b: b comes as to-b."]
    assert titles(text) == ["to-a: a -> b/x:80 allowed", "to-b: b -> b/x:80 allowed"]


def test_prerequisites_of_a_static_pattern_take_the_stem() -> None:
    text = WORLD + "in-a: world\n\tgiven pod y in a port 80\nsee-a: see-%: in-% ; expect b -> a/y:80 allowed\n"
    assert titles(text) == ["see-a: b -> a/y:80 allowed"]


def test_prerequisites_come_depth_first_each_once() -> None:
    text = "base:\n\tgiven namespace a\nl: base\n\tgiven pod x in a port 1\nr: base\n\tgiven pod y in a port 2\n"
    text += "top: l r base ; expect a -> a/x:1, a/y:2 allowed\n"
    assert titles(text) == ["top: a -> a/x:1 allowed", "top: a -> a/y:2 allowed"]


def test_a_prerequisite_that_is_a_scenario_runs_first_and_once() -> None:
    rules = ("z: y x", "y: x", "x: world")
    text = WORLD + "".join(f"{rule} ; expect a -> b/x:80 allowed\n" for rule in rules)
    scenarios = plan(text).scenarios
    assert [scenario.name for scenario in scenarios] == ["x", "y", "z"]
    assert [before.name for before in scenarios[2].after] == ["x", "y"]


def test_every_port_of_a_protocol() -> None:
    from netpolspec.plan.model import Change, Check
    from netpolspec.plan.resolve import Inhabitants
    from netpolspec.policy.cluster import assemble

    ends = "b/x:*, b/x:*/udp, x.b:*, x.b:*/tcp, b:*/udp"
    (scenario,) = plan(WORLD + f"s: world ; expect a -> {ends} allowed\n").scenarios
    change, check = scenario.steps
    assert isinstance(change, Change)
    assert isinstance(check, Check)
    objects = (one for resource in change.world.values() for one in resource.objects)
    inhabitants = Inhabitants(assemble(objects, declare_namespaces=False))
    ports = [[(probe.port, probe.protocol.value) for probe in inhabitants.probes(point)] for point in check.points]
    both = [(80, "TCP"), (53, "UDP")]
    assert ports == [both, [(53, "UDP")], both, [(80, "TCP")], [(53, "UDP")]]


# --- includes -----------------------------------------------------------------------------------------------------


def test_the_default_world_is_the_nearest_within_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    below = tmp_path / "one" / "two"
    below.mkdir(parents=True)
    (tmp_path / "world.nps").write_text(WORLD)
    spec = Input(Source("spec", "expect a -> b/x:80 allowed"), below)
    found, _ = analyze([spec], Options())
    assert found is not None
    assert [one.at for one in found.included] == [None]
    (tmp_path / "one" / "pyproject.toml").write_text("")
    found, diagnostics = analyze([spec], Options())
    assert found is None
    assert diagnostics[0].code == "unknown-namespace"


def test_an_include_of_ones_own_keeps_the_default_world_out(tmp_path: Path) -> None:
    (tmp_path / "world.nps").write_text(WORLD)
    (tmp_path / "other.nps").write_text("given namespace c\ngiven pod x in c port 80\n")
    found, _ = analyze(
        [Input(Source("spec", "include other.nps\ns: other ; expect c -> c/x:80 allowed\n"), tmp_path)], Options()
    )
    assert found is not None
    (scenario,) = found.scenarios
    assert scenario.points == 1


def test_a_world_that_is_not_the_default_one_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "world.nps").write_text(WORLD)
    below = tmp_path / "one" / "two"
    below.mkdir(parents=True)
    (below / "other.nps").write_text("given namespace c\n")

    def hints(text: str) -> list[str]:
        _, diagnostics = analyze([Input(Source("spec", text), below)], Options())
        return [hint for each in diagnostics if each.code == "unknown-prerequisite" for hint in each.help]

    rule = "s: world ; expect a -> b/x:80 allowed\n"
    said = "no folder above holds 'pyproject.toml' or '.git', so only the spec's own counts"
    assert hints(rule) == [f"write 'include ../../world.nps': {said}"]
    (tmp_path / "one" / "pyproject.toml").write_text("")
    said = "it lies above the folder that holds 'pyproject.toml' or '.git'"
    assert hints(rule) == [f"write 'include ../../world.nps': {said}"]
    said = "a spec that includes something has no default world"
    assert hints(f"include other.nps\n{rule}") == [f"write 'include ../../world.nps': {said}"]
    assert hints(f"include ../../world.nps\n{rule}") == []
    assert hints(f"include ../../world.nps\n{rule.replace('world', 'nobody')}") == [
        "define it with a rule 'nobody:', or include the file that does"
    ]


def test_scenarios_of_an_included_file_run_only_where_they_are_needed(tmp_path: Path) -> None:
    (tmp_path / "base.nps").write_text(
        WORLD + "needed: world ; expect a -> b/x:80 allowed\nother: world ; expect b -> b/x:80 allowed\n"
    )
    found, _ = analyze(
        [Input(Source("spec", "include base.nps\ns: needed ; expect a -> b/x:80 allowed\n"), tmp_path)], Options()
    )
    assert found is not None
    assert [scenario.name for scenario in found.scenarios] == ["needed", "s"]
