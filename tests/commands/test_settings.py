"""Settings: who wins, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.diagnostics import Refusal, render
from netpolspec.log import Format, Level
from netpolspec.setting_table import Color
from netpolspec.settings import resolve

if TYPE_CHECKING:
    from netpolspec.settings import Settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, and the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, *lines: str, head: str = "[tool.netpolspec]") -> None:
    text = "\n".join(['[project]\nname = "x"', head, *lines, "[tool.other]", "tap = 1"])
    (folder / "pyproject.toml").write_text(text + "\n", "utf-8")


def settings(folder: Path, arguments: dict[str, object] | None = None, **environ: str) -> Settings:
    return resolve(arguments or {}, environ, folder)


def complaints(folder: Path, arguments: dict[str, object] | None = None, **environ: str) -> str:
    with pytest.raises(Refusal) as refused:
        settings(folder, arguments, **environ)
    return "\n".join(render(diagnostic) for diagnostic in refused.value.diagnostics)


def test_defaults(project: Path) -> None:
    found = settings(project)
    assert (found.on, found.tap, found.flat, found.color) == ("model", "auto", False, Color.AUTO)
    assert (found.log_format, found.log_level) == (Format.CONSOLE, Level.WARNING)
    assert found.paths == ()
    assert found.assumed == ()


def test_the_command_line_wins_over_the_environment_and_that_over_the_project(project: Path) -> None:
    assert settings(project).tap == "auto"
    write(project, "tap = 13")
    assert settings(project).tap == "13"
    assert settings(project, NETPOLSPEC_TAP="14").tap == "14"
    assert settings(project, {"tap": "auto"}, NETPOLSPEC_TAP="14").tap == "auto"


@pytest.mark.parametrize(
    ("toml", "environ", "key", "value"),
    [
        ("flat = true", {}, "flat", True),
        ("flat = true", {"NETPOLSPEC_FLAT": "no"}, "flat", False),
        ("", {"NETPOLSPEC_FLAT": "1"}, "flat", True),
        ("fail-fast = true", {}, "fail_fast", True),
        ("", {"NETPOLSPEC_FAIL_FAST": "true"}, "fail_fast", True),
        ("", {"NETPOLSPEC_FAIL_FAST": ""}, "fail_fast", False),
        ('on = "kind"', {}, "on", "kind"),
        ("", {"NETPOLSPEC_ON": "cluster"}, "on", "cluster"),
        ('log-level = "debug"', {}, "log_level", Level.DEBUG),
        ("", {"NETPOLSPEC_LOG_LEVEL": "error"}, "log_level", Level.ERROR),
        ('log-format = "json"', {}, "log_format", Format.JSON),
        ('paths = ["a", "b"]', {}, "paths", ("a", "b")),
        ('policy-path = ["p"]', {}, "policy_path", (Path("p"),)),
        ("", {"NETPOLSPEC_POLICY_PATH": "p:q"}, "policy_path", (Path("p"), Path("q"))),
    ],
)
def test_each_setting_has_a_key_and_a_variable(
    project: Path, toml: str, environ: dict[str, str], key: str, value: object
) -> None:
    for folder in ("p", "q"):
        (project / folder).mkdir()
    write(project, toml)
    assert getattr(resolve({}, environ, project), key) == value


def test_the_nearest_table_upwards_counts(project: Path) -> None:
    write(project, "tap = 13")
    below = project / "services" / "a"
    below.mkdir(parents=True)
    assert settings(below).tap == "13"
    (below / "pyproject.toml").write_text('[project]\nname = "a"\n', "utf-8")
    assert settings(below).tap == "13"
    write(below, "tap = 14")
    assert settings(below).tap == "14"


def test_paths_of_a_project_are_relative_to_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, 'paths = ["specs"]', 'policy-path = ["policies"]')
    below = project / "deep"
    below.mkdir()
    (project / "policies").mkdir()
    monkeypatch.chdir(below)
    found = settings(below)
    assert found.paths == ("../specs",)
    assert found.policy_path == (Path("../policies"),)


def test_a_wrong_value_is_drawn_at_its_key(project: Path) -> None:
    write(project, "flat = true", 'log-level = "wanring"')
    assert complaints(project) == (
        "error: 'log-level' cannot be 'wanring'\n"
        " --> pyproject.toml:5:1\n"
        "  |\n"
        '5 | log-level = "wanring"\n'
        "  | ^^^^^^^^^\n"
        "  = help: did you mean 'warning'?"
    )


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("flat = 1", "'flat' cannot be 1"),
        ('flat = "maybe"', "'flat' cannot be 'maybe'"),
        ("tap = 15", "'tap' cannot be 15"),
        ("tap = true", "'tap' cannot be true"),
        ("paths = 3", "'paths' cannot be 3"),
        ("paths = [3]", "'paths' cannot be [3]"),
        ('on = "docker"', "'on' cannot be 'docker'"),
        ('assume = ["hostnetwork"]', "'assume' cannot be 'hostnetwork'"),
        ('assume = ["hostnetwork=maybe"]', "'assume' has 'hostnetwork', which cannot be 'maybe'"),
        ("assume = {hostnetwork = 1}", "'assume' has 'hostnetwork', which cannot be 1"),
        ('assume = {hostnet = "pod"}', "'assume' has no key 'hostnet'"),
        ('ignore = ["foo"]', "'ignore' has no lint 'foo'"),
    ],
)
def test_wrong_types_and_values_are_refused(project: Path, toml: str, message: str) -> None:
    write(project, toml)
    text = complaints(project)
    assert text.startswith(f"error: {message}\n --> pyproject.toml:4:1\n"), text
    assert "= help: " in text


def test_an_unknown_key_is_refused_with_the_one_that_is_meant(project: Path) -> None:
    write(project, "fail_fast = true")
    assert complaints(project) == (
        "error: unknown setting 'fail_fast'\n"
        " --> pyproject.toml:4:1\n"
        "  |\n"
        "4 | fail_fast = true\n"
        "  | ^^^^^^^^^\n"
        "  = help: did you mean 'fail-fast'?"
    )


def test_all_that_is_wrong_is_told_at_once(project: Path) -> None:
    write(project, "tpa = 13", "flat = 3")
    text = complaints(project, {"on": "knd"}, NETPOLSPEC_COLOR="blue")
    assert [line for line in text.splitlines() if line.startswith("error")] == [
        "error: '--on' cannot be 'knd'",
        "error: 'NETPOLSPEC_COLOR' cannot be 'blue'",
        "error: unknown setting 'tpa'",
        "error: 'flat' cannot be 3",
    ]


def test_a_wrong_value_does_not_hide_behind_a_stronger_one(project: Path) -> None:
    write(project, "tap = 15")
    assert "'tap' cannot be 15" in complaints(project, {"tap": "14"})


def test_the_place_is_found_in_a_table_of_its_own(project: Path) -> None:
    write(project, 'hostnetwork = "pod"', 'hairpin = "perhaps"', head="[ tool . netpolspec.assume ]")
    assert complaints(project).splitlines()[1:4] == [
        " --> pyproject.toml:5:1",
        "  |",
        '5 | hairpin = "perhaps"',
    ]
    write(project, "hairpin = true", head="[tool.netpolspec.assume]")
    assert complaints(project).splitlines()[:2] == [
        "error: 'assume' has 'hairpin', which cannot be true",
        " --> pyproject.toml:4:1",
    ]
    write(project, "ipblock-selects-pods = false", head="[tool.netpolspec.assume]")
    assert settings(project).assumed == ("ipblock-selects-pods=no",)


def test_policies_are_not_looked_up_in_folders_that_are_not_there(project: Path) -> None:
    (project / "policies").mkdir()
    (project / "policy.yaml").touch()
    write(project, 'policy-path = ["polices"]')
    assert complaints(project) == (
        "error: 'policy-path': there is no folder 'polices'\n"
        " --> pyproject.toml:4:1\n"
        "  |\n"
        '4 | policy-path = ["polices"]\n'
        "  | ^^^^^^^^^^^\n"
        "  = help: did you mean 'policies'?"
    )
    (project / "pyproject.toml").unlink()
    given: dict[str, object] = {"policy-path": ["policies", "policy.yaml"]}
    assert complaints(project, given) == "error: '--policy-path': 'policy.yaml' is a file, not a folder"
    assert "'NETPOLSPEC_POLICY_PATH': there is no folder 'p'" in complaints(project, NETPOLSPEC_POLICY_PATH="p")


def test_broken_toml_is_drawn_where_it_breaks(project: Path) -> None:
    write(project, "tap = ")
    assert complaints(project).splitlines()[:2] == ["error: no TOML: invalid value", " --> pyproject.toml:4:7"]


def test_another_projects_broken_toml_is_none_of_our_business(project: Path) -> None:
    (project / "pyproject.toml").write_text("[project\n", "utf-8")
    assert settings(project).tap == "auto"


def test_a_table_that_is_no_table(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool]\nnetpolspec = 3\n", "utf-8")
    assert "'tool.netpolspec' is a table" in complaints(project)


def test_a_project_file_that_is_no_text(project: Path) -> None:
    (project / "pyproject.toml").write_bytes(b"[tool.netpolspec]\ntap = '\xff'\n")
    assert "'pyproject.toml' is not UTF-8 text" in complaints(project)


@pytest.mark.parametrize(
    ("environ", "arguments", "color"),
    [
        ({"NO_COLOR": "1"}, {}, Color.NEVER),
        ({"FORCE_COLOR": "1"}, {}, Color.ALWAYS),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, {}, Color.NEVER),
        ({"NO_COLOR": ""}, {}, Color.AUTO),
        ({"NO_COLOR": "1", "NETPOLSPEC_COLOR": "always"}, {}, Color.ALWAYS),
        ({"NO_COLOR": "1"}, {"color": "always"}, Color.ALWAYS),
    ],
)
def test_colours(project: Path, environ: dict[str, str], arguments: dict[str, object], color: Color) -> None:
    assert resolve(arguments, environ, project).color is color


def test_assumptions_of_all_places_are_put_together(project: Path) -> None:
    write(
        project,
        "assume = {hostnetwork = 'pod', hairpin = 'denied', ipblock-selects-pods = false}".replace("false", "'no'"),
    )
    found = settings(project, {"assume": ["hairpin=allowed"]}, NETPOLSPEC_ASSUME="icmp=denied,nodeport-snat=allowed")
    assert found.assumed == (
        "hairpin=allowed",
        "hostnetwork=pod",
        "icmp=denied",
        "ipblock-selects-pods=no",
        "nodeport-snat=allowed",
    )
    assert found.assume.value("hairpin") == "allowed"
    assert found.assume.value("hostnetwork") == "pod"
