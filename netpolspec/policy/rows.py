"""What the policies of one pod do with everybody at once: the tiers of `tiers.py`, over sets instead of packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from netpolspec.policy.assumptions import BaselineAfterIsolation
from netpolspec.policy.objects import Action, Direction, NetworkPolicy, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.kinds import NamedPorts
    from netpolspec.policy.objects import AdminPolicy, Rule
    from netpolspec.policy.portspace import PortSpace
    from netpolspec.policy.universe import Universe


class Group(NamedTuple):
    """Some of everybody, and the ports on which connections with them may be allowed, and may be denied.

    A port in both is open; every port is in at least one.
    """

    members: int
    may_allow: int
    may_deny: int


Row: TypeAlias = tuple[Group, ...]
"""Disjoint groups that together are everybody."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What decides for one end of connections. Pods with equal subjects have equal rows."""

    direction: Direction
    policed: bool
    """False for what no policy can select."""
    foreign: bool
    """Whether a policy of an unknown kind may have a say."""
    isolating: tuple[int, ...] = ()
    """Indexes of NetworkPolicies."""
    isolated_otherwise: bool = False
    """Whether a NetworkPolicy isolates it in the other direction."""
    admin: tuple[int, ...] = ()
    """Indexes of cluster-scoped policies, by ascending priority."""
    ports: NamedPorts = ()
    """Its own named ports, which rules for ingress mean."""


class _State(NamedTuple):
    """Where the ports of a connection stand while the tiers are walked. All are sets of ports."""

    here: int
    """Not settled yet in this tier."""
    later: int = 0
    """May be handed to the next tier."""
    allow: int = 0
    deny: int = 0
    # within one level of priority
    once: int = 0
    """Some policy of the level may match."""
    twice: int = 0
    """More than one may."""
    accepts: int = 0
    denies: int = 0
    passes: int = 0
    settled: int = 0
    # within one policy
    left: int = 0
    """No rule of the policy matches surely so far."""
    accept: int = 0
    refuse: int = 0
    hand_on: int = 0


_Groups: TypeAlias = dict[_State, int]


def _mapped(groups: _Groups, change: Callable[[_State], _State]) -> _Groups:
    found: _Groups = {}
    for state, members in groups.items():
        new = change(state)
        found[new] = found.get(new, 0) | members
    return found


def _matched(action: Action, state: _State, ports: int, *, surely: bool) -> _State:
    """A rule of a cluster-scoped policy that is for these ports has been reached."""
    hit = state.left & ports
    left = state.left & ~ports if surely else state.left
    match action:
        case Action.ACCEPT:
            return state._replace(accept=state.accept | hit, left=left)
        case Action.DENY:
            return state._replace(refuse=state.refuse | hit, left=left)
        case Action.PASS:
            return state._replace(hand_on=state.hand_on | hit, left=left)


def _end_policy(state: _State) -> _State:
    any_ = state.accept | state.refuse | state.hand_on
    return state._replace(
        twice=state.twice | state.once & any_,
        once=state.once | any_,
        accepts=state.accepts | state.accept,
        denies=state.denies | state.refuse,
        passes=state.passes | state.hand_on,
        settled=state.settled | state.here & ~state.left,
        accept=0,
        refuse=0,
        hand_on=0,
        left=0,
    )


def _end_level(state: _State) -> _State:
    accepts, denies, passes = state.accepts, state.denies, state.passes
    torn = state.twice & (accepts & denies | accepts & passes | denies & passes)
    return _State(
        here=state.here & ~state.settled,
        later=state.later | passes & ~torn,
        allow=state.allow | accepts | torn,
        deny=state.deny | denies | torn,
    )


def _allowed(state: _State, ports: int, *, surely: bool) -> _State:
    hit = state.here & ports
    return state._replace(allow=state.allow | hit, here=state.here & ~hit if surely else state.here)


class Rows:
    """Computes and keeps the rows of one cluster."""

    def __init__(
        self,
        universe: Universe,
        space: PortSpace,
        policies: Sequence[NetworkPolicy],
        admin: Sequence[AdminPolicy],
        assumptions: Assumptions,
    ) -> None:
        self._universe = universe
        self._space = space
        self._policies = policies
        self._admin = admin
        self._baseline_after_any = assumptions.baseline_after_isolation is BaselineAfterIsolation.ANY
        self._rows: dict[tuple[Subject, int | None, bool], Row] = {}
        by_ports: dict[NamedPorts, int] = {}
        for i, kind in enumerate(universe.kinds):
            ports = () if universe.as_node >> i & 1 else kind.ports
            by_ports[ports] = by_ports.get(ports, 0) | 1 << i
        by_ports[()] = by_ports.get((), 0) | universe.outside
        self._by_ports = by_ports

    def row(self, subject: Subject, family: int | None, *, own_node: bool = False) -> Row:
        """The row of a subject.

        Args:
            subject: whose row.
            family: of the connections; None where nothing says.
            own_node: the row for the subject's own node rather than for anybody.
        """
        key = (subject, family, own_node)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._row(subject, family, own_node=own_node)
        return row

    def _row(self, subject: Subject, family: int | None, *, own_node: bool) -> Row:
        full, everyone = self._space.full, self._universe.everyone
        if subject.foreign:
            return (Group(everyone, full, full),)
        if not subject.policed:
            return (Group(everyone, full, 0),)
        groups: _Groups = {_State(full): everyone}
        groups = self._walk_admin(groups, subject, Tier.ADMIN, family)
        if subject.isolating and own_node:
            groups = _mapped(groups, lambda state: state._replace(allow=state.allow | state.here, here=0))
        elif subject.isolating:
            groups = self._walk_network_policies(groups, subject, family)
        if self._baseline_after_any and subject.isolated_otherwise:
            groups = _mapped(groups, lambda state: state._replace(allow=state.allow | state.here, here=0))
        groups = self._walk_admin(groups, subject, Tier.BASELINE, family)
        done: dict[tuple[int, int], int] = {}
        for state, members in groups.items():
            outcome = (state.allow | state.here, state.deny)
            done[outcome] = done.get(outcome, 0) | members
        return tuple(Group(members, *outcome) for outcome, members in done.items())

    def _walk_network_policies(self, groups: _Groups, subject: Subject, family: int | None) -> _Groups:
        for index in subject.isolating:
            policy = self._policies[index]
            for rule in policy.ingress if subject.direction is Direction.INGRESS else policy.egress:
                for sure, possible, ports in self._pieces(rule, policy.namespace, subject, family):
                    groups = _split(groups, sure, possible, ports, _allowed)
        return _mapped(groups, lambda state: state._replace(deny=state.deny | state.here, here=0))

    def _walk_admin(self, groups: _Groups, subject: Subject, tier: Tier, family: int | None) -> _Groups:
        policies = [self._admin[index] for index in subject.admin if self._admin[index].tier is tier]
        for i, policy in enumerate(policies):
            groups = _mapped(groups, lambda state: state._replace(left=state.here))
            for rule in policy.ingress if subject.direction is Direction.INGRESS else policy.egress:

                def change(state: _State, ports: int, *, surely: bool, action: Action = rule.action) -> _State:
                    return _matched(action, state, ports, surely=surely)

                for sure, possible, ports in self._pieces(rule, None, subject, family):
                    groups = _split(groups, sure, possible, ports, change)
            groups = _mapped(groups, _end_policy)
            if i + 1 == len(policies) or policies[i + 1].priority != policy.priority:
                groups = _mapped(groups, _end_level)
        return _mapped(groups, lambda state: state._replace(here=state.here | state.later, later=0))

    def _pieces(
        self, rule: Rule, home: str | None, subject: Subject, family: int | None
    ) -> Iterator[tuple[int, int, int]]:
        """A rule as (who surely belongs to its peers, who may, for which ports): disjoint in the first two."""
        sure, possible = self._universe.everyone, 0
        if rule.peers:
            sure = 0
            for peer in rule.peers:
                surely, maybe = self._universe.members(peer, home, family)
                sure |= surely
                possible |= maybe
            possible &= ~sure
        if not rule.ports:
            yield sure, possible, self._space.full
        elif subject.direction is Direction.INGRESS or not any(isinstance(port.port, str) for port in rule.ports):
            yield sure, possible, self._ports(rule, subject.ports)
        else:
            for ports, members in self._by_ports.items():
                if (sure | possible) & members:
                    yield sure & members, possible & members, self._ports(rule, ports)

    def _ports(self, rule: Rule, named: NamedPorts) -> int:
        covered = 0
        for match in rule.ports:
            covered |= self._space.covered(match, dict(named))
        return covered


def _split(groups: _Groups, sure: int, possible: int, ports: int, change: Callable[..., _State]) -> _Groups:
    """Apply a rule to those whom it is for."""
    if not ports or not sure | possible:
        return groups
    found: _Groups = {}
    for state, members in groups.items():
        surely, maybe = members & sure, members & possible
        rest = members & ~(sure | possible)
        if rest:
            found[state] = found.get(state, 0) | rest
        if surely:
            new = change(state, ports, surely=True)
            found[new] = found.get(new, 0) | surely
        if maybe:
            new = change(state, ports, surely=False)
            found[new] = found.get(new, 0) | maybe
    return found
