"""`netpolspec run`: what it writes where, and how it ends."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from netpolspec.cli import live_cluster
from netpolspec.cli.arguments import (
    Parser,
    add_cluster_options,
    add_live_options,
    add_model_options,
    add_reading_options,
    add_terraform_options,
    decisive,
)
from netpolspec.cli.main import main

if TYPE_CHECKING:
    from commands.conftest import Project


# --- report and exit status ---------------------------------------------------------------------------------------


def test_a_green_run(project: Project) -> None:
    ended = project.run("run", "specs/tenants.nps")
    assert ended.status == 0
    assert ended.err == ""
    assert ended.out == (
        "TAP version 14\n"
        "1..3\n"
        "# Subtest: deny-from-any: Nobody gets in.\n"
        "    1..2\n"
        "    ok 1 - ms-a -> ms-b:80 denied\n"
        "    ok 2 - ms-c -> ms-b:80 denied\n"
        "ok 1 - deny-from-any: Nobody gets in.\n"
        "# Subtest: allow-from-ms-a: Only ms-a gets in.\n"
        "    1..2\n"
        "    ok 1 - ms-a -> ms-b:80 allowed\n"
        "    ok 2 - ms-c -> ms-b:80 denied\n"
        "ok 2 - allow-from-ms-a: Only ms-a gets in.\n"
        "# Subtest: after-ms-a: Still the same.\n"
        "    1..1\n"
        "    ok 1 - ms-a -> nginx.ms-b:80 allowed\n"
        "ok 3 - after-ms-a: Still the same.\n"
    )


def test_a_red_run_says_where_and_why(project: Project) -> None:
    ended = project.run("run", "specs/more/mistaken.nps")
    assert ended.status == 1
    assert ended.err == ""
    assert "    not ok 1 - ms-c -> ms-b:80 allowed\n      ---\n" in ended.out
    assert "message: expected allowed, the model says denied\n" in ended.out
    assert "        file: specs/more/mistaken.nps\n        line: 4\n" in ended.out
    assert "policy: NetworkPolicy ms-b/allow-from\n" in ended.out


def test_nothing_is_reported_where_a_spec_is_wrong(project: Project) -> None:
    project.write("specs/wrong.nps", "a: world\n\tgiven policy alow-from ns=ms-a\n\texpect ms-a -> ms-b:80 denied\n")
    ended = project.run("run", "specs")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("error: unknown policy 'alow-from'\n --> specs/wrong.nps:2:15\n")
    assert ended.err.endswith("\n1 error\n")


def test_mistakes_come_in_source_order(project: Project) -> None:
    project.write(
        "specs/wrong.nps", "a: wrold\n\texpect ms-a -> ms-b:80 denied\nb: wrld\n\texpect ms-a -> ms-b:80 denied\n"
    )
    ended = project.run("run", "specs/wrong.nps")
    assert ended.status == 2
    places = re.findall(r"--> specs/wrong.nps:(\d+):", ended.err)
    assert places == sorted(places)
    assert ended.err.endswith("2 errors\n")


def test_a_file_without_scenarios_alone_is_a_skip(project: Project) -> None:
    ended = project.run("run", "specs/world.nps")
    assert (ended.status, ended.out) == (0, "TAP version 14\n1..0 # SKIP no scenarios\n")


def test_a_file_without_scenarios_adds_nothing_to_others(project: Project) -> None:
    assert project.ran("specs/world.nps", "specs/tenants.nps") == project.ran("specs/tenants.nps")


def test_a_scenario_that_is_known_to_fail_does_not_count(project: Project) -> None:
    project.write("t.nps", 'include specs/world.nps\nt: world\n\ttodo "later"\n\texpect ms-a -> ms-b:80 denied\n')
    ended = project.run("run", "t.nps")
    assert ended.status == 0
    assert "    not ok 1 - ms-a -> ms-b:80 denied # TODO later\n" in ended.out
    assert ended.out.endswith("\nnot ok 1 - t # TODO later\n")


def test_fail_fast_skips_the_rest(project: Project) -> None:
    ended = project.run("run", "--fail-fast", "specs/more/mistaken.nps", "specs/tenants.nps")
    assert ended.status == 1
    assert ended.out.count("# SKIP ") == 4


@pytest.mark.parametrize(
    ("arguments", "first"),
    [(["--tap", "13"], "TAP version 13"), (["--tap=14"], "TAP version 14"), (["--tap", "auto"], "TAP version 13")],
)
def test_tap_version(project: Project, monkeypatch: pytest.MonkeyPatch, arguments: list[str], first: str) -> None:
    monkeypatch.setenv("HARNESS_ACTIVE", "1")
    monkeypatch.setenv("HARNESS_VERSION", "3.44")
    assert project.run("run", *arguments, "specs/tenants.nps").out.splitlines()[0] == first


def test_flat(project: Project) -> None:
    ended = project.run("run", "--flat", "specs/tenants.nps")
    assert ended.out.splitlines() == [
        "TAP version 14",
        "1..5",
        "ok 1 - deny-from-any: ms-a -> ms-b:80 denied",
        "ok 2 - deny-from-any: ms-c -> ms-b:80 denied",
        "ok 3 - allow-from-ms-a: ms-a -> ms-b:80 allowed",
        "ok 4 - allow-from-ms-a: ms-c -> ms-b:80 denied",
        "ok 5 - after-ms-a: ms-a -> nginx.ms-b:80 allowed",
    ]


def test_an_assumption_is_told(project: Project) -> None:
    ended = project.run("run", "--assume", "hostnetwork=pod", "specs/tenants.nps")
    assert ended.out.splitlines()[2] == "# assuming hostnetwork=pod"


# --- messages -----------------------------------------------------------------------------------------------------


def test_verbose_adds_a_summary_with_the_command_to_run_it_again(project: Project) -> None:
    ended = project.run("run", "-v", "specs", "PORT=8080", "--assume", "hostnetwork=pod")
    assert ended.status == 1
    assert "error: ms-c -> ms-b:80 allowed: expected allowed, the model says denied\n" in ended.err
    assert (
        "= help: to run just this again: netpolspec run --assume hostnetwork=pod "
        "specs/more/mistaken.nps::mistaken PORT=8080\n"
    ) in ended.err
    assert "scenarios: 1 failed, 4 passed\n" in ended.err
    assert "no packet was sent" in ended.err


def test_the_command_to_run_it_again_does_so(project: Project) -> None:
    import shlex

    ended = project.run(
        "run", "-v", "-e", "include specs/world.nps; a: world; expect ms-a -> ms-b:80 denied".replace("; a", "\na")
    )
    command = re.search(r"to run just this again: (.*(?:\n.*)?)\n\n", ended.err)
    assert command is not None
    assert shlex.split(command[1])[:2] == ["netpolspec", "run"]
    again = project.run(*shlex.split(command[1])[1:])
    assert again.out == ended.out


def test_the_command_to_run_it_again_has_all_that_its_outcome_depends_on() -> None:
    options = parser_of_runs()
    words = (
        *("--on", "cluster", "--assume", "hostnetwork=pod", "--assume", "sctp=on", "--profile", "calico"),
        *("--terraform", "static", "--policy-path", "a b", "--policy-path", "c", "--strict-model", "--context", "x"),
        *("--kubeconfig", "k", "--probe-image", "i", "--probe-paths", "any", "--hold", "0", "--timeout", "3s"),
        *("--ready-timeout", "1m", "--concurrency", "3", "--controls", "off", "--keep", "--allow-existing"),
        *("--cluster-name", "n", "--cni", "none", "--cni-manifest", "m", "--nodes", "2", "--ip-family", "dual"),
        *("--node-image", "o", "--kind-config", "c"),
    )
    given, _ = options.read(words)
    again, others = options.read(decisive(given))
    assert again == given
    assert not others
    assert [name for name, value in vars(given).items() if not value] == ["texts"]
    assert decisive(options.read(())[0]) == ()


OPTIONS_OF_RUNS = (add_reading_options, add_model_options, add_terraform_options, add_live_options, add_cluster_options)


def parser_of_runs() -> Parser:
    parser = Parser("run", "", "", "")
    for add in OPTIONS_OF_RUNS:
        add(parser)
    parser.add_argument("--on")
    return parser


def test_quiet_says_nothing_but_errors(project: Project) -> None:
    ended = project.run("run", "-q", "-v", "specs")
    assert ended.status == 1
    assert "error" not in ended.err
    assert "scenarios:" not in ended.err
    assert project.run("run", "-q", "nowhere.nps").err.startswith("error: ")


def test_colours_on_request_only(project: Project) -> None:
    assert "\x1b[" in project.run("run", "-v", "--color", "always", "specs").err
    assert "\x1b[" not in project.run("run", "-v", "specs").err
    assert "\x1b[" not in project.run("run", "-v", "--color", "always", "specs").out


def test_logs_are_structured_and_never_on_stdout(project: Project) -> None:
    plain = project.run("run", "specs/tenants.nps")
    ended = project.run("run", "--log-level", "info", "--log-format", "json", "specs/tenants.nps")
    assert ended.out == plain.out
    messages = [json.loads(line) for line in ended.err.splitlines()]
    assert messages[0]["event"] == "specs are read"
    assert (messages[0]["files"], messages[0]["level"]) == (1, "info")


# --- what is run --------------------------------------------------------------------------------------------------


def test_a_folder_means_all_specs_in_it_and_below_in_the_order_of_their_names(project: Project) -> None:
    project.write("specs/.hidden/wrong.nps", "nonsense")
    project.write("specs/.wrong.nps", "nonsense")
    project.write("specs/notes.txt", "nonsense")
    everything = ["deny-from-any", "allow-from-ms-a", "after-ms-a", "mistaken", "open-to-all"]
    assert sorted(project.ran("specs")) == sorted(everything)
    assert project.ran("specs") == project.ran("specs/")
    assert project.ran("specs", "specs/tenants.nps", "./specs/more/../tenants.nps") == project.ran("specs")


def test_a_pattern_means_specs_and_documents_with_specs(project: Project) -> None:
    project.write(
        "docs/guide.md",
        "```nps\nguided: ; given namespace a; given pod w in a port 80; expect a -> a:80 allowed\n```\n",
    )
    project.write("docs/deep/other.md", "```nps wrong\nnonsense\n```\n")
    project.write("docs/.hidden/guide.md", "```nps\nnonsense\n```\n")
    project.write("docs/policy.yaml", "nonsense: [")
    assert project.ran("docs/**/*") == ["guided"]
    assert project.ran("**/t*.nps::deny-from-any") == ["deny-from-any"]
    assert project.run("check", "docs/*.md").status == 0
    project.write("pyproject.toml", '[tool.netpolspec]\npaths = ["docs/**/*.md"]\n')
    assert project.ran() == ["guided"]


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_folder_of_documents_says_how_they_are_read(project: Project, command: str) -> None:
    project.write("docs/a.md", "# No specs\n")
    assert "documents" not in project.run(command, "docs").err
    project.write("docs/b.md", "```nps\ngiven namespace a\n```\n")
    ended = project.run(command, "docs")
    assert ended.status == 2
    assert "= help: documents are read when they are named: 'docs/b.md', or 'docs/**/*.md'" in ended.err


def test_looking_for_documents_ends(project: Project) -> None:
    """A folder may hold a link to itself, and an empty argument is no folder: not the whole disk."""
    project.write("docs/a.txt", "")
    (project.folder / "docs/again").symlink_to(project.folder / "docs")
    assert project.run("run", "docs").err.count("help") == 0
    assert project.run("run", "").status == 2


def test_without_a_path_the_setting_counts_else_the_usual_folder(project: Project) -> None:
    assert project.ran() == project.ran("specs")
    project.write("pyproject.toml", '[tool.netpolspec]\npaths = ["specs/more"]\n')
    assert project.ran() == ["mistaken", "open-to-all"]
    assert project.ran("specs/tenants.nps") != project.ran()


def test_texts(project: Project) -> None:
    line = "given policy allow-from ns=ms-a; expect ms-c -> ms-b:80 denied"
    project.write("world.nps", WORLD_AT_TOP)
    ended = project.run("run", "-e", line)
    assert (ended.status, ended.out.count("ok 1 - ms-c -> ms-b:80 denied")) == (0, 1)
    assert project.run("run", "-e", line, "-e", line).out.splitlines()[1] == "1..2"


WORLD_AT_TOP = "include specs/world.nps\n"


def test_standard_input(project: Project) -> None:
    text = "include specs/world.nps\na: world\n\texpect ms-a -> ms-b:80 denied\n"
    ended = project.run("run", "-v", "-", stdin=text)
    assert ended.status == 1
    assert "file: <stdin>\n" in ended.out.replace('"', "")
    assert "again" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["specs/tenants.nps::deny-from-any"], ["deny-from-any"]),
        (["specs/tenants.nps::*-ms-a"], ["allow-from-ms-a", "after-ms-a"]),
        (["specs::mistaken"], ["mistaken"]),
        (["specs/tenants.nps:3"], ["deny-from-any"]),
        (["specs/tenants.nps:4"], ["deny-from-any"]),
        (["specs/tenants.nps:7"], ["deny-from-any"]),
        (["specs/tenants.nps:11"], ["allow-from-ms-a"]),
        (["specs/tenants.nps::after-ms-a"], ["allow-from-ms-a", "after-ms-a"]),
        (["specs/tenants.nps::deny-from-any", "specs/more/mistaken.nps:6"], ["deny-from-any", "open-to-all"]),
        (["specs/tenants.nps::deny-from-any", "specs/more"], ["deny-from-any", "mistaken", "open-to-all"]),
        (["specs", "-k", "open-to-*"], ["open-to-all"]),
        (["specs", "-k", "open-to-all", "--scenario", "deny-from-any"], ["deny-from-any", "open-to-all"]),
        (["specs", "--tag", "quick"], ["deny-from-any"]),
        (["specs", "--tag", "tenants", "--not-tag", "quick"], ["allow-from-ms-a", "after-ms-a"]),
        (["specs", "--not-tag", "tenants"], ["mistaken", "open-to-all"]),
        (["specs/tenants.nps", "-k", "*-ms-a", "--tag", "tenants"], ["allow-from-ms-a", "after-ms-a"]),
    ],
)
def test_selection(project: Project, arguments: list[str], names: list[str]) -> None:
    assert sorted(project.ran(*arguments)) == sorted(names)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["specs/tenants.nps::deny-from-ayn"], "no scenario 'deny-from-ayn' in 'specs/tenants.nps'", "'deny-from-any'"),
        (
            ["specs/tenants.nps::x"],
            "no scenario 'x' in 'specs/tenants.nps'",
            "there are deny-from-any, allow-from-ms-a",
        ),
        (["specs/tenants.nps::mistaken", "specs"], "no scenario 'mistaken' in 'specs/tenants.nps'", "there are"),
        (["specs/tenants.nps:2"], "no scenario at 'specs/tenants.nps:2'", "deny-from-any (4-7)"),
        (["specs/tenants.nps:99"], "no scenario at 'specs/tenants.nps:99'", "there are"),
        (["specs", "-k", "deny-from-ayn"], "no scenario 'deny-from-ayn'", "did you mean 'deny-from-any'?"),
        (["specs", "-k", "zz*"], "no scenario 'zz*'", "there are"),
        (["specs", "--tag", "qick"], "no scenario has the tag 'qick'", "did you mean 'quick'?"),
        (["specs", "-k", "mistaken", "--tag", "quick"], "no scenario is left", ""),
        (["specs/world.nps", "-k", "world"], "no scenario 'world'", "there are none"),
    ],
)
def test_selecting_nothing_is_a_mistake(project: Project, arguments: list[str], message: str, hint: str) -> None:
    ended = project.run("run", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {message}")
    assert hint in ended.err


def test_list_names_what_would_run(project: Project) -> None:
    ended = project.run("run", "--list", "specs", "--tag", "tenants")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (
        "specs/tenants.nps::deny-from-any  # Nobody gets in.\n"
        "specs/tenants.nps::allow-from-ms-a  # Only ms-a gets in.\n"
        "specs/tenants.nps::after-ms-a  # Still the same.\n"
    )
    assert "2 test points; tags quick tenants" in project.run("run", "--list", "-v", "specs").out


def test_whatever_list_names_can_be_run(project: Project) -> None:
    project.write(
        "below/all.nps",
        """\
include ../specs/world.nps ../specs/base.inc
own: base ; expect ms-a -> ms-b:80 allowed
""",
    )
    project.write("specs/base.inc", "base: world ; expect ms-c -> ms-b:80 allowed\n")
    listed = [line.partition("  # ")[0] for line in project.run("run", "--list", "specs", "below").out.splitlines()]
    assert "below/all.nps::base" in listed
    for node in listed:
        assert node.partition("::")[2] in project.ran(node)


def test_dry_run_says_what_would_be_applied_and_probed(project: Project) -> None:
    ended = project.run("run", "--dry-run", "specs/tenants.nps::deny-from-any")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == "specs/tenants.nps::deny-from-any: Nobody gets in."
    assert "  apply   NetworkPolicy ms-b/deny-from-any" in ended.out
    assert "  probe   client pod in ms-a -> pod ms-b/nginx-0:80/tcp" in ended.out


def test_variables(project: Project) -> None:
    assert "nginx.ms-b:8080 allowed" in project.run("run", "specs/tenants.nps", "PORT=8080").out
    ended = project.run("run", "specs/tenants.nps", "PROT=8080")
    assert (ended.status, ended.out) == (2, "")
    assert "did you mean 'PORT=8080'?" in ended.err
    assert "write 'PORT=1'" in project.run("run", "specs", "PORT:=1").err


# --- the command line is wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["run", "--fial-fast"], "unknown option '--fial-fast'", "did you mean '--fail-fast'?"),
        (["run", "--tapp=13"], "unknown option '--tapp'", "did you mean '--tap'?"),
        (["run", "--zzzzz"], "unknown option '--zzzzz'", "'netpolspec run --help' lists the options"),
        (["run", "--tap", "15"], "'--tap' cannot be '15'", "it is one of auto, 13, 14"),
        (["run", "--tap"], "option '--tap' needs a value", "--help"),
        (["run", "-k"], "option '-k, --scenario' needs a value", "--help"),
        (["run", "--flat=yes"], "option '--flat' takes no value", "--help"),
        (["run", "--color", "alwys"], "'--color' cannot be 'alwys'", "did you mean 'always'?"),
        (["run", "--assume", "hostnetwok=pod"], "'--assume' has no key 'hostnetwok'", "did you mean 'hostnetwork'?"),
        (["run", "--on", "cluster", "specs"], "'--on cluster' needs '--context'", "never taken by accident"),
        (["run", "--on", "kind", "--context", "x", "specs"], "'--on kind' takes no '--context'", "--on cluster"),
        (
            ["run", "--on", "cluster", "--context", "x", "--cni", "calico", "--nodes", "3"],
            "'--on cluster' takes no '--cni' and '--nodes': the cluster is there",
            "to make one: --on kind",
        ),
        (["run", "--on", "kind", "--cni", "calicoo"], "--cni does not know 'calicoo'", "did you mean 'calico'?"),
        (["run", "--context", "prod"], "'--context': the model judges", "to send packets: --on cluster"),
        (
            ["run", "--kubeconfig", "x", "--on", "model"],
            "'--kubeconfig': the model judges",
            "'given cluster' in the spec",
        ),
        (["run", "--cni", "weave", "--nodes", "3"], "'--cni' and '--nodes': the model judges", "--on kind"),
        (["run", "--kind-config", "x"], "'--kind-config': the model judges", "--on kind"),
        (
            ["run", "--keep", "--allow-existing"],
            "'--keep' and '--allow-existing': the model",
            "--on kind, or --on cluster",
        ),
        (["run", "nowhere.nps"], "there is no file 'nowhere.nps'", ""),
        (["run", "deny-from-any"], "there is no file 'deny-from-any'", "FILE::deny-from-any"),
        (["run", "specs/tenants.nps::"], "'specs/tenants.nps::' names no scenario", "FILE::SCENARIO"),
        (["run", "empty"], "no .nps file in the folder 'empty'", ""),
        (["run", "empty/*.nps"], "no spec matches 'empty/*.nps'", "'**' stands for any folders"),
        (["run", "*.toml"], "no spec matches '*.toml'; of 1 files that do, none has specs", "'**' stands"),
        (["run", "README.md"], "there is no block of specs in 'README.md'", "```nps"),
        (["rnu", "specs"], "unknown command 'rnu'", "did you mean 'run'?"),
        (["zzzzzz"], "unknown command 'zzzzzz'", "'netpolspec --help' lists the commands"),
        (["--verison"], "unknown option '--verison'", "did you mean '--version'?"),
        (["specs/"], "'specs/' is no command", "did you mean 'netpolspec run specs/'?"),
        (["a.nps", "-q"], "'a.nps' is no command", "did you mean 'netpolspec run a.nps -q'?"),
        (["-e", "expect a -> b:80 denied"], "'-e' is no command", "did you mean 'netpolspec run -e 'expect"),
        (["help", "rnu"], "there is no command or message 'rnu'", "did you mean 'run'?"),
        (["help", "unknown-polcy"], "there is no command or message 'unknown-polcy'", "'unknown-policy'?"),
        (["help", "README"], "there is no command or message 'README'", "'netpolspec --help'"),
        (["help", "../cli"], "there is no command or message '../cli'", ""),
    ],
)
def test_a_wrong_command_line(project: Project, arguments: list[str], message: str, hint: str) -> None:
    (project.folder / "empty").mkdir()
    project.write("README.md", "# x\n")
    ended = project.run(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {message}")
    assert hint in ended.err


def test_what_other_places_say_of_clusters_is_not_for_the_model(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("pyproject.toml", '[tool.netpolspec]\ncontext = "prod"\ncni = "cilium"\n')
    monkeypatch.setenv("NETPOLSPEC_KEEP", "true")
    assert project.run("run", "specs/tenants.nps", "--strict-model").status == 0


def test_the_cluster_that_is_given_may_be_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_cluster, "_read", lambda context, _kubeconfig: ((), ()) if context == "staging" else None)
    project.write("specs/given.nps", "s:\n\tgiven cluster\n\tgiven namespace a\n\texpect a -> 192.0.2.1:80 allowed\n")
    ended = project.run("run", "specs/given.nps", "--context", "staging", "--probe-image", "x")
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.parametrize("option", ["--list", "--dry-run"])
def test_what_judges_nothing_may_name_a_cluster(project: Project, option: str) -> None:
    assert project.run("run", "specs/tenants.nps", "--context", "prod", option).status == 0


def test_nothing_to_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.folder / "empty").mkdir()
    monkeypatch.chdir(project.folder / "empty")
    ended = project.run("run")
    assert ended.status == 2
    assert ended.err.startswith("error: nothing to read\n")


def test_several_files_that_cannot_be_read_are_told_together(project: Project) -> None:
    ended = project.run("run", "a.nps", "b.nps", "specs")
    assert ended.status == 2
    assert ended.err.count("error: there is no file") == 2


def test_after_two_dashes_nothing_is_an_option(project: Project) -> None:
    project.write("-x.nps", "include specs/world.nps\n")
    assert project.run("run", "--", "-x.nps").status == 0


# --- help ---------------------------------------------------------------------------------------------------------


def test_help_teaches_by_example(project: Project) -> None:
    ended = project.run("--help")
    assert (ended.status, ended.err) == (0, "")
    assert "netpolspec run specs/" in ended.out
    for command in ("run", "check"):
        assert project.run(command, "--help").out == project.run("help", command).out
        text = project.run(command, "-h").out
        assert text.startswith(f"usage: netpolspec {command} ")
        assert "\nexamples:\n" in text
        assert "\nexit status:\n" in text


@pytest.mark.parametrize("code", ["unknown-policy", "unused-fixture"])
def test_help_explains_messages_and_lints(project: Project, code: str) -> None:
    ended = project.run("help", code)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(f"# {code}\n\n")
    assert "```text\n" in ended.out


def test_no_arguments_at_all_is_a_mistake_that_shows_the_help(project: Project) -> None:
    ended = project.run()
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == project.run("--help").out


def test_the_examples_of_the_help_are_understood(project: Project) -> None:
    """Each example is a command line that netpolspec accepts in a project that has what it names."""
    import shlex

    project.write("world.nps", WORLD_AT_TOP)
    project.write(
        "specs/slow.nps",
        "slow: world ; tags slow ; expect ms-a -> ms-b:80 allowed\nopen-to-a: slow ; expect ms-a -> ms-b:80 allowed\n",
    )
    examples = set()
    for arguments in (["--help"], ["run", "--help"], ["check", "--help"]):
        examples |= set(re.findall(r"^  netpolspec (.*)$", project.run(*arguments).out, re.MULTILINE))
    assert len(examples) >= 9
    for example in examples:
        arguments = shlex.split(re.split(r"   +", example)[0])
        ended = project.run(*arguments)
        assert ended.status in {0, 1}, (example, ended.err)


# --- faults -------------------------------------------------------------------------------------------------------


def test_a_deleted_current_folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = project.folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert project.run("run", "x.nps").err.startswith("error: the current folder does not exist any more\n")
    monkeypatch.chdir(project.folder)


def test_a_fault_is_one_line_unless_all_of_it_is_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("netpolspec.plan.analyze.analyze", lambda *_: 1 / 0)
    ended = project.run("run", "specs")
    assert (ended.status, ended.out) == (3, "")
    assert ended.err.startswith(
        "error: netpolspec has a fault: ZeroDivisionError: division by zero\n  = help: please report"
    )
    assert "Traceback" not in ended.err
    assert "Traceback" in project.run("run", "specs", "-vv").err
    monkeypatch.setenv("NETPOLSPEC_DEBUG", "1")
    assert main(["run", "specs"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_point_that_nobody_knows_says_whose_policy_it_is(project: Project) -> None:
    policy = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: l7, namespace: ms-b}\nspec: {}\n"
    project.write("specs/l7.yaml", policy)
    project.write("specs/l7.nps", 'l7: world ; given manifest "l7.yaml" ; expect ms-a -> ms-b:80 denied\n')
    ended = project.run("run", "specs/l7.nps")
    assert ended.status == 1
    hint = (
        "the model does not know what CiliumNetworkPolicy ms-b/l7 (cilium.io/v2) decides; packets tell, with --on kind"
    )
    assert f"hint:\n        - {hint}" in ended.out
    assert "warning: CiliumNetworkPolicy ms-b/l7 (cilium.io/v2) is of a kind" in project.run("check", "specs").err


def test_a_service_that_nothing_answers_says_what_is_missing(project: Project) -> None:
    project.write(
        "specs/services.nps",
        """s: world
	given service by-name in ms-b port 80 -> https on app=nginx
	given service typo in ms-b port 80 -> 80 on app=ngnix
	given service alone in ms-b port 80 -> 80
	given service empty in ms-c port 80 -> 80 on app=nginx
	expect ms-a -> by-name.ms-b:80, typo.ms-b:80, alone.ms-b:80, empty.ms-c:80 allowed
""",
    )
    ended = project.run("run", "specs/services.nps")
    assert ended.status == 1
    assert re.findall(r'reason: "?Service (.*?)"?$', ended.out, re.MULTILINE) == [
        (
            "ms-b/by-name has no endpoints: port 80/TCP leads to a port called 'https', which none of its pods declares"
            "; they declare 80/TCP without a name"
        ),
        (
            "ms-b/typo has no endpoints: its selector matches no pod; "
            "the pod that comes nearest is ms-b/nginx-0: label app=nginx, wanted app=ngnix"
        ),
        (
            "ms-b/alone has no endpoints: it has no selector; "
            "neither Endpoints nor an EndpointSlice lists a ready address for it"
        ),
        "ms-c/empty has no endpoints: its selector matches no pod; namespace 'ms-c' has no pods",
    ]
