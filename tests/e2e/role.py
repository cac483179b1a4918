"""Somebody who has the rights that the documentation names, and no others."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netpolspec.backends import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.backends.kubectl import Kubectl

PAGE = Path(__file__).parents[2] / "docs" / "rbac.md"
RBAC = "apiVersion: rbac.authorization.k8s.io/v1"
ACCOUNT = f"""\
apiVersion: v1
kind: Namespace
metadata: {{name: WHO}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: runner, namespace: WHO}}
---
{RBAC}
kind: RoleBinding
metadata: {{name: WHO, namespace: default}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: WHO}}
subjects: [{{kind: ServiceAccount, name: runner, namespace: WHO}}]
---
{RBAC}
kind: ClusterRoleBinding
metadata: {{name: WHO}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: WHO}}
subjects: [{{kind: ServiceAccount, name: runner, namespace: WHO}}]
"""
READS = f"""\
---
{RBAC}
kind: ClusterRoleBinding
metadata: {{name: WHO-reads}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: WHO-reads}}
subjects: [{{kind: ServiceAccount, name: runner, namespace: WHO}}]
---
{RBAC}
kind: ClusterRole
metadata: {{name: WHO-reads}}
rules:
"""


def manifests(who: str, *, reads: bool) -> str:
    """The roles of the page, and an account that has them; `reads`: the rules for `given cluster`, too."""
    roles, rules = (block.split("\n```")[0] for block in PAGE.read_text("utf-8").split("```yaml")[1:])
    roles = roles.replace("\n  name: netpolspec\n", "\n  name: WHO\n")
    more = READS + rules.removeprefix(" form\n") if reads else ""
    return f"{ACCOUNT}---{roles}\n{more}\n".replace("WHO", who)


@contextlib.contextmanager
def somebody(kubectl: Kubectl, who: str, *, reads: bool = False) -> Iterator[Kubectl]:
    """A kubectl for a new service account that has the documented role.

    Args:
        kubectl: of somebody who may hand out rights
        who: what everything that is made for it is called
        reads: whether it has the rights for `given cluster`, too
    """
    text = manifests(who, reads=reads)
    try:
        kubectl.check("apply", "-f", "-", stdin=text)
        token = kubectl.check("-n", who, "create", "token", "runner", "--duration=6h").strip()
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "config"
            config.touch(0o600)
            config.write_text(kubectl.check("config", "view", "--raw", "--minify", "--flatten"), "utf-8")
            theirs = replace(kubectl, kubeconfig=str(config))
            user = tree.text(tree.rows(theirs.read("config", "view"), "contexts")[0], "context", "user")
            theirs.check("config", "unset", f"users.{user}")
            theirs.check("config", "set-credentials", user, f"--token={token}")
            yield theirs
    finally:
        kubectl.run("delete", "--ignore-not-found", "--timeout=60s", "-f", "-", stdin=text, timeout=70)
