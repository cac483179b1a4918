"""Cluster-scoped policies as the model has them."""

from __future__ import annotations

from ipaddress import ip_network

from load.reading import objects, read

from netpolspec.diagnostics import Severity
from netpolspec.policy.objects import (
    Action,
    AdminPolicy,
    DomainPeer,
    NetworksPeer,
    NodePeer,
    Operator,
    PodPeer,
    Protocol,
    Requirement,
    Selector,
    Tier,
)


def policy(text: str) -> AdminPolicy:
    """The policy of a manifest."""
    (made,) = objects(text)
    assert isinstance(made, AdminPolicy)
    return made


def label(key: str, value: str) -> Selector:
    """A selector of one label."""
    return Selector((Requirement(key, Operator.IN, (value,)),))


def test_admin_network_policy() -> None:
    made = policy("""\
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: guard}
spec:
  priority: 1000
  subject: {pods: {namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: b}}}}
  ingress:
  - name: metrics
    action: Allow
    from: [{namespaces: {}}, {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: c}}}}]
    ports: [{portNumber: {port: 80}}, {portRange: {protocol: UDP, start: 2, end: 2}}, {namedPort: http}]
  - {action: Pass, from: [{namespaces: {}}]}
  egress:
  - {action: Deny, to: [{nodes: {}}, {networks: [10.0.0.0/8, "fd00::/8"]}]}
  - {action: Allow, to: [{domainNames: ["*.Example.com.", a.b]}], ports: [{portNumber: {protocol: SCTP, port: 1}}]}
status: {conditions: []}
""")
    assert (made.label, made.tier, made.priority) == ("AdminNetworkPolicy guard", Tier.ADMIN, 1000)
    assert (made.namespaces, made.pods) == (label("team", "a"), label("app", "b"))
    assert [(rule.name, rule.action) for rule in made.ingress] == [("metrics", Action.ACCEPT), ("", Action.PASS)]
    assert [(peer.namespaces, peer.pods) for peer in made.ingress[0].peers if isinstance(peer, PodPeer)] == [
        (Selector(), None),
        (Selector(), label("app", "c")),
    ]
    assert [(port.protocol, port.port, port.end) for port in made.ingress[0].ports] == [
        (Protocol.TCP, 80, None),
        (Protocol.UDP, 2, 2),
        (None, "http", None),
    ]
    deny, allow = made.egress
    assert deny.action is Action.DENY
    nodes, networks = deny.peers
    assert isinstance(nodes, NodePeer)
    assert nodes.nodes == Selector()
    assert isinstance(networks, NetworksPeer)
    assert networks.networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    (names,) = allow.peers
    assert isinstance(names, DomainPeer)
    assert names.names == ("*.example.com", "a.b")


def test_baseline_admin_network_policy() -> None:
    made = policy("""\
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
  egress: [{action: Allow, to: [{networks: [0.0.0.0/0]}, {nodes: {}}]}]
""")
    assert (made.tier, made.priority, made.namespaces, made.pods) == (Tier.BASELINE, 0, Selector(), None)
    assert [rule.action for rule in (*made.ingress, *made.egress)] == [Action.DENY, Action.ACCEPT]


def test_cluster_network_policy() -> None:
    made = policy("""\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: base}
spec:
  tier: Baseline
  priority: 0
  subject: {pods: {podSelector: {matchLabels: {app: b}}}}
  ingress:
  - action: Accept
    from: [{pods: {podSelector: {}}}]
    protocols:
    - {tcp: {destinationPort: {number: 80}}}
    - {udp: {destinationPort: {range: {start: 1, end: 65535}}}}
    - {sctp: {destinationPort: {number: 7}}}
    - {destinationNamedPort: http}
  - {action: Pass, from: [{namespaces: {}}]}
  egress: null
""")
    assert (made.label, made.tier, made.priority) == ("ClusterNetworkPolicy base", Tier.BASELINE, 0)
    assert (made.namespaces, made.pods) == (Selector(), label("app", "b"))
    assert [rule.action for rule in made.ingress] == [Action.ACCEPT, Action.PASS]
    assert [(port.protocol, port.port, port.end) for port in made.ingress[0].ports] == [
        (Protocol.TCP, 80, None),
        (Protocol.UDP, 1, 65535),
        (Protocol.SCTP, 7, None),
        (None, "http", None),
    ]
    (peer,) = made.ingress[0].peers
    assert isinstance(peer, PodPeer)
    assert (peer.namespaces, peer.pods) == (Selector(), Selector())
    assert made.egress == ()


def test_as_many_as_there_may_be() -> None:
    rule = "{action: Deny, from: [{namespaces: {}}]}"
    for kind, version, extra, most in (
        ("AdminNetworkPolicy", "v1alpha1", "", 100),
        ("ClusterNetworkPolicy", "v1alpha2", "tier: Admin, ", 25),
    ):
        made = policy(
            f"apiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: a}}\n"
            f"spec: {{{extra}priority: 1, subject: {{namespaces: {{}}}}, ingress: [{', '.join([rule] * most)}]}}\n"
        )
        assert len(made.ingress) == most


def test_bits_behind_the_prefix_are_warned_of() -> None:
    resources, (problem,) = read(
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\n"
        "spec: {priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [10.1.2.3/8]}]}]}\n"
    )
    assert (problem.code, problem.severity) == ("cidr-host-bits", Severity.WARNING)
    (made,) = resources[0].objects
    assert isinstance(made, AdminPolicy)
    (peer,) = made.egress[0].peers
    assert isinstance(peer, NetworksPeer)
    assert peer.networks == (ip_network("10.0.0.0/8"),)
