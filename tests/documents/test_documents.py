"""Documents as specs, from the command line: what runs, where failures are, and which policies can be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from program import Ended, execute

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = """\
# Guide

```nps
world:
	given namespace ms-a namespace=ms-a
	given namespace ms-b namespace=ms-b
	given deployment nginx in ms-b app=nginx port 80
```

1. First nobody gets in:

   ```yaml
   apiVersion: networking.k8s.io/v1
   kind: NetworkPolicy
   metadata:
     name: gate
   spec:
     podSelector: {}
   ---
   kind: NetworkPolicy
   apiVersion: networking.k8s.io/v1
   metadata: {name: other}
   spec: {podSelector: {}, policyTypes: [Egress]}
   ```

   ```nps
   ## Nobody.
   closed: world
     given policy gate in ms-b
     expect ms-a -> ms-b:80 denied
   ```

> Then somebody does:
>
> ```hcl
> variable "namespace" { type = string }
> variable "from" { default = "ms-a" }
> resource "kubernetes_network_policy_v1" "this" {
>   metadata {
>     name      = "gate"
>     namespace = var.namespace
>   }
>   spec {
>     pod_selector {}
>     policy_types = ["Ingress"]
>     ingress {
>       from {
>         namespace_selector {
>           match_labels = { namespace = var.from }
>         }
>       }
>     }
>   }
> }
> ```

```nps
opened: world
	given policy gate in ms-b
	expect ms-a -> ms-b:80 allowed
	expect ms-b -> ms-b:80 denied

turned: world
	given policy gate in ms-b from=ms-b
	expect ms-a -> ms-b:80 denied
```
"""


class Place:
    """A folder with a document, as the current folder."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys

    def write(self, text: str, name: str = "guide.md") -> None:
        (self.path / name).write_text(text, "utf-8")

    def run(self, *arguments: str) -> Ended:
        return execute(self._capsys, *arguments)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    monkeypatch.delenv("HARNESS_ACTIVE", raising=False)
    monkeypatch.chdir(tmp_path)
    made = Place(tmp_path, capsys)
    made.write("", "pyproject.toml")
    made.write(GUIDE)
    return made


def test_a_document_runs_as_one_spec(place: Place) -> None:
    status, out, err = place.run("run", "guide.md")
    assert (status, err) == (0, "")
    assert [line for line in out.splitlines() if line.startswith(("1..", "ok"))] == [
        "1..3",
        "ok 1 - closed: Nobody.",
        "ok 2 - opened",
        "ok 3 - turned",
    ]


def test_failures_are_at_the_lines_of_the_document(place: Place) -> None:
    place.write(GUIDE.replace("ms-b:80 denied\n   ```", "ms-b:80 allowed\n   ```"))
    line = GUIDE.splitlines().index("     expect ms-a -> ms-b:80 denied") + 1
    status, out, _ = place.run("run", "guide.md", "-k", "closed")
    assert status == 1
    assert f"file: guide.md\n        line: {line}\n        column: 13\n" in out
    assert (
        f"file: guide.md\n          line: {GUIDE.splitlines().index('   apiVersion: networking.k8s.io/v1') + 1}\n"
        in out
    )


def test_a_policy_in_terraform_decides_at_its_line(place: Place) -> None:
    place.write(
        GUIDE.replace("from=ms-b\n\texpect ms-a -> ms-b:80 denied", "from=ms-b\n\texpect ms-a -> ms-b:80 allowed")
    )
    _, out, _ = place.run("run", "guide.md", "-k", "turned")
    line = next(n for n, text in enumerate(GUIDE.splitlines(), 1) if "kubernetes_network_policy_v1" in text)
    assert "policy: NetworkPolicy ms-b/gate" in out
    assert f"line: {line}\n" in out


def test_scenarios_of_a_document_are_picked_by_name_and_line(place: Place) -> None:
    line = GUIDE.splitlines().index("turned: world") + 2
    for picked, name in (("guide.md::closed", "closed"), (f"guide.md:{line}", "turned")):
        status, out, err = place.run("run", picked)
        assert (status, err) == (0, "")
        assert f"# Subtest: {name}" in out


def test_check_reads_documents_and_specs_include_them(place: Place) -> None:
    assert place.run("check", "guide.md")[0] == 0
    place.write("include guide.md\nmore: world ; expect ms-a -> ms-b:80 allowed\n", "more.nps")
    status, out, err = place.run("run", "more.nps")
    assert (status, err) == (0, "")
    assert "ok 1 - more" in out


def test_a_folder_does_not_run_its_documents(place: Place) -> None:
    place.write("x: ; expect default -> kube-dns.kube-system:53 allowed\n", "x.nps")
    _, out, _ = place.run("run", ".")
    assert "1..1\n" in out


def test_messages_point_into_the_document(place: Place) -> None:
    place.write(GUIDE.replace("given policy gate in ms-b\n     expect", "given policy gat in ms-b\n     expect"))
    status, out, err = place.run("run", "guide.md")
    assert (status, out) == (2, "")
    assert "unknown policy 'gat'" in err
    assert "--> guide.md:29:19" in err


@pytest.mark.parametrize(
    ("old", "new", "message", "at"),
    [
        (
            "name: gate\n   spec:\n     podSelector: {}",
            "name: gate\n   spec:\n     podSelektor: {}",
            "podSelektor",
            "18:6",
        ),
        ("name: gate\n   spec:\n     podSelector: {}", "name: gate\n   spec:\n     - [", "not valid YAML", "19:4"),
        ('policy_types = ["Ingress"]', 'policy_typs = ["Ingress"]', "policy_typs", "45:7"),
        ("pod_selector {}", "pod_selector {", "this block is not closed", "38:50"),
        ("from=ms-b\n", "form=ms-b\n", "has no variable 'form'", "64:33"),
    ],
)
def test_what_is_wrong_in_a_block(place: Place, old: str, new: str, message: str, at: str) -> None:
    place.write(GUIDE.replace(old, new))
    status, _, err = place.run("check", "guide.md")
    assert status == 2
    assert message in err
    assert f"--> guide.md:{at}\n" in err
    assert err.endswith("\n1 error\n")


def test_blocks_that_nobody_names_may_be_anything(place: Place) -> None:
    place.write(f"```yaml\n- [\n```\n\n```hcl\n]]\n```\n\n```yaml\nkind: NetworkPolicy # gat\n: [\n```\n\n{GUIDE}")
    assert place.run("run", "guide.md")[0] == 0


def test_a_policy_can_only_be_given_below_its_block(place: Place) -> None:
    yaml = GUIDE[GUIDE.index("   ```yaml") : GUIDE.index("   ```nps\n   ## Nobody")]
    place.write(GUIDE.replace(yaml, "").replace("> Then", f"1. late\n\n{yaml}\n> Then"))
    status, _, err = place.run("run", "guide.md", "-k", "closed")
    assert status == 2
    assert "unknown policy 'gate'" in err
    assert "has it: a policy is given below its block" in err
    place.write(GUIDE.replace("given policy gate", "given policy wicket"))
    _, _, err = place.run("run", "guide.md", "-k", "closed")
    assert "the 'yaml' and 'hcl' blocks above do not have it either" in err


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("# Nothing\n", "a spec in Markdown is a fenced code block: ```nps"),
        ("```\nexpect a -> b:80 denied\n```\n", "the block at line 1 looks like one"),
    ],
)
def test_a_document_without_specs_is_said_to_be_one(place: Place, text: str, hint: str) -> None:
    place.write(text)
    status, out, err = place.run("run", "guide.md")
    assert (status, out) == (2, "")
    assert "there is no block of specs in 'guide.md'" in err
    assert hint in err
