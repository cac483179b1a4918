"""What CI systems make of the files that tell them what to do: their structure, and the scripts that they run.

The schemas of GitHub and GitLab are not at hand, so what is checked is what these examples use. Scripts run as they
are, but for lines that install netpolspec itself.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import yaml
from docs.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALLS = re.compile(r"^\s*(?:- )?(?:python -m )?(?:pip|pipx|apt-get|sudo) .*$", re.MULTILINE)
NEEDS_CLUSTER = re.compile(r"--on (?:kind|cluster)|netpolspec up")
EXPRESSIONS = {"${{ github.base_ref }}": "main"}
ACTION = re.compile(r"[\w.-]+/[\w./-]+@(?:v\d+|[0-9a-f]{40})")
JOB_KEYS = {"name", "runs-on", "timeout-minutes", "permissions", "needs", "if", "env", "steps", "container", "strategy"}
STEP_KEYS = {"name", "uses", "with", "run", "if", "env", "id", "continue-on-error", "working-directory"}
GITLAB_KEYS = {
    "image",
    "stage",
    "needs",
    "rules",
    "variables",
    "before_script",
    "script",
    "artifacts",
    "services",
    "tags",
}


def read_ci(name: str, text: str) -> list[str]:
    """The scripts that a CI system would run, one for each step, without those that take a cluster.

    Raises:
        AssertionError: the system would refuse it.
    """
    if name == "steps.yml":
        found = list(_steps(yaml.safe_load(text)))
    elif name.startswith(".github/workflows/"):
        found = list(_workflow(yaml.safe_load(text)))
    elif name == ".gitlab-ci.yml":
        found = list(_gitlab(yaml.safe_load(text)))
    elif name == "Jenkinsfile":
        found = list(_jenkinsfile(text))
    elif name == ".pre-commit-config.yaml":
        found = list(_pre_commit(yaml.safe_load(text)))
    else:
        return []
    scripts = [INSTALLS.sub("", script) for script in found]
    return [script for script in scripts if script.strip() and not NEEDS_CLUSTER.search(script)]


def _workflow(workflow: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax."""
    workflow["on"] = workflow.pop(True, workflow.get("on"))  # `on` is true in YAML 1.1; GitHub reads 1.2
    assert workflow["on"]
    assert workflow.keys() <= {"name", "on", "jobs", "permissions", "env", "concurrency", "defaults"}
    for job in workflow["jobs"].values():
        assert job.keys() <= JOB_KEYS, job.keys() - JOB_KEYS
        assert job["runs-on"]
        yield from _steps(job["steps"])


def _steps(steps: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    assert isinstance(steps, list)
    assert steps
    for step in steps:
        assert step.keys() <= STEP_KEYS, step.keys() - STEP_KEYS
        assert ("uses" in step) != ("run" in step), step
        if "uses" in step:
            assert ACTION.fullmatch(step["uses"]), step["uses"]
            continue
        script = step["run"]
        for expression, value in EXPRESSIONS.items():
            script = script.replace(expression, value)
        assert "${{" not in script, script
        yield script


def _gitlab(pipeline: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    """https://docs.gitlab.com/ci/yaml/."""
    for name, job in pipeline.items():
        if name in {"image", "variables", "stages", "default", "include", "workflow"}:
            continue
        assert job.keys() <= GITLAB_KEYS, job.keys() - GITLAB_KEYS
        lines = [*job.get("before_script", ()), *job["script"]]
        assert all(isinstance(line, str) for line in lines), lines
        yield "\n".join(lines)


def _pre_commit(config: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    """https://pre-commit.com/#adding-pre-commit-plugins-to-your-project; tests/docs/test_hooks.py has the real one."""
    offered = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    for repo in config["repos"]:
        assert repo.keys() == {"repo", "rev", "hooks"}
        for hook in repo["hooks"]:
            assert hook.keys() <= {"id", "args"}
            if "types" not in offered[hook["id"]]:  # which wants the names of files
                yield shlex.join([*offered[hook["id"]]["entry"].split(), *hook.get("args", ())])


def _jenkinsfile(text: str) -> Iterator[str]:
    """What a pipeline has a shell run: `sh '...'`."""
    assert text.startswith("pipeline {")
    assert text.count("{") == text.count("}")
    scripts = [one or many for many, one in re.findall(r"\bsh '''(.*?)'''|\bsh '([^'\n]+)'", text, re.DOTALL)]
    assert scripts
    yield from (script.replace("\\$", "$") for script in scripts)


def artifacts(name: str, text: str) -> set[str]:
    """The files that a CI system collects when the scripts have run."""
    if name.startswith(".github/workflows/"):
        jobs = yaml.safe_load(text)["jobs"].values()
        paths = [
            step.get("with", {}).get("path", "")
            for job in jobs
            for step in job["steps"]
            if "upload" in step.get("uses", "")
        ]
        return {path for text in paths for path in text.split()}
    if name == ".gitlab-ci.yml":
        kept = [job["artifacts"] for job in yaml.safe_load(text).values() if "artifacts" in job]
        return {path for each in kept for path in (*each.get("paths", ()), *each.get("reports", {}).values())}
    if name == "Jenkinsfile":
        return set(re.findall(r"(?:junit|testResults:|artifacts:)\s*'([^']+)'", text))
    return set()
