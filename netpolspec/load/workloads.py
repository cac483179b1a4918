"""Pods, and the controllers that make them.

Only the fields that reachability depends on are read, and those that the server needs to make a pod at all; the rest
of a pod's many fields are accepted unread, so an unknown field there is not noticed. Rules from
pkg/apis/core/validation/validation.go, pkg/apis/apps/validation and pkg/apis/batch/validation (Kubernetes v1.35).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.diagnostics import Diagnostic, Note
from netpolspec.load.addresses import parse_address
from netpolspec.load.metadata import check_labels
from netpolspec.load.names import check_label_name, check_port, check_port_name
from netpolspec.load.network_policy import read_protocol
from netpolspec.load.schema import Fields, Flag, Items, Problems, Record, Table, Text, Whole, describe, suggest
from netpolspec.load.selectors import SELECTOR, from_labels, read_selector
from netpolspec.policy.objects import ContainerPort, Operator, Pod, PodTemplate, Workload, WorkloadRef

if TYPE_CHECKING:
    from collections.abc import Callable

    from netpolspec.load.metadata import Meta
    from netpolspec.policy.objects import Address, Labels, Requirement, Selector
    from netpolspec.source import Pointer

    Make = Callable[[Fields, Meta, Pointer, Problems], tuple[Pod | Workload, ...]]

_CONTAINER = Record(
    {
        "name": Text(),
        "image": Text(),
        "restartPolicy": Text(),
        "ports": Items(Record({"containerPort": Whole(), "protocol": Text(), "name": Text()}, open=True)),
    },
    open=True,
)
_POD_SPEC = Record(
    {
        "containers": Items(_CONTAINER),
        "initContainers": Items(_CONTAINER),
        "hostNetwork": Flag(),
        "nodeName": Text(),
        "restartPolicy": Text(),
    },
    open=True,
)
_STATUS = Record({"phase": Text(), "podIP": Text(), "podIPs": Items(Record({"ip": Text()}, open=True))}, open=True)
_TEMPLATE = Record({"metadata": Record({"labels": Table(Text())}, open=True), "spec": _POD_SPEC}, open=True)
POD = Record({"spec": _POD_SPEC, "status": _STATUS}, open=True)
_CONDITIONS = Record({"conditions": Items(Record({"type": Text(), "status": Text()}, open=True))}, open=True)


def _schema(selector: Table | Record, **fields: Flag | Whole | Record) -> Record:
    spec = Record({"selector": selector, "template": _TEMPLATE, "replicas": Whole(), **fields}, open=True)
    return Record({"spec": spec, "status": _CONDITIONS}, open=True)


CONTROLLER = _schema(SELECTOR)
REPLICATION_CONTROLLER = _schema(Table(Text()))
STATEFUL_SET = _schema(SELECTOR, ordinals=Record({"start": Whole()}))
JOB = _schema(SELECTOR, completions=Whole(), parallelism=Whole(), suspend=Flag())
CRON_JOB = Record(
    {
        "spec": Record(
            {"suspend": Flag(), "schedule": Text(), "jobTemplate": Record({"spec": JOB.fields["spec"]}, open=True)},
            open=True,
        )
    },
    open=True,
)


def make_pod(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Pod, ...]:
    """The pod of a decoded manifest."""
    template = _template(fields.get("spec"), meta.labels, at, problems)
    status: Fields = fields.get("status", {})
    kind, name = meta.controller or ("Pod", meta.name)
    if kind == "Node":  # the mirror of a static pod
        kind, name = "Pod", meta.name
    finished = status.get("phase") in ("Succeeded", "Failed")
    owner = WorkloadRef(kind, meta.namespace, name)
    return (Pod(meta.namespace, meta.name, template, owner, _addresses(status), finished, at),)


def _addresses(status: Fields) -> tuple[Address, ...]:
    texts = [entry.get("ip", "") for entry in status.get("podIPs", ())] or [status.get("podIP", "")]
    return tuple(address for text in texts if text and (address := parse_address(text)) is not None)


_RESTART_POLICIES = ("Always", "OnFailure", "Never")


def _template(spec: Fields | None, labels: Labels, at: Pointer, problems: Problems) -> PodTemplate:
    """What a pod spec, whose parent a pointer names, says about its pods."""
    where = at.at("spec")
    if spec is None or not spec.get("containers"):
        problems.add("missing-field", "a pod needs containers", where, "set 'spec.containers'", key=True)
        return PodTemplate(labels, (), host_network=False)
    policy = spec.get("restartPolicy", "Always")
    if policy not in _RESTART_POLICIES:
        problems.add(
            "bad-value",
            f"unknown restartPolicy {describe(policy)}",
            where.at("restartPolicy"),
            suggest(policy, _RESTART_POLICIES),
        )
    ports: list[ContainerPort] = []
    names: set[str] = set()
    for index, container in enumerate(spec["containers"]):
        ports += _container(container, names, where.at("containers", index), problems)
    for index, container in enumerate(spec.get("initContainers", ())):
        declared = _container(container, names, where.at("initContainers", index), problems)
        if container.get("restartPolicy") == "Always":  # a sidecar: it runs as long as the pod
            ports += declared
    return PodTemplate(labels, tuple(ports), spec.get("hostNetwork", False), spec.get("nodeName") or None)


def _container(container: Fields, names: set[str], at: Pointer, problems: Problems) -> list[ContainerPort]:
    name: str = container.get("name", "")
    if not name:
        problems.add("missing-field", "a container needs a name", at)
    elif wrong := check_label_name(name):
        problems.add("bad-name", f"container name {describe(name)} {wrong}", at.at("name"))
    elif name in names:
        problems.add("bad-name", f"two containers are called '{name}'", at.at("name"))
    names.add(name)
    if not container.get("image"):
        problems.add("missing-field", f"container '{name}' has no image", at, "set 'image'")
    ports: dict[str, int] = {}
    result = []
    for index, port in enumerate(container.get("ports", ())):
        where = at.at("ports", index)
        result.append(_port(port, where, problems))
        declared = result[-1].name
        if declared and declared in ports:
            problems.add("bad-port", f"two ports of container '{name}' are called '{declared}'", where.at("name"))
        ports.setdefault(declared, index)
    return result


def _port(fields: Fields, at: Pointer, problems: Problems) -> ContainerPort:
    """One item of a container's ports (validateContainerPorts)."""
    number: int = fields.get("containerPort", 0)
    name: str = fields.get("name", "")
    if number == 0:
        problems.add("missing-field", "a container's port needs a 'containerPort'", at)
    elif wrong := check_port(number):
        problems.add("bad-port", f"port {number} {wrong}", at.at("containerPort"))
    if name and (wrong := check_port_name(name)):
        problems.add("bad-port", f"port name {describe(name)} {wrong}", at.at("name"))
    return ContainerPort(number, read_protocol(fields.get("protocol") or None, at, problems), name)


# --- controllers --------------------------------------------------------------------------------------------------


def controller(kind: str) -> Make:
    """What makes the Workload of a Deployment, DaemonSet, ReplicaSet or StatefulSet of `apps/v1`."""

    def make(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Workload, ...]:
        spec: Fields = fields.get("spec", {})
        where = at.at("spec")
        template = _read_template(spec, where, problems)
        _check_restarts(spec, where, problems)
        if "selector" not in spec:
            problems.add("missing-field", f"a {kind} needs a selector", where, "set 'spec.selector'", key=True)
        else:
            before = problems.errors
            selector = read_selector(spec["selector"], where.at("selector"), problems)
            if problems.errors == before:
                _check_selects(selector, template.labels, where, problems)
        first = spec.get("ordinals", {}).get("start", 0)
        return (_workload(kind, template, _replicas(spec, where, problems), meta, at, first=first),)

    return make


def _check_restarts(spec: Fields, at: Pointer, problems: Problems) -> None:
    """Only Jobs have pods that end."""
    policy = spec.get("template", {}).get("spec", {}).get("restartPolicy", "Always")
    if policy in ("OnFailure", "Never"):
        where = at.at("template", "spec", "restartPolicy")
        problems.add("bad-value", f"restartPolicy {policy} is for Jobs and bare pods", where, "remove it")


def make_replication_controller(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Workload, ...]:
    """A ReplicationController, whose selector is its template's labels where it has none."""
    spec: Fields = fields.get("spec", {})
    where = at.at("spec")
    template = _read_template(spec, where, problems)
    _check_restarts(spec, where, problems)
    labels: Labels = spec.get("selector") or template.labels
    check_labels(labels, where.at("selector"), problems)
    _check_selects(from_labels(labels), template.labels, where, problems)
    return (_workload("ReplicationController", template, _replicas(spec, where, problems), meta, at),)


def make_job(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Workload, ...]:
    """A Job: as many pods as may run at once; none where it is suspended or has ended."""
    template, pods = _job(fields.get("spec", {}), at.at("spec"), problems)
    conditions: list[Fields] = fields.get("status", {}).get("conditions", [])
    ended = any(c.get("type") in ("Complete", "Failed") and c.get("status") == "True" for c in conditions)
    return (_workload("Job", template, 0 if ended else pods, meta, at),)


def make_cron_job(fields: Fields, meta: Meta, at: Pointer, problems: Problems) -> tuple[Workload, ...]:
    """A CronJob: the pods of one of its Jobs; none where it is suspended."""
    spec: Fields = fields.get("spec", {})
    where = at.at("spec")
    if not spec.get("schedule"):
        problems.add("missing-field", "a CronJob needs a schedule", where, "set 'spec.schedule'", key=True)
    template, pods = _job(spec.get("jobTemplate", {}).get("spec", {}), where.at("jobTemplate", "spec"), problems)
    return (_workload("CronJob", template, 0 if spec.get("suspend") else pods, meta, at),)


def _job(spec: Fields, at: Pointer, problems: Problems) -> tuple[PodTemplate, int]:
    """A Job's template and how many of its pods run at once."""
    template = _read_template(spec, at, problems)
    policy = spec.get("template", {}).get("spec", {}).get("restartPolicy")
    if "template" in spec and policy not in ("OnFailure", "Never"):
        where = at.at("template", "spec", "restartPolicy")
        problems.add("bad-value", "a Job's pods need the 'restartPolicy' OnFailure or Never", where)
    pods: int = spec.get("parallelism", 1)
    completions: int = spec.get("completions", max(pods, 0))
    _check_count("parallelism", pods, at, problems)
    _check_count("completions", completions, at, problems)
    return template, 0 if spec.get("suspend") else max(min(pods, completions), 0)


def _read_template(spec: Fields, at: Pointer, problems: Problems) -> PodTemplate:
    """The template of a controller whose spec a pointer names."""
    where = at.at("template")
    if "template" not in spec:
        problems.add("missing-field", "a controller needs a template for its pods", at, "set 'template'", key=True)
        return PodTemplate({}, (), host_network=False)
    template: Fields = spec["template"]
    labels: Labels = template.get("metadata", {}).get("labels", {})
    check_labels(labels, where.at("metadata", "labels"), problems)
    return _template(template.get("spec"), labels, where, problems)


def _workload(kind: str, template: PodTemplate, replicas: int, meta: Meta, at: Pointer, *, first: int = 0) -> Workload:
    owner = WorkloadRef(meta.controller[0], meta.namespace, meta.controller[1]) if meta.controller else None
    return Workload(WorkloadRef(kind, meta.namespace, meta.name), template, replicas, owner, at, first)


def _replicas(spec: Fields, at: Pointer, problems: Problems) -> int:
    count: int = spec.get("replicas", 1)
    _check_count("replicas", count, at, problems)
    return max(count, 0)


def _check_count(name: str, count: int, at: Pointer, problems: Problems) -> None:
    if count < 0:
        problems.add("bad-value", f"'{name}' must not be negative", at.at(name))


def _check_selects(selector: Selector, labels: Labels, at: Pointer, problems: Problems) -> None:
    """The server refuses a controller that would not select its own pods, or would select everything."""
    if not selector.requirements:
        problems.add("bad-selector", "the selector of a controller must not be empty", at.at("selector"), key=True)
    missed = [requirement for requirement in selector.requirements if not _matches(requirement, labels)]
    if missed and problems.errors == 0:
        where = at.at("template", "metadata", "labels")
        keys = ", ".join(f"'{requirement.key}'" for requirement in missed)
        note = Note("the selector", at.at("selector").key_span)
        message = f"the template's labels do not match the selector: {keys}"
        problems.found.append(Diagnostic("bad-selector", message, where.key_span, notes=(note,)))


def _matches(requirement: Requirement, labels: Labels) -> bool:
    match requirement.operator:
        case Operator.IN:
            return labels.get(requirement.key) in requirement.values
        case Operator.NOT_IN:
            return labels.get(requirement.key) not in requirement.values
        case Operator.EXISTS:
            return requirement.key in labels
        case Operator.DOES_NOT_EXIST:
            return requirement.key not in labels
