"""Who reaches whom in a whole cluster, on every port: classes of pods or workloads, and the answers between them."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from netpolspec.policy.addresses import AddressRange
from netpolspec.policy.assumptions import Assumptions
from netpolspec.policy.decide import Model, Reachable
from netpolspec.policy.groups import Grouping, Part
from netpolspec.policy.matrix import Matrix, Outcomes
from netpolspec.policy.objects import Direction
from netpolspec.policy.relevance import relevant
from netpolspec.policy.spread import grouped, pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netpolspec.policy.index import Index
    from netpolspec.policy.objects import Cluster, Pod


class By(StrEnum):
    """What one member of a class is."""

    POD = "pod"
    WORKLOAD = "workload"


@dataclass(frozen=True, slots=True)
class ReachClass:
    """Members that answer alike, as sources and as destinations."""

    number: int
    members: tuple[str, ...]
    """`ns/name` of workloads or pods, or `ip:FIRST-LAST` of ranges outside; never both."""
    outside: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """The answers for all ordered pairs of different members."""

    classes: tuple[ReachClass, ...]
    """Those inside the cluster come first."""
    answers: tuple[Reachable, ...]
    """The distinct answers."""
    rows: tuple[Sequence[int], ...]
    """For each class as source, for each class as destination: an index into `answers`. Between two classes outside
    there is nothing to answer, and within a class it is for two different members."""
    assumptions: tuple[str, ...]
    """Those on which some of the answers may rest: `hostnetwork=node`."""

    def between(self, source: int, destination: int) -> Reachable:
        """The answer between members of two classes, by their numbers."""
        return self.answers[self.rows[source][destination]]

    def pairs(self) -> Iterator[tuple[ReachClass, ReachClass, Reachable]]:
        """Every ordered pair of classes that has two different members to answer for, one of them inside."""
        for source in self.classes:
            row = self.rows[source.number]
            for destination in self.classes:
                if source.outside and destination.outside:
                    continue
                if source is not destination or len(source.members) > 1:
                    yield source, destination, self.answers[row[destination.number]]


def reach(
    cluster: Cluster, assumptions: Assumptions | None = None, *, by: By = By.WORKLOAD, external: bool = False
) -> Reach:
    """Answer all pairs.

    Pods of one workload may answer differently, by their addresses or nodes. A workload is then answered with what its
    pods have in common: what every pair of pods is allowed is allowed, what every pair is denied is denied, the rest
    is undecided. Finished pods of a workload that has others do not count.

    Args:
        cluster: the objects.
        assumptions: what is assumed where the API leaves something open.
        by: whether members are pods or workloads.
        external: whether the address ranges outside that the policies tell apart are members too.
    """
    index = Model(cluster, assumptions).index
    outcomes = Outcomes(index.ports.full)
    ranges = _ranges_that_matter(cluster, index) if external else 0
    matrix = Matrix(index, outcomes, ranges)
    members = _members(cluster, by)
    parts = [_parts(index, matrix, pods) for pods in members.values()]
    grouping = Grouping(index, matrix, outcomes, parts)
    labels: list[list[str]] = [[] for _ in grouping.rows]
    for label, group in zip(members, grouping.group_of, strict=True):
        labels[group].append(label)
    inside = len(grouping.rows) - grouping.outside
    classes, firsts = _merged(grouping.rows, inside)
    named: list[list[str]] = [[] for _ in firsts]
    for group, number in enumerate(classes):
        named[number] += labels[group]
    for label, number in _ranges(index, matrix, classes[inside:], ranges):
        named[number].append(label)
    rows = tuple(array("I", pick(firsts, grouping.rows[first])) for first in firsts)
    space = index.ports
    answers = tuple(
        Reachable(space.ranges(outcome.allowed), space.ranges(space.full & ~outcome.allowed & ~outcome.denied))
        for outcome in outcomes.known
    )
    found = tuple(ReachClass(i, tuple(named[i]), first >= inside) for i, first in enumerate(firsts))
    return Reach(found, answers, rows, relevant(cluster, assumptions or Assumptions()))


def _members(cluster: Cluster, by: By) -> dict[str, list[Pod]]:
    """The pods that count, by the name of the member they belong to."""
    found: dict[tuple[str, str, str], list[Pod]] = {}
    for pod in cluster.pods:
        owner = pod.owner
        key = (pod.namespace, "pod", pod.name) if by is By.POD else (owner.namespace, owner.kind.lower(), owner.name)
        found.setdefault(key, []).append(pod)
    uses = Counter((namespace, name) for namespace, _, name in found)
    members = {}
    for (namespace, kind, name), pods in found.items():
        label = f"{namespace}/{name}" if uses[namespace, name] == 1 else f"{namespace}/{kind}/{name}"
        members[label] = [pod for pod in pods if not pod.finished] or pods
    return members


def _parts(index: Index, matrix: Matrix, pods: list[Pod]) -> frozenset[Part]:
    """What a member is made of: the classes of its pods, with their nodes where those matter."""
    found = set()
    for pod in pods:
        kind = index.by_id[id(pod)]
        host = bool(index.universe.as_node >> kind & 1)
        isolated = any(index.subject(direction, kind).isolating for direction in Direction)
        node = pod.template.node if host or (isolated and pod.template.node in index.host_nodes) else None
        found.add(Part(matrix.class_of[kind], host, node))
    return frozenset(found)


def _merged(rows: list[array[int]], inside: int) -> tuple[list[int], list[int]]:
    """Groups whose rows and columns are equal are one class, those inside first."""
    columns = [array("I", column).tobytes() for column in zip(*rows, strict=True)]
    return grouped((i >= inside, row.tobytes(), columns[i]) for i, row in enumerate(rows))


def _ranges_that_matter(cluster: Cluster, index: Index) -> int:
    """How many ranges, of which those of IPv4 come first: IPv6 counts where a pod or a policy has an address of it."""
    known = [address.version for pod in cluster.pods for address in pod.addresses]
    known += [network.version for network in index.networks]
    return len(index.addresses.ranges) if 6 in known else index.addresses.count(4)  # noqa: PLR2004


def _ranges(index: Index, matrix: Matrix, classes: list[int], count: int) -> Iterator[tuple[str, int]]:
    """The ranges outside with their classes; neighbours of one class are one range."""
    positions = range(len(index.universe.kinds), len(index.universe.kinds) + count)
    numbers = [classes[matrix.class_of[position] - matrix.first_outside] for position in positions]
    spans = zip(index.addresses.ranges, numbers, strict=False)  # the rest are of a family that does not matter
    for (_, number), group in groupby(spans, key=lambda span: (span[0].first.version, span[1])):
        merged = [span for span, _ in group]
        yield AddressRange(merged[0].first, merged[-1].last).label, number
