"""What the API server accepts, and what becomes of it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from load.reading import accept, objects, plain, read

from netpolspec.diagnostics import Severity
from netpolspec.policy.objects import (
    BlockPeer,
    ContainerPort,
    Direction,
    Endpoints,
    ForeignPolicy,
    Namespace,
    NetworkPolicy,
    Node,
    Operator,
    Pod,
    PodPeer,
    Protocol,
    Requirement,
    Selector,
    Service,
    ServicePort,
    ServiceType,
    Workload,
    WorkloadRef,
)

IN, EX = Direction.INGRESS, Direction.EGRESS


def policy(spec: str) -> NetworkPolicy:
    """The policy of a spec in flow style."""
    text = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n"
    (made,) = objects(text)
    assert isinstance(made, NetworkPolicy)
    return made


@pytest.mark.parametrize(
    ("spec", "types"),
    [
        ("{podSelector: {}}", {IN}),
        ("{podSelector: {}, policyTypes: []}", {IN}),
        ("{podSelector: {}, policyTypes: null}", {IN}),
        ("{podSelector: {}, egress: []}", {IN}),
        ("{podSelector: {}, egress: null}", {IN}),
        ("{podSelector: {}, egress: [{}]}", {IN, EX}),
        ("{podSelector: {}, egress: [null]}", {IN, EX}),
        ("{podSelector: {}, ingress: [{}]}", {IN}),
        ("{podSelector: {}, policyTypes: [Egress]}", {EX}),
        ("{podSelector: {}, policyTypes: [Egress], ingress: [{}]}", {EX}),
        ("{podSelector: {}, policyTypes: [Ingress, Egress]}", {IN, EX}),
        ("{podSelector: {}, policyTypes: [Ingress, Ingress]}", {IN}),
        ("{}", {IN}),
        ("null", {IN}),
    ],
)
def test_policy_types(spec: str, types: set[Direction]) -> None:
    assert policy(spec).types == types


def test_policy_without_spec_selects_everything() -> None:
    (made,) = objects("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n")
    assert isinstance(made, NetworkPolicy)
    assert (made.pods, made.ingress, made.egress) == (Selector(), (), ())


@pytest.mark.parametrize("rules", ["", "ingress: []", "ingress: null"])
def test_no_rules(rules: str) -> None:
    assert policy(f"{{podSelector: {{}}, {rules}}}").ingress == ()


@pytest.mark.parametrize("rule", ["{}", "null", "{from: [], ports: []}", "{from: null, ports: null}"])
def test_rule_about_everything(rule: str) -> None:
    (made,) = policy(f"{{podSelector: {{}}, ingress: [{rule}]}}").ingress
    assert (made.peers, made.ports) == ((), ())


@pytest.mark.parametrize(
    ("written", "protocol", "port", "end"),
    [
        ("{port: 80}", Protocol.TCP, 80, None),
        ("{port: 80.0}", Protocol.TCP, 80, None),
        ("{port: 0x50}", Protocol.TCP, 80, None),
        ("{port: 1, endPort: 65535}", Protocol.TCP, 1, 65535),
        ("{port: 80, endPort: 80}", Protocol.TCP, 80, 80),
        ("{port: http, protocol: UDP}", Protocol.UDP, "http", None),
        ("{port: a-b-c-d-e-f-g-h}", Protocol.TCP, "a-b-c-d-e-f-g-h", None),
        ("{port: 8a}", Protocol.TCP, "8a", None),
        ("{protocol: SCTP}", Protocol.SCTP, None, None),
        ("{}", Protocol.TCP, None, None),
        ("null", Protocol.TCP, None, None),
        ("{protocol: null, port: null, endPort: null}", Protocol.TCP, None, None),
    ],
)
def test_port(written: str, protocol: Protocol, port: int | str | None, end: int | None) -> None:
    (rule,) = policy(f"{{podSelector: {{}}, ingress: [{{ports: [{written}]}}]}}").ingress
    assert [(match.protocol, match.port, match.end) for match in rule.ports] == [(protocol, port, end)]


@pytest.mark.parametrize(
    ("written", "requirements"),
    [
        ("{}", ()),
        ("null", ()),
        ("{matchLabels: {}}", ()),
        ("{matchLabels: {app: web}}", (Requirement("app", Operator.IN, ("web",)),)),
        ('{matchLabels: {app: ""}}', (Requirement("app", Operator.IN, ("",)),)),
        ("{matchLabels: {app: null}}", (Requirement("app", Operator.IN, ("",)),)),
        ("{matchLabels: {a.b/C_d.e-f: X_y.z-1}}", (Requirement("a.b/C_d.e-f", Operator.IN, ("X_y.z-1",)),)),
        (
            "{matchExpressions: [{key: a, operator: In, values: [c, b, c]}]}",
            (Requirement("a", Operator.IN, ("b", "c")),),
        ),
        ("{matchExpressions: [{key: a, operator: NotIn, values: ['']}]}", (Requirement("a", Operator.NOT_IN, ("",)),)),
        ("{matchExpressions: [{key: a, operator: Exists, values: []}]}", (Requirement("a", Operator.EXISTS),)),
        ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", (Requirement("a", Operator.DOES_NOT_EXIST),)),
        (
            "{matchLabels: {a: b}, matchExpressions: [{key: a, operator: Exists}]}",
            (Requirement("a", Operator.IN, ("b",)), Requirement("a", Operator.EXISTS)),
        ),
    ],
)
def test_selector(written: str, requirements: tuple[Requirement, ...]) -> None:
    assert policy(f"{{podSelector: {written}}}").pods == Selector(requirements)


@pytest.mark.parametrize(
    ("written", "namespaces", "pods"),
    [
        ("{podSelector: {}}", None, Selector()),
        ("{namespaceSelector: {}}", Selector(), None),
        ("{namespaceSelector: {}, podSelector: {}}", Selector(), Selector()),
        ("{namespaceSelector: null, podSelector: {}, ipBlock: null}", None, Selector()),
    ],
)
def test_pod_peer(written: str, namespaces: Selector | None, pods: Selector | None) -> None:
    (rule,) = policy(f"{{podSelector: {{}}, egress: [{{to: [{written}]}}]}}").egress
    (peer,) = rule.peers
    assert isinstance(peer, PodPeer)
    assert (peer.namespaces, peer.pods) == (namespaces, pods)


@pytest.mark.parametrize(
    ("cidr", "excepts", "network", "without", "code"),
    [
        ("0.0.0.0/0", "[]", "0.0.0.0/0", [], None),
        ("10.0.0.0/8", "[10.1.0.0/16, 10.2.3.4/32]", "10.0.0.0/8", ["10.1.0.0/16", "10.2.3.4/32"], None),
        ("10.0.0.1/32", "null", "10.0.0.1/32", [], None),
        ("2001:db8::/32", "['2001:db8:1::/48']", "2001:db8::/32", ["2001:db8:1::/48"], None),
        ("2001:DB8:0::/32", "[]", "2001:db8::/32", [], None),
        ("10.1.2.3/8", "[]", "10.0.0.0/8", [], "cidr-host-bits"),
        ("010.000.0.0/8", "[]", "10.0.0.0/8", [], "cidr-form"),
        ("10.0.0.0/08", "[]", "10.0.0.0/8", [], "cidr-form"),
        ("::ffff:10.0.0.0/104", "[]", "10.0.0.0/8", [], "cidr-form"),
        ("10.0.0.0/8", "[10.1.2.3/16]", "10.0.0.0/8", ["10.1.0.0/16"], "cidr-host-bits"),
    ],
)
def test_block(cidr: str, excepts: str, network: str, without: list[str], code: str | None) -> None:
    spec = f"{{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: '{cidr}', except: {excepts}}}}}]}}]}}"
    text = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n"
    resources, problems = read(text)
    assert [(problem.code, problem.severity) for problem in problems] == ([(code, Severity.WARNING)] if code else [])
    made = resources[0].objects[0]
    assert isinstance(made, NetworkPolicy)
    (peer,) = made.ingress[0].peers
    assert isinstance(peer, BlockPeer)
    assert (peer.cidr, list(peer.excepts)) == (ip_network(network), [ip_network(each) for each in without])


def test_as_the_server_prints_it() -> None:
    resources = accept("""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"networking.k8s.io/v1"}
  creationTimestamp: null
  generation: 1
  managedFields: [{manager: kubectl, operation: Update, fieldsV1: {"f:spec": {}}}]
  name: web
  namespace: shop
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: c, uid: 7c9e6679}]
  resourceVersion: "1234"
  selfLink: /apis/x
  uid: 7c9e6679
spec: {podSelector: {}, policyTypes: [Ingress]}
status: {}
""")
    assert [str(resource.key) for resource in resources] == ["NetworkPolicy shop/web"]


def test_nothing_at_all() -> None:
    assert accept("") == ()
    assert accept("---\n# only a comment\n---\n\n...\n") == ()
    assert accept("", "empty.json") == ()
    assert accept(" null\n", "null.json") == ()
    assert accept("apiVersion: v1\nkind: List\nitems: []\n") == ()
    assert accept("apiVersion: v1\nkind: List\nitems:\n") == ()


def test_lists() -> None:
    text = """\
{"kind": "List", "apiVersion": "v1", "items": [
  {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [
    {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}]},
  {"kind": "List", "apiVersion": "v1", "items": [{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "n"}}]}
]}
"""
    assert [str(resource.key) for resource in accept(text, "list.json")] == ["Pod default/a", "Namespace n"]
    assert [str(resource.key) for resource in accept(text, "list.yaml")] == ["Pod default/a", "Namespace n"]
    assert accept(text, "list.json")[0].manifest["kind"] == "Pod"


def test_text_that_begins_like_json() -> None:
    yaml = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n"
    json = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}\n'
    for text in (yaml, json, json + json.replace('"a"', '"b"')):
        assert accept(text, "<stdin>")[0].key.name == "a"
    assert len(accept(json + json.replace('"a"', '"b"'), "<stdin>")) == 2


def test_namespace_has_its_automatic_label() -> None:
    (made,) = objects(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {kubernetes.io/metadata.name: other, x: z}}\n"
    )
    assert isinstance(made, Namespace)
    assert made.labels == {"kubernetes.io/metadata.name": "a", "x": "z"}


def test_pod_of_a_cluster() -> None:
    (made,) = objects("""\
apiVersion: v1
kind: Pod
metadata:
  name: web-5d8-x2x
  namespace: shop
  labels: {app: web}
  ownerReferences:
  - {apiVersion: v1, kind: Other, name: not-this, uid: "1"}
  - {apiVersion: apps/v1, kind: ReplicaSet, name: web-5d8, uid: "2", controller: true}
spec:
  hostNetwork: true
  nodeName: node-1
  tolerations: [{operator: Exists}]
  initContainers:
  - {name: setup, image: i, ports: [{containerPort: 1}]}
  - {name: proxy, image: i, restartPolicy: Always, ports: [{containerPort: 15001, name: proxy}]}
  containers:
  - name: web
    image: nginx
    ports: [{containerPort: 80, name: http, protocol: TCP, hostPort: 80}, {containerPort: 53, protocol: UDP}]
  - {name: metrics, image: i, ports: [{containerPort: 9090, name: http}]}
status:
  phase: Running
  podIP: 10.0.0.1
  podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]
""")
    assert isinstance(made, Pod)
    assert made.owner == WorkloadRef("ReplicaSet", "shop", "web-5d8")
    assert (made.template.host_network, made.template.node, made.finished) == (True, "node-1", False)
    assert made.addresses == (ip_address("10.0.0.1"), ip_address("fd00::1"))
    assert made.ports == (
        ContainerPort(80, Protocol.TCP, "http"),
        ContainerPort(53, Protocol.UDP),
        ContainerPort(9090, Protocol.TCP, "http"),
        ContainerPort(15001, Protocol.TCP, "proxy"),
    )


@pytest.mark.parametrize(
    ("phase", "finished"), [("Succeeded", True), ("Failed", True), ("Pending", False), ("Unknown", False)]
)
def test_finished_pod(phase: str, *, finished: bool) -> None:
    (made,) = objects(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n"
        f"status: {{phase: {phase}, podIP: 10.0.0.9}}\n"
    )
    assert isinstance(made, Pod)
    assert made.finished is finished
    assert made.owner == WorkloadRef("Pod", "default", "a")
    assert made.addresses == (ip_address("10.0.0.9"),)


def test_mirror_pod_is_its_own_workload() -> None:
    (made,) = objects(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: etcd-1, namespace: kube-system, ownerReferences: "
        '[{apiVersion: v1, kind: Node, name: node-1, uid: "1", controller: true}]}\n'
        "spec: {containers: [{name: c, image: i}]}\n"
    )
    assert isinstance(made, Pod)
    assert made.owner == WorkloadRef("Pod", "kube-system", "etcd-1")


TEMPLATE = "template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i}]}}"
JOB = TEMPLATE.replace("spec: {", "spec: {restartPolicy: Never, ")


@pytest.mark.parametrize(
    ("version", "kind", "spec", "replicas"),
    [
        ("apps/v1", "Deployment", f"selector: {{matchLabels: {{app: a}}}}, {TEMPLATE}", 1),
        ("apps/v1", "Deployment", f"replicas: 0, selector: {{matchLabels: {{app: a}}}}, {TEMPLATE}", 0),
        ("apps/v1", "ReplicaSet", f"replicas: 3, selector: {{matchLabels: {{app: a}}}}, {TEMPLATE}", 3),
        ("apps/v1", "StatefulSet", f"replicas: 2, selector: {{matchLabels: {{app: a}}}}, {TEMPLATE}", 2),
        ("apps/v1", "DaemonSet", f"selector: {{matchExpressions: [{{key: app, operator: Exists}}]}}, {TEMPLATE}", 1),
        ("v1", "ReplicationController", f"replicas: 2, {TEMPLATE}", 2),
        ("v1", "ReplicationController", f"selector: {{app: a}}, {TEMPLATE}", 1),
        ("batch/v1", "Job", JOB, 1),
        ("batch/v1", "Job", f"parallelism: 4, completions: 10, {JOB}", 4),
        ("batch/v1", "Job", f"parallelism: 4, completions: 2, {JOB}", 2),
        ("batch/v1", "Job", f"suspend: true, {JOB}", 0),
        ("batch/v1", "CronJob", f'schedule: "* * * * *", jobTemplate: {{spec: {{parallelism: 2, {JOB}}}}}', 2),
        ("batch/v1", "CronJob", f'suspend: true, schedule: "@daily", jobTemplate: {{spec: {{{JOB}}}}}', 0),
    ],
)
def test_workload(version: str, kind: str, spec: str, replicas: int) -> None:
    (made,) = objects(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: w, namespace: ns}}\nspec: {{{spec}}}\n")
    assert isinstance(made, Workload)
    assert (made.ref, made.replicas, made.controlled_by) == (WorkloadRef(kind, "ns", "w"), replicas, None)
    assert made.template.labels == {"app": "a"}


def test_ended_job_makes_no_pods() -> None:
    (made,) = objects(
        f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{{JOB}}}\n"
        'status: {conditions: [{type: Complete, status: "True"}]}\n'
    )
    assert isinstance(made, Workload)
    assert made.replicas == 0


def test_services() -> None:
    def service(spec: str) -> Service:
        (made,) = objects(f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {spec}\n")
        assert isinstance(made, Service)
        return made

    plain_one = service("{selector: {app: a}, ports: [{port: 80}]}")
    assert plain_one.ports == (ServicePort("", 80, Protocol.TCP, 80),)
    assert (plain_one.type, plain_one.headless, plain_one.selector) == (ServiceType.CLUSTER_IP, False, {"app": "a"})
    two = service("{ports: [{name: a, port: 80, targetPort: web}, {name: b, port: 80, protocol: UDP, targetPort: 0}]}")
    assert two.ports == (ServicePort("a", 80, Protocol.TCP, "web"), ServicePort("b", 80, Protocol.UDP, 80))
    assert two.selector is None
    headless = service("{clusterIP: None, selector: {}}")
    assert (headless.headless, headless.ports, headless.selector) == (True, (), None)
    node = service("{type: NodePort, clusterIPs: [10.96.0.1, 'fd00::1'], ports: [{port: 80, nodePort: 30080}]}")
    assert node.ports[0].node_port == 30080
    assert node.cluster_addresses == (ip_address("10.96.0.1"), ip_address("fd00::1"))
    assert service("{type: LoadBalancer, ports: [{port: 80}]}").type is ServiceType.LOAD_BALANCER
    outside = service("{type: ExternalName, externalName: db.example.com.}")
    assert (outside.external_name, outside.ports) == ("db.example.com", ())


def test_endpoints() -> None:
    made = objects("""\
apiVersion: v1
kind: Endpoints
metadata: {name: db}
subsets:
- addresses: [{ip: 10.0.0.1, targetRef: {kind: Pod, name: p, namespace: default}}]
  notReadyAddresses: [{ip: 10.0.0.2}]
  ports: [{port: 5432}, {name: m, port: 9, protocol: UDP}]
- addresses: [{ip: 192.0.2.1}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-x, labels: {kubernetes.io/service-name: db}}
addressType: IPv6
endpoints: [{addresses: ["fd00::1"], conditions: {ready: false}}, {addresses: ["fd00::2"], conditions: {}}]
ports: [{name: "", port: 5432, protocol: TCP}, {name: any}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: names, labels: {kubernetes.io/service-name: db}}
addressType: FQDN
endpoints: [{addresses: [db.example.com]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: nobodys}
addressType: IPv4
""")
    assert all(isinstance(each, Endpoints) for each in made)
    shown = [
        (each.service, [(str(a.address), a.pod, a.ready) for a in each.addresses], each.ports)
        for each in made
        if isinstance(each, Endpoints)
    ]
    assert shown == [
        (
            "db",
            [("10.0.0.1", "p", True), ("10.0.0.2", None, False)],
            (("", 5432, Protocol.TCP), ("m", 9, Protocol.UDP)),
        ),
        ("db", [("192.0.2.1", None, True)], ()),
        ("db", [("fd00::1", None, False), ("fd00::2", None, True)], (("", 5432, Protocol.TCP),)),
    ]


def test_node() -> None:
    (made,) = objects(
        "apiVersion: v1\nkind: Node\nmetadata: {name: node-1, labels: {a: b}}\nstatus: {addresses: "
        "[{type: InternalIP, address: 172.18.0.2}, {type: Hostname, address: node-1}, "
        "{type: ExternalIP, address: 'fd00::2'}]}\n"
    )
    assert isinstance(made, Node)
    assert (made.labels, made.addresses) == ({"a": "b"}, (ip_address("172.18.0.2"), ip_address("fd00::2")))


@pytest.mark.parametrize(
    ("version", "kind", "namespace", "reach", "key"),
    [
        ("projectcalico.org/v3", "NetworkPolicy", "shop", "shop", "NetworkPolicy.projectcalico.org shop/p"),
        ("projectcalico.org/v3", "GlobalNetworkPolicy", "", None, "GlobalNetworkPolicy.projectcalico.org p"),
        ("crd.projectcalico.org/v1", "NetworkPolicy", "", "default", "NetworkPolicy.crd.projectcalico.org default/p"),
        ("cilium.io/v2", "CiliumNetworkPolicy", "shop", "shop", "CiliumNetworkPolicy.cilium.io shop/p"),
        (
            "cilium.io/v2",
            "CiliumClusterwideNetworkPolicy",
            "",
            None,
            "CiliumClusterwideNetworkPolicy.cilium.io p",
        ),
        ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy", "", None, "ClusterNetworkPolicy.crd.antrea.io p"),
        ("security.istio.io/v1", "AuthorizationPolicy", "a", "a", "AuthorizationPolicy.security.istio.io a/p"),
        (
            "security.istio.io/v1",
            "AuthorizationPolicy",
            "istio-system",
            None,
            "AuthorizationPolicy.security.istio.io istio-system/p",
        ),
        (
            "policy.networking.k8s.io/v1beta1",
            "ClusterNetworkPolicy",
            "",
            None,
            "ClusterNetworkPolicy.policy.networking.k8s.io p",
        ),
        (
            "policy.networking.k8s.io/v1alpha2",
            "AdminNetworkPolicy",
            "",
            None,
            "AdminNetworkPolicy.policy.networking.k8s.io p",
        ),
    ],
)
def test_foreign_policy(version: str, kind: str, namespace: str, reach: str | None, key: str) -> None:
    where = f", namespace: {namespace}" if namespace else ""
    (resource,) = accept(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: p{where}}}\nspec: {{any: [thing]}}\n")
    (made,) = resource.objects
    assert isinstance(made, ForeignPolicy)
    assert (made.api_version, made.kind, made.name, made.namespace) == (version, kind, "p", reach)
    assert str(resource.key) == key


@pytest.mark.parametrize(
    ("version", "kind", "metadata", "key"),
    [
        ("v1", "ConfigMap", "{name: c}", "ConfigMap default/c"),
        ("v1", "Secret", "{name: c, namespace: ns}", "Secret ns/c"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "{name: 'system:node'}", "ClusterRole system:node"),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "{name: a.b.c}",
            "CustomResourceDefinition a.b.c",
        ),
        ("cert-manager.io/v1", "Certificate", "{name: c, namespace: ns}", "Certificate.cert-manager.io ns/c"),
        ("projectcalico.org/v3", "StagedNetworkPolicy", "{name: c}", "StagedNetworkPolicy.projectcalico.org c"),
        ("networking.k8s.io/v1", "Ingress", "{name: i}", "Ingress default/i"),
    ],
)
def test_kinds_without_reachability(version: str, kind: str, metadata: str, key: str) -> None:
    (resource,) = accept(f"apiVersion: {version}\nkind: {kind}\nmetadata: {metadata}\n")
    assert (str(resource.key), resource.objects) == (key, ())


def test_same_names_of_different_kinds_are_no_repetition() -> None:
    text = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: a}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: other}
"""
    assert len(accept(text)) == 3


def test_manifest_is_kept_whole() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i, tty: true}], x: 1}\n"
    )
    (resource,) = accept(text)
    assert resource.manifest["spec"] == {"containers": [{"name": "c", "image": "i", "tty": True}], "x": 1}


def test_plain_leaves_out_origins_only() -> None:
    (first,) = objects("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    (second,) = objects("\n\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    (third,) = objects("apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n")
    assert first != second
    assert plain(first) == plain(second) != plain(third)
