"""A cluster compiled for many questions: kinds of pods, sets of ports and addresses, and rows that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netpolspec.policy.addresses import possible_families
from netpolspec.policy.objects import Direction
from netpolspec.policy.portspace import PortSpace
from netpolspec.policy.rows import Row, Rows, Subject
from netpolspec.policy.universe import Universe, bits_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.kinds import Kind, Vocabulary
    from netpolspec.policy.objects import AdminPolicy, Cluster, NetworkPolicy, Pod, Protocol
    from netpolspec.policy.peers import Surroundings


class Outcome(NamedTuple):
    """The ports on which a connection is allowed and denied, as sets; the others are open."""

    allowed: int
    denied: int
    foreign: bool = False
    """Whether the open ones are so because of a policy of an unknown kind."""


def agreed(outcomes: Iterable[Outcome], full: int) -> Outcome:
    """What several outcomes have in common."""
    allowed = denied = full
    foreign = False
    for outcome in outcomes:
        allowed &= outcome.allowed
        denied &= outcome.denied
        foreign |= outcome.foreign
    return Outcome(allowed, denied, foreign)


class Index:
    """The compiled form of a cluster."""

    def __init__(
        self,
        cluster: Cluster,
        vocabulary: Vocabulary,
        world: Surroundings,
        assumptions: Assumptions,
        others: Iterable[Pod],
    ) -> None:
        self._vocabulary = vocabulary
        self._policies = cluster.policies
        self._admin = sorted(cluster.admin_policies, key=lambda policy: policy.priority)
        self._foreign = {policy.namespace for policy in cluster.foreign_policies}
        self._pods = (*cluster.pods, *others)  # as long as they live, their ids are theirs
        self._numbers: dict[Kind, int] = {}
        self.by_id = {id(pod): self._add(vocabulary.describe(pod)) for pod in self._pods}
        """The number of a pod's kind, by the pod's identity, which is the fastest way to it."""
        kinds = tuple(self._numbers)
        named = [pair for kind in kinds for _, pairs in kind.ports for pair in pairs]
        self.ports = self.port_space(named)
        self.addresses = vocabulary.addresses
        self.networks = vocabulary.networks
        self.universe = Universe(kinds, self.addresses, world, assumptions)
        self.rows = Rows(self.universe, self.ports, self._policies, self._admin, assumptions)
        self._known: dict[tuple[bool, int, int | None, bool], Row] = {}
        self._subjects = {direction: self._make_subjects(direction) for direction in Direction}
        ranges = self.addresses.ranges
        self.families = [frozenset(ranges[spot].first.version for spot in kind.spots or ()) for kind in kinds]
        """By kind: the families of its addresses; empty where nobody knows them."""
        self.host_nodes = {kinds[i].node for i in bits_of(self.universe.as_node)} - {None}
        """The nodes that pods stand for."""

    def _add(self, kind: Kind) -> int:
        return self._numbers.setdefault(kind, len(self._numbers))

    def port_space(self, named: Iterable[tuple[Protocol, int]]) -> PortSpace:
        """The ports as these policies cut them, where names may stand for these."""
        return PortSpace((match for rule in self._vocabulary.rules for match in rule.ports), named)

    def number(self, kind: Kind) -> int | None:
        """The number of a kind; None where no pod that the index was made with is of it."""
        return self._numbers.get(kind)

    # --- who judges whom ------------------------------------------------------------------------------------------

    def _make_subjects(self, direction: Direction) -> list[Subject]:
        universe = self.universe
        count = len(universe.kinds)
        isolating: list[list[int]] = [[] for _ in range(count)]
        otherwise = 0
        for index, policy in enumerate(self._policies):
            selected = self._selected_by(policy)
            if direction in policy.types:
                for i in bits_of(selected):
                    isolating[i].append(index)
            if any(other is not direction for other in policy.types):
                otherwise |= selected
        ruling: list[list[int]] = [[] for _ in range(count)]
        for index, cluster_wide in enumerate(self._admin):
            for i in bits_of(self._subjects_of(cluster_wide)):
                ruling[i].append(index)
        return [
            Subject(
                direction,
                not universe.as_node >> i & 1,
                None in self._foreign or kind.namespace in self._foreign,
                tuple(isolating[i]),
                bool(otherwise >> i & 1),
                tuple(ruling[i]),
                kind.ports if direction is Direction.INGRESS else (),
            )
            for i, kind in enumerate(universe.kinds)
        ]

    def _selected_by(self, policy: NetworkPolicy) -> int:
        home = self.universe.by_namespace.get(policy.namespace, 0)
        return self.universe.selected(home, policy.pods) & ~self.universe.as_node

    def _subjects_of(self, policy: AdminPolicy) -> int:
        selected = self.universe.selected(self.universe.in_namespaces(policy.namespaces), policy.pods)
        return selected & ~self.universe.host

    def subject(self, direction: Direction, kind: int) -> Subject:
        """What decides for pods of a kind in one direction."""
        return self._subjects[direction][kind]

    def foreign(self, kind: int) -> bool:
        """Whether a policy of an unknown kind may reach pods of a kind."""
        return self._subjects[Direction.INGRESS][kind].foreign

    # --- one pair -------------------------------------------------------------------------------------------------

    def between(self, source: int, destination: int, *, own_node: bool = False) -> Outcome:
        """What holds between different pods of two kinds.

        Args:
            source: the number of a kind.
            destination: the number of a kind.
            own_node: whether one end is, as its node, the node of the other.
        """
        full = self.ports.full
        if self.universe.finished >> source & 1 or self.universe.finished >> destination & 1:
            return Outcome(0, full)
        families = possible_families(self.families[source], self.families[destination])
        if len(families) == 1:
            outcome = self._between(source, destination, families[0], own_node)
        else:
            outcome = agreed((self._between(source, destination, family, own_node) for family in families), full)
        foreign = self._foreign and (self.foreign(source) or self.foreign(destination))
        return outcome._replace(foreign=True) if foreign else outcome

    def _row(self, direction: Direction, kind: int, family: int | None, own_node: bool) -> Row:  # noqa: FBT001
        """A row by the number of a kind, which is quicker to look up than its subject."""
        key = (direction is Direction.EGRESS, kind, family, own_node)
        row = self._known.get(key)
        if row is None:
            row = self._known[key] = self.rows.row(self.subject(direction, kind), family, own_node=own_node)
        return row

    def _between(self, source: int, destination: int, family: int | None, own_node: bool) -> Outcome:  # noqa: FBT001
        egress = self._row(Direction.EGRESS, source, family, own_node)
        ingress = self._row(Direction.INGRESS, destination, family, own_node)
        return joined(lookup(egress, destination), lookup(ingress, source))


def lookup(row: Row, position: int) -> tuple[int, int]:
    """The ports that a row may allow and may deny for one of everybody."""
    for members, may_allow, may_deny in row:
        if members >> position & 1:
            return may_allow, may_deny
    raise AssertionError("a row holds everybody")


def joined(egress: tuple[int, int], ingress: tuple[int, int]) -> Outcome:
    """Both ends must allow; a denial at one end settles it whatever is open at the other."""
    surely_denied = egress[1] & ~egress[0] | ingress[1] & ~ingress[0]
    surely_allowed = (egress[0] & ~egress[1]) & (ingress[0] & ~ingress[1])
    return Outcome(surely_allowed, surely_denied)
