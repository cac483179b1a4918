"""One manifest in three forms: YAML in both styles and JSON give the same objects."""

from __future__ import annotations

import json
from typing import TypeAlias

import yaml
from hypothesis import given
from hypothesis import strategies as st
from load.reading import plain, read

from netpolspec.diagnostics import Severity

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

LABEL = st.sampled_from(["app", "tier", "example.com/role", "on", "1"])
VALUE = st.sampled_from(["web", "db", "", "true", "8080", "1e3", "2020-01-01", "0x1f"])
LABELS = st.dictionaries(LABEL, VALUE, max_size=2)


def _record(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """A mapping in which each field may be absent, null or there."""
    return st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in fields.items()})


EXPRESSION = st.one_of(
    st.builds(
        lambda key, operator, values: {"key": key, "operator": operator, "values": values},
        LABEL,
        st.sampled_from(["In", "NotIn"]),
        st.lists(VALUE, min_size=1, max_size=2),
    ),
    st.builds(lambda key, operator: {"key": key, "operator": operator}, LABEL, st.sampled_from(["Exists"])),
)
SELECTOR = _record(matchLabels=LABELS, matchExpressions=st.lists(EXPRESSION, max_size=2))
PORT = st.one_of(
    _record(protocol=st.sampled_from(["TCP", "UDP", "SCTP"]), port=st.integers(1, 65535) | st.just("http")),
    st.builds(lambda low, more: {"port": low, "endPort": low + more}, st.integers(1, 9), st.integers(0, 9)),
)
BLOCK = st.sampled_from(
    [
        {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]},
        {"cidr": "2001:db8::/32"},
        {"cidr": "0.0.0.0/0", "except": None},
    ]
)
PEER = st.one_of(
    st.builds(lambda block: {"ipBlock": block}, BLOCK),
    st.fixed_dictionaries({"podSelector": SELECTOR}, optional={"namespaceSelector": st.none() | SELECTOR}),
    st.fixed_dictionaries({"namespaceSelector": SELECTOR}),
)
TYPES = st.lists(st.sampled_from(["Ingress", "Egress"]), max_size=2)
SPEC = _record(
    podSelector=SELECTOR,
    policyTypes=TYPES,
    ingress=st.lists(_record(**{"from": st.lists(PEER, max_size=2)}, ports=st.lists(PORT, max_size=2)), max_size=2),
    egress=st.lists(_record(to=st.lists(PEER, max_size=2), ports=st.lists(PORT, max_size=2)), max_size=2),
)
POLICY = st.builds(
    lambda name, labels, spec: {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    },
    st.sampled_from(["web", "db", "8080"]),
    LABELS,
    SPEC,
)


class _Quoting(yaml.SafeDumper):
    """Quotes text that kubectl would not take for text, and writes nothing as an alias."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')


_Quoting.add_representer(str, _text)


@given(POLICY)
def test_every_form_gives_the_same_objects(manifest: dict[str, object]) -> None:
    forms = [
        (yaml.dump(manifest, Dumper=_Quoting, default_flow_style=False, sort_keys=False), "a.yaml"),
        (yaml.dump(manifest, Dumper=_Quoting, default_flow_style=True, sort_keys=False), "a.yml"),
        (json.dumps(manifest), "a.json"),
        (json.dumps({"kind": "List", "apiVersion": "v1", "items": [manifest]}, indent=1), "list.json"),
    ]
    made = []
    for text, path in forms:
        resources, problems = read(text, path)
        assert [problem for problem in problems if problem.severity is Severity.ERROR] == []
        made.append([(resource.key, plain(resource.objects), resource.manifest) for resource in resources])
    assert made[0] == made[1] == made[2] == made[3]


FIELDS = [
    "metadata",
    "name",
    "labels",
    "spec",
    "podSelector",
    "matchLabels",
    "matchExpressions",
    "key",
    "operator",
    "values",
    "ingress",
    "egress",
    "from",
    "to",
    "ports",
    "port",
    "endPort",
    "ipBlock",
    "cidr",
    "except",
    "policyTypes",
    "containers",
    "template",
    "selector",
    "items",
    "kind",
    "apiVersion",
    "subject",
    "protocols",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 70000) | st.sampled_from(["", "a", "80", "In", "10.0.0.0/8", "TCP"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
KINDS = [
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Namespace"),
    ("apps/v1", "Deployment"),
    ("batch/v1", "CronJob"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"),
    ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
    ("cilium.io/v2", "CiliumNetworkPolicy"),
    ("v1", "List"),
]


@given(st.sampled_from(KINDS), ANYTHING, ANYTHING)
def test_nonsense_is_refused_or_read_but_never_breaks(kind: tuple[str, str], top: object, spec: object) -> None:
    more = top if isinstance(top, dict) else {"metadata": {"name": "a"}}
    manifest = {"metadata": {"name": "a"}, "spec": spec, **more, "apiVersion": kind[0], "kind": kind[1]}
    from_json, said = read(json.dumps(manifest), "a.json")
    from_yaml, also_said = read(yaml.dump(manifest, Dumper=_Quoting), "a.yaml")
    assert [plain(resource.objects) for resource in from_json] == [plain(resource.objects) for resource in from_yaml]
    assert sorted(each.message for each in said) == sorted(each.message for each in also_said)
    assert from_json or said or kind == ("v1", "List")


@given(st.text(alphabet="{}[]:,-?&*!|>%@`'\"#\n \tab1~<.", max_size=40), st.sampled_from(["a.yaml", "a.json", "-"]))
def test_noise_is_never_more_than_a_message(text: str, path: str) -> None:
    resources, problems = read(text, path)
    assert resources == ()
    for problem in problems:
        assert problem.span is None or 0 <= problem.span.start <= problem.span.end <= len(text)
