"""`netpolspec plan-check`: what a plan changes.

The plans in `plans/` are what `terraform show -json` printed of plans for three namespaces, ms-a, ms-b and ms-c, and
policies in ms-b; but for `first`, with a state in which something is there already.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from commands.conftest import Project
    from program import Ended

PLANS = Path(__file__).parent / "plans"
WEB = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: ms-b, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
"""


def check(project: Project, name: str, *arguments: str, edit: Callable[[dict[str, Any]], None] | None = None) -> Ended:
    """Run the command on one of the plans, or on an edited copy."""
    plan = json.loads((PLANS / f"{name}.json").read_text(encoding="utf-8"))
    if edit is not None:
        edit(plan)
    project.write("plan.json", json.dumps(plan))
    return project.run("plan-check", "plan.json", *arguments)


def test_what_is_opened_is_told_and_fails(project: Project) -> None:
    ended = check(project, "opens")
    assert ended.status == 1
    assert ended.out == (
        "objects that the plan changes:\n"
        "  ~ NetworkPolicy ms-b/allow-from  changed    kubernetes_network_policy.allow\n"
        "\n"
        "who reaches whom, by the model:\n"
        "! + ms-c/(any pod) -> ms-b/(any pod)  opens TCP 8080\n"
        "  - ms-a/(any pod) -> ms-b/(any pod)  closes TCP 80\n"
    )


def test_a_plan_on_standard_input(project: Project) -> None:
    text = (PLANS / "opens.json").read_text(encoding="utf-8")
    ended = project.run("plan-check", "-", stdin=text)
    assert (ended.status, ended.out) == (1, check(project, "opens").out)


def test_what_may_be_opened(project: Project) -> None:
    ended = check(project, "opens", "--allow-open", "ms-c -> ms-b:8080")
    assert ended.status == 0
    assert "  + ms-c/(any pod) -> ms-b/(any pod)  opens TCP 8080\n" in ended.out
    assert check(project, "opens", "--allow-open", "ms-a -> ms-b:8080").status == 1


def test_what_only_closes_is_well(project: Project) -> None:
    ended = check(project, "closes")
    assert ended.status == 0
    assert "  - NetworkPolicy ms-b/allow-from  deleted    kubernetes_network_policy.allow\n" in ended.out
    assert "  - ms-a/(any pod) -> ms-b/(any pod)  closes TCP 80\n" in ended.out


def test_a_first_plan_opens_what_it_makes(project: Project) -> None:
    ended = check(project, "first")
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert lines[1] == "  + NetworkPolicy ms-b/deny-from-any  created    kubernetes_network_policy.deny"
    assert "  + ms-b/(any pod) is new" in lines
    assert not [line for line in lines if "-> ms-b/(any pod)" in line]


def test_workloads_that_are_not_in_the_plan(project: Project) -> None:
    project.write("web.yaml", WEB)
    ended = check(project, "opens", "web.yaml")
    assert "! + ms-c/(any pod) -> ms-b/web  opens TCP 8080\n" in ended.out
    assert "ms-b/(any pod)" not in ended.out


def test_json(project: Project) -> None:
    ended = check(project, "opens", "--format", "json")
    assert ended.status == 1
    told = json.loads(ended.out)
    assert told["objects"] == [
        {
            "object": "NetworkPolicy ms-b/allow-from",
            "action": "changed",
            "address": "kubernetes_network_policy.allow",
        }
    ]
    (opened,) = told["reachability"]["opened"]
    assert opened == {
        "sources": ["ms-c/(any pod)"],
        "destinations": ["ms-b/(any pod)"],
        "ports": {"TCP": [[8080, 8080]], "UDP": [], "SCTP": []},
    }
    assert told["reachability"]["not_allowed"] == [opened]


def test_what_leaves_the_state_stays_in_the_cluster(project: Project) -> None:
    def forget(plan: dict[str, Any]) -> None:
        for change in plan["resource_changes"]:
            if change["change"]["actions"] == ["delete"]:
                change["change"]["actions"] = ["forget"]

    ended = check(project, "closes", edit=forget)
    assert ended.status == 0
    assert "  ? NetworkPolicy ms-b/allow-from  forgotten  kubernetes_network_policy.allow\n" in ended.out
    assert ended.out.endswith("  no difference\n")


def test_nothing_is_changed(project: Project) -> None:
    def keep(plan: dict[str, Any]) -> None:
        plan["planned_values"] = plan["prior_state"]["values"]
        for change in plan["resource_changes"]:
            change["change"]["actions"] = ["no-op"]

    ended = check(project, "closes", edit=keep)
    assert ended.status == 0
    assert ended.out.startswith("the plan changes no policy, namespace, workload or Service\n")
    assert ended.out.endswith("  no difference\n")


@pytest.mark.parametrize(("action", "status"), [("no-op", 0), ("update", 2)])
def test_what_is_not_read_and_not_changed_is_left_out(project: Project, action: str, status: int) -> None:
    def add_release(plan: dict[str, Any]) -> None:
        release = {"address": "helm_release.shop", "mode": "managed", "type": "helm_release", "name": "shop"}
        plan["planned_values"]["root_module"]["resources"].append({**release, "values": {"name": "shop"}})
        held = {"actions": [action], "before": {"name": "shop"}, "after": {"name": "shop"}}
        plan["resource_changes"].append({**release, "change": held})

    ended = check(project, "closes", edit=add_release)
    assert ended.status == status
    assert "helm_release.shop" in ended.err
    assert ended.err.startswith("warning: " if status == 0 else "error: ")
    assert ended.err.count("helm_release.shop' is not read") + ended.err.count("and 'helm_release.shop' may hold") == 1


def test_what_is_planned_is_linted(project: Project) -> None:
    def isolate(plan: dict[str, Any]) -> None:
        for resource in plan["planned_values"]["root_module"]["resources"]:
            if resource["name"] == "deny":
                resource["values"]["spec"][0]["policy_types"] = ["Egress"]

    ended = check(project, "opens", edit=isolate)
    assert ended.err.startswith("warning: the pods that NetworkPolicy ms-b/deny-from-any isolates for egress reach")
    assert check(project, "opens", "--ignore", "egress-without-dns", edit=isolate).err == ""


@pytest.mark.parametrize("format_", ["text", "json"])
def test_sensitive_values_are_not_shown(project: Project, format_: str) -> None:
    ended = check(project, "sensitive", "--format", format_, "-vv")
    assert "(sensitive value)" in ended.out
    assert "hush-hush" not in ended.out + ended.err


def test_a_broken_plan_is_not_drawn(project: Project) -> None:
    text = (PLANS / "sensitive.json").read_text(encoding="utf-8")
    project.write("plan.json", text.replace('"hush-hush"', '"hush-hush'))
    ended = project.run("plan-check", "plan.json")
    assert ended.status == 2
    assert "error: not valid JSON" in ended.err
    assert "hush" not in ended.err


def test_the_command_line(project: Project) -> None:
    assert "needs the JSON of a plan" in project.run("plan-check").err
    assert check(project, "opens", "--format", "yaml").status == 2
    assert check(project, "opens", "--ignore", "no-such-lint").status == 2
    assert project.run("plan-check", "specs/tenants.nps").status == 2
    assert project.run("plan-check", "none.json").status == 2
