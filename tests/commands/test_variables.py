"""`NAME=value`, in every command that reads specs or Terraform folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import execute

SPEC = """\
world:
	given namespace ms-a
	given pod web in ms-a port $(PORT)

open: world
	expect ms-a -> ms-a:$(PORT) allowed
"""

MODULE = """\
variable "ns" {
  type = string
}
resource "kubernetes_namespace_v1" "a" {
  metadata {
    name = var.ns
  }
}
"""

PAGE = """\
<!-- netpolspec results x.nps{} -->
<!-- /netpolspec -->
"""

COMMANDS = (
    ("matrix", "x.nps::open"),
    ("matrix", "diff", "x.nps::open", "x.nps::open"),
    ("explain", "ms-a", "ms-a:81", "x.nps::open"),
    ("show", "x.nps::open"),
    ("render", "x.nps::open"),
    ("doc", "x.nps"),
    ("run", "x.nps"),
    ("check", "x.nps"),
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETPOLSPEC_TERRAFORM", "static")
    (tmp_path / "x.nps").write_text(SPEC)
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "main.tf").write_text(MODULE)
    (tmp_path / "m.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: m}}")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_variable_of_a_spec(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = execute(capsys, *command)
    assert (ended.status, "'PORT'" in ended.err) == (2, True)
    assert execute(capsys, *command, "PORT=81").status == 0
    ended = execute(capsys, *command, "PORT=81", "PROT=81")
    assert (ended.status, "no spec uses the variable 'PROT'" in ended.err) == (2, True)
    ended = execute(capsys, *command, "PORT:=81")
    assert (ended.status, "write 'PORT=81'" in ended.err) == (2, True)


@pytest.mark.parametrize("command", ["matrix", "render", "show", "check"])
def test_a_variable_of_a_terraform_folder(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(capsys, command, "t", "ns=shop").status == 0
    ended = execute(capsys, command, "t", "ns=shop", "sn=shop")
    assert (ended.status, "'sn'" in ended.err) == (2, True)


@pytest.mark.parametrize("command", ["matrix", "render", "show", "check"])
def test_manifests_have_no_variables(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = execute(capsys, command, "m.yaml", "ns=shop")
    assert (ended.status, "nothing here has the variable 'ns'" in ended.err) == (2, True)


def test_a_variable_of_a_text_beside_manifests(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(capsys, "check", "m.yaml", "-e", SPEC, "PORT=81").status == 0


def test_what_is_there_besides_a_plan_has_variables(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(Path(__file__).parent / "plans" / "closes.json")
    ended = execute(capsys, "plan-check", plan, "t")
    assert (ended.status, "give ns=VALUE" in ended.err) == (2, True)
    assert execute(capsys, "plan-check", plan, "t", "ns=shop").status == 0
    ended = execute(capsys, "plan-check", plan, "ns=shop")
    assert (ended.status, "nothing here has the variable 'ns'" in ended.err) == (2, True)


def test_a_page_says_how_to_run_it_with_its_variables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.nps").write_text(SPEC.replace("allowed", "denied"))
    assert "netpolspec run x.nps::open PORT=81" in execute(capsys, "doc", "x.nps", "PORT=81", "--html").out


def test_a_region_of_a_page_sets_variables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pages").mkdir()
    page = tmp_path / "pages" / "page.md"
    page.write_text(PAGE.format("").replace("x.nps", "../x.nps"))
    assert execute(capsys, "embed", "pages/page.md").status == 2
    page.write_text(PAGE.format(" PORT=81").replace("x.nps", "../x.nps"))
    assert execute(capsys, "embed", "pages/page.md").status == 0
    assert "| open |" in page.read_text()
