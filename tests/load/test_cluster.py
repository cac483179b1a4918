"""From objects to the cluster that they describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from load.reading import objects

from netpolspec.policy.cluster import assemble

if TYPE_CHECKING:
    from netpolspec.policy.objects import Cluster


def cluster(text: str, *, declare: bool = True) -> Cluster:
    """The cluster that a YAML text describes."""
    return assemble(objects(text), declare_namespaces=declare)


def workload(kind: str, name: str, more: str = "", owner: str = "", namespace: str = "shop") -> str:
    """A controller's manifest."""
    version = {"Job": "batch/v1", "ReplicationController": "v1"}.get(kind, "apps/v1")
    selector = "" if kind in {"Job", "ReplicationController"} else "selector: {matchLabels: {app: a}}, "
    owners = f", ownerReferences: [{owner}]" if owner else ""
    ends = "restartPolicy: Never, " if kind == "Job" else ""
    return (
        f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}{owners}}}\n"
        f"spec: {{{more}{selector}template: {{metadata: {{labels: {{app: a}}}}, "
        f"spec: {{{ends}" + "containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}}\n"
    )


def pod(name: str, owner: str = "", labels: str = "{app: a}", phase: str = "Running") -> str:
    """A pod's manifest."""
    owners = f", ownerReferences: [{owner}]" if owner else ""
    return (
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {labels}{owners}}}\n"
        f"spec: {{containers: [{{name: c, image: i}}]}}\nstatus: {{phase: {phase}}}\n"
    )


def controlled(kind: str, name: str, *, really: bool = True) -> str:
    """An owner reference."""
    flag = str(really).lower()
    return f'{{apiVersion: apps/v1, kind: {kind}, name: {name}, uid: "1", controller: {flag}}}'


def shown(made: Cluster) -> list[tuple[str, str, str]]:
    """Each pod with the kind and name of its workload."""
    return [(each.name, each.owner.kind, each.owner.name) for each in made.pods]


def test_replicas() -> None:
    made = cluster(workload("Deployment", "web", "replicas: 3, ") + workload("ReplicaSet", "rs", "replicas: 1, "))
    assert shown(made) == [
        ("web-0", "Deployment", "web"),
        ("web-1", "Deployment", "web"),
        ("web-2", "Deployment", "web"),
        ("rs-0", "ReplicaSet", "rs"),
    ]
    assert {each.label for each in made.pods} == {"shop/web-0", "shop/web-1", "shop/web-2", "shop/rs-0"}
    assert all(each.labels == {"app": "a"} and len(each.ports) == 1 and not each.finished for each in made.pods)


def test_no_replicas_no_pods() -> None:
    assert cluster(workload("Deployment", "web", "replicas: 0, ")).pods == ()


def test_stateful_set_names_its_pods() -> None:
    made = cluster(workload("StatefulSet", "db", "replicas: 2, ordinals: {start: 5}, "))
    assert [(each.name, dict(each.labels)) for each in made.pods] == [
        (
            f"db-{number}",
            {
                "app": "a",
                "statefulset.kubernetes.io/pod-name": f"db-{number}",
                "apps.kubernetes.io/pod-index": str(number),
            },
        )
        for number in (5, 6)
    ]


def test_job_labels_its_pods() -> None:
    made = cluster(workload("Job", "load", "parallelism: 2, "))
    assert [each.name for each in made.pods] == ["load-0", "load-1"]
    assert all(each.labels["job-name"] == each.labels["batch.kubernetes.io/job-name"] == "load" for each in made.pods)


def test_daemon_set_has_a_pod_on_each_node() -> None:
    assert [each.name for each in cluster(workload("DaemonSet", "agent")).pods] == ["agent-0"]
    nodes = "".join(f"---\napiVersion: v1\nkind: Node\nmetadata: {{name: node-{i}}}\n" for i in (1, 2))
    made = cluster(workload("DaemonSet", "agent") + nodes)
    assert [(each.name, each.template.node) for each in made.pods] == [("agent-0", "node-1"), ("agent-1", "node-2")]
    assert [node.name for node in made.nodes] == ["node-1", "node-2"]


def test_what_kubectl_get_all_prints() -> None:
    hashed = "{app: a, pod-template-hash: 5d8}"
    made = cluster(
        pod("web-5d8-aaaaa", controlled("ReplicaSet", "web-5d8"), hashed)
        + pod("web-5d8-bbbbb", controlled("ReplicaSet", "web-5d8"), hashed)
        + workload("Deployment", "web", "replicas: 2, ")
        + workload("ReplicaSet", "web-5d8", "replicas: 2, ", controlled("Deployment", "web"))
        + workload("ReplicaSet", "web-old", "replicas: 0, ", controlled("Deployment", "web"))
    )
    assert shown(made) == [("web-5d8-aaaaa", "Deployment", "web"), ("web-5d8-bbbbb", "Deployment", "web")]


def test_pods_and_deployment_without_the_replica_set() -> None:
    made = cluster(
        workload("Deployment", "web", "replicas: 5, ")
        + pod("web-5d8-aaaaa", controlled("ReplicaSet", "web-5d8"), "{app: a, pod-template-hash: 5d8}")
    )
    assert shown(made) == [("web-5d8-aaaaa", "Deployment", "web")]


def test_pods_whose_owner_is_not_there() -> None:
    made = cluster(
        pod("web-5d8-aaaaa", controlled("ReplicaSet", "web-5d8"), "{app: a, pod-template-hash: 5d8}")
        + pod("other", controlled("ReplicaSet", "x", really=False))
    )
    assert shown(made) == [("web-5d8-aaaaa", "ReplicaSet", "web-5d8"), ("other", "Pod", "other")]


def test_deployment_and_replica_set_without_pods() -> None:
    made = cluster(
        workload("Deployment", "web", "replicas: 2, ")
        + workload("ReplicaSet", "web-5d8", "replicas: 2, ", controlled("Deployment", "web"))
    )
    assert shown(made) == [("web-0", "Deployment", "web"), ("web-1", "Deployment", "web")]


def test_replica_set_whose_owner_is_not_there() -> None:
    made = cluster(workload("ReplicaSet", "web-5d8", "replicas: 1, ", controlled("Rollout", "web")))
    assert shown(made) == [("web-5d8-0", "Rollout", "web")]


def test_evicted_pods_do_not_replace_those_that_run() -> None:
    made = cluster(workload("StatefulSet", "db") + pod("db-9", controlled("StatefulSet", "db"), phase="Failed"))
    assert [(each.name, each.finished) for each in made.pods] == [("db-9", True), ("db-0", False)]


def test_finished_job_has_only_its_finished_pods() -> None:
    made = cluster(workload("Job", "load") + pod("load-x2x", controlled("Job", "load"), phase="Succeeded"))
    assert [(each.name, each.finished) for each in made.pods] == [("load-x2x", True)]


def test_owners_in_a_circle() -> None:
    made = cluster(
        workload("ReplicaSet", "a", owner=controlled("ReplicaSet", "b"))
        + workload("ReplicaSet", "b", owner=controlled("ReplicaSet", "a"))
    )
    assert made.pods == ()


def test_names_that_meet() -> None:
    made = cluster(pod("web-0") + workload("Deployment", "web") + workload("StatefulSet", "web"))
    assert len({(each.namespace, each.name) for each in made.pods}) == 3
    assert shown(made)[1:] == [("web-deployment-0", "Deployment", "web"), ("web-statefulset-0", "StatefulSet", "web")]


def test_same_names_in_two_namespaces() -> None:
    made = cluster(workload("Deployment", "web") + workload("Deployment", "web", namespace="other"))
    assert [each.label for each in made.pods] == ["shop/web-0", "other/web-0"]


NAMESPACES = """\
apiVersion: v1
kind: Namespace
metadata: {name: declared, labels: {team: a}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: of-policy}
spec: {podSelector: {}}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: of-service}
spec: {ports: [{port: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: of-foreign}
---
apiVersion: v1
kind: Endpoints
metadata: {name: s, namespace: of-endpoints}
subsets: [{addresses: [{ip: 192.0.2.1}]}]
"""


def test_undeclared_namespaces() -> None:
    text = NAMESPACES + pod("a") + workload("Deployment", "none", "replicas: 0, ", namespace="of-workload")
    made = cluster(text)
    assert sorted(made.namespaces) == [
        "declared",
        "of-endpoints",
        "of-foreign",
        "of-policy",
        "of-service",
        "of-workload",
        "shop",
    ]
    assert made.namespaces["declared"].labels == {"kubernetes.io/metadata.name": "declared", "team": "a"}
    assert made.namespaces["shop"].labels == {"kubernetes.io/metadata.name": "shop"}
    assert made.namespaces["shop"].origin is None
    assert list(cluster(text, declare=False).namespaces) == ["declared"]


def test_everything_else_is_passed_on() -> None:
    made = cluster(
        NAMESPACES
        + "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\n"
        + "metadata: {name: default}\nspec: {subject: {namespaces: {}}}\n"
    )
    assert [each.label for each in made.policies] == ["NetworkPolicy of-policy/p"]
    assert list(made.services) == [("of-service", "s")]
    assert [each.label for each in made.admin_policies] == ["BaselineAdminNetworkPolicy default"]
    assert [each.label for each in made.foreign_policies] == ["CiliumNetworkPolicy of-foreign/p (cilium.io/v2)"]
    assert [each.service for each in made.endpoints] == ["s"]


def test_a_later_object_replaces_an_earlier_one() -> None:
    first, second = (objects(pod("a", labels=f"{{version: {version}}}")) for version in ("one", "two"))
    made = assemble((*first, *second), declare_namespaces=True)
    assert [dict(each.labels) for each in made.pods] == [{"version": "two"}]


def test_the_origin_of_a_made_pod_is_its_workload() -> None:
    (made,) = cluster(workload("Deployment", "web")).pods
    assert made.origin.span.line == 2
