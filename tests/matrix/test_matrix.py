"""The views of a reachability, and what they have in common."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netpolspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
SHOP = HERE.parent / "contract" / "matrix"


@pytest.fixture
def matrix(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `netpolspec matrix` in the shop's folder: exit status, stdout, stderr."""
    monkeypatch.chdir(SHOP)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["matrix", *arguments])
        return status, *capfd.readouterr()

    return run


def pairs(text: str) -> dict[tuple[str, str], Any]:
    return {(pair["source"], pair["destination"]): pair["allowed"] for pair in json.loads(text)["pairs"]}


@pytest.mark.parametrize("form", ["table", "csv", "dot", "mermaid", "html"])
def test_form(form: str, matrix: Callable[..., tuple[int, str, str]], golden: Callable[[Path, str], None]) -> None:
    status, out, _ = matrix(".", "--format", form)
    assert status == 0
    golden(HERE / f"shop.{form}", out)


def test_a_table_fits_a_terminal(matrix: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    names = [f"a-rather-long-name-for-a-workload-{n}" for n in range(30)]
    documents = []
    for n, name in enumerate(names):
        documents.append(
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}\n"
            f"spec: {{containers: [{{name: c, image: x}}]}}"
        )
        if n:
            before = f"{{podSelector: {{matchLabels: {{app: {names[n - 1]}}}}}}}"
            documents.append(
                f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\n"
                f"spec: {{podSelector: {{matchLabels: {{app: {name}}}}}, ingress: [{{from: [{before}]}}]}}"
            )
    (tmp_path / "world.yaml").write_text("\n---\n".join(documents))
    status, out, _ = matrix(str(tmp_path))
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("a-rather-long-name") >= 30


def test_equal_rows_are_folded(matrix: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, namespace: a}}\n"
    pod += "spec: {{containers: [{{name: c, image: x}}]}}\n"
    (tmp_path / "world.yaml").write_text("---\n".join(pod.format(n=n) for n in range(20)))
    _, out, _ = matrix(str(tmp_path))
    assert "a/p0 +19" in out
    assert len(out.splitlines()) < 8


def test_color_marks_what_is_allowed(matrix: Callable[..., tuple[int, str, str]]) -> None:
    assert "\x1b[32m.\x1b[0m" in matrix(".", "--color", "always")[1]
    assert "\x1b" not in matrix(".")[1]


def test_from_to_and_focus(matrix: Callable[..., tuple[int, str, str]]) -> None:
    whole = pairs(matrix(".", "--format", "json")[1])
    by_source = pairs(matrix(".", "--format", "json", "--from", "shop/web")[1])
    by_namespace = pairs(matrix(".", "--format", "json", "--to", "ops")[1])
    by_glob = pairs(matrix(".", "--format", "json", "--from", "shop/*", "--to", "*/db")[1])
    focused = pairs(matrix(".", "--format", "json", "--focus", "ops/probe")[1])
    assert by_source == {pair: ports for pair, ports in whole.items() if pair[0] == "shop/web"}
    assert by_namespace == {pair: ports for pair, ports in whole.items() if pair[1] == "ops/probe"}
    assert by_glob == {("shop/web", "shop/db"): whole["shop/web", "shop/db"]}
    assert focused == {pair: ports for pair, ports in whole.items() if "ops/probe" in pair}
    assert len(whole) == 6
    assert len(focused) == 4


def test_one_port(matrix: Callable[..., tuple[int, str, str]]) -> None:
    found = pairs(matrix(".", "--format", "json", "--port", "9005")[1])
    assert found["shop/web", "shop/db"] == {"TCP": [[9005, 9005]], "UDP": [], "SCTP": []}
    assert found["shop/web", "ops/probe"]["TCP"] == [[9005, 9005]]
    assert found["ops/probe", "shop/db"]["TCP"] == []


def test_classes_say_the_same_as_pairs(matrix: Callable[..., tuple[int, str, str]]) -> None:
    whole = pairs(matrix(".", "--format", "json", "--external")[1])
    document = json.loads(matrix(".", "--format", "json", "--external", "--form", "classes")[1])
    members = {one["id"]: one["members"] for one in document["classes"]}
    spread = {
        (source, destination): pair["allowed"]
        for pair in document["pairs"]
        for source in members[pair["source"]]
        for destination in members[pair["destination"]]
        if source != destination
    }
    assert spread == whole


def test_csv_says_the_same_as_json(matrix: Callable[..., tuple[int, str, str]]) -> None:
    whole = pairs(matrix(".", "--format", "json")[1])
    rows = list(csv.DictReader(io.StringIO(matrix(".", "--format", "csv")[1])))
    assert {(row["source"], row["destination"]) for row in rows} == set(whole)
    row = next(row for row in rows if row["destination"] == "shop/db" and row["source"] == "shop/web")
    assert row["tcp"] == "5432 9000-9010"


def test_summary_counts_every_pair(matrix: Callable[..., tuple[int, str, str]]) -> None:
    counts = json.loads(matrix(".", "--summary", "--format", "json")[1])
    assert counts["pairs"] == 6
    assert counts["allowed"] + counts["partly_allowed"] + counts["denied"] + counts["undecided"] == 6


def test_dot_is_read_by_graphviz(matrix: Callable[..., tuple[int, str, str]]) -> None:
    dot = shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz is not installed")
    done = subprocess.run(
        [dot, "-Tsvg"], input=matrix(".", "--format", "dot")[1].encode(), capture_output=True, check=True
    )
    assert b"<svg" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to read"),
        ((".", "--format", "yaml"), "there is no 'yaml'"),
        ((".", "--by", "pods"), "did you mean 'pod'?"),
        ((".", "--port", "http"), "'http' is no port"),
        ((".", "--from", "shp/web"), "did you mean 'shop/web'?"),
        ((".", "--form", "classes"), "'--form classes' goes with '--format json'"),
        ((".", "--allow-open", "a -> b"), "goes with 'netpolspec matrix diff"),
        (("diff", "."), "compares two things"),
        (("diff", ".", ".", "--allow-open", "a b"), "is not of the form"),
    ],
)
def test_wrong_command_line(
    matrix: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = matrix(*arguments)
    assert status == 2
    assert out == ""
    assert message in err
    assert "help:" in err


def test_a_path_that_is_not_there(matrix: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = matrix("nowhere")
    assert (status, out) == (2, "")
    assert "there is no file 'nowhere'" in err


def test_an_object_in_two_paths_is_refused(matrix: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = matrix("world.yaml", ".")
    assert (status, out) == (2, "")
    assert "twice" in err


def test_the_world_of_a_scenario(matrix: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE.parent.parent / "specs")
    found = pairs(matrix("deny-from-any.nps::deny-from-any", "--format", "json")[1])
    assert found["kube-system/coredns", "ms-b/nginx"] == {"TCP": [], "UDP": [], "SCTP": []}
    status, _, err = matrix("deny-from-any.nps::deny-from-all")
    assert status == 2
    assert "did you mean 'deny-from-any'?" in err


# --- diff ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def after(tmp_path: Path) -> Path:
    """The shop after somebody opened port 22 of the database to everybody in the shop, and closed port 9000 up."""
    text = (SHOP / "world.yaml").read_text()
    changed = text.replace("{port: 5432}, {port: 9000, endPort: 9010}", "{port: 5432}")
    changed += """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ssh, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 22}]}]
"""
    assert changed != text
    (tmp_path / "world.yaml").write_text(changed)
    return tmp_path


def test_diff_tells_what_a_change_opens_and_closes(matrix: Callable[..., tuple[int, str, str]], after: Path) -> None:
    status, out, _ = matrix("diff", ".", str(after))
    assert status == 1
    assert out.splitlines() == [
        "! + ops/probe -> shop/db  opens TCP 22",
        "! + shop/web -> shop/db  opens TCP 22",
        "  - shop/web -> shop/db  closes TCP 9000-9010",
    ]


def test_diff_back_closes_only(matrix: Callable[..., tuple[int, str, str]], after: Path) -> None:
    document = json.loads(matrix("diff", str(after), ".", "--format", "json")[1])
    assert [one["ports"]["TCP"] for one in document["opened"]] == [[[9000, 9010]]]
    assert len(document["closed"]) == 2


def test_diff_with_allowances(matrix: Callable[..., tuple[int, str, str]], after: Path, tmp_path: Path) -> None:
    one = matrix("diff", ".", str(after), "--allow-open", "ops/* -> shop/db:22")
    assert one[0] == 1
    assert "! + shop/web" in one[1]
    assert "  + ops/probe" in one[1]
    listed = tmp_path / "allowed.txt"
    listed.write_text("# who may log in\nops/* -> shop/db:22\nshop -> shop/db\n")
    assert matrix("diff", ".", str(after), "--allow-open", f"@{listed}")[0] == 0
    assert matrix("diff", ".", str(after), "--allow-open", "* -> *:23")[0] == 1


def test_diff_of_the_same_is_nothing(matrix: Callable[..., tuple[int, str, str]]) -> None:
    assert matrix("diff", ".", ".", "--external")[:2] == (0, "no difference\n")


def test_diff_outside(matrix: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    gate = (HERE.parent / "contract" / "matrix-external" / "world.yaml").read_text()
    (tmp_path / "before.yaml").write_text(gate)
    (tmp_path / "after.yaml").write_text(gate.replace("203.0.113.128/25", "203.0.113.192/26"))
    status, out, _ = matrix("diff", str(tmp_path / "before.yaml"), str(tmp_path / "after.yaml"), "--external")
    assert status == 1
    assert out == "! + ip:203.0.113.128-203.0.113.191 -> edge/gate  opens TCP 443\n"


def test_diff_counts_a_new_workload_as_opened(matrix: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(
        (SHOP / "world.yaml").read_text()
        + """
---
apiVersion: v1
kind: Pod
metadata: {name: new, namespace: ops}
spec: {containers: [{name: c, image: x}]}
"""
    )
    status, out, _ = matrix("diff", ".", str(tmp_path))
    assert status == 1
    assert "  + ops/new is new" in out
    assert "ops/new" in out.splitlines()[1]


def test_what_the_answers_rest_on_is_told(matrix: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    world = (
        (SHOP / "world.yaml").read_text()
        + """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: block, namespace: ops}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
"""
    )
    (tmp_path / "world.yaml").write_text(world)
    told = "pod-without-address=outside-blocks"
    assert told in matrix(str(tmp_path))[1]
    assert told in matrix(str(tmp_path), "--format", "html")[1]
    _, out, err = matrix(str(tmp_path), "--format", "json")
    assert told in err
    assert told not in out
    assert told not in "".join(matrix(".")[1:])
