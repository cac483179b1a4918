"""The smallest edits that would turn an answer over. None is told that the model has not found to do it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from netpolspec.explain import edit
from netpolspec.explain.account import account
from netpolspec.explain.words import failing, say_selector
from netpolspec.policy.assumptions import choices
from netpolspec.policy.decide import Model
from netpolspec.policy.decision import Answer, External
from netpolspec.policy.objects import (
    Action,
    AdminPolicy,
    BlockPeer,
    Direction,
    NetworkPolicy,
    Operator,
    Pod,
    PodPeer,
    PortMatch,
    Requirement,
    Rule,
    Selector,
    Tier,
)
from netpolspec.policy.peers import Match, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netpolspec.explain.account import Account, PolicyNote, RuleNote, Side
    from netpolspec.explain.edit import Edit
    from netpolspec.policy.assumptions import Assumptions
    from netpolspec.policy.decision import Decision, Endpoint
    from netpolspec.policy.objects import Cluster, Network, Peer
    from netpolspec.policy.readings import Connection

_MOST_TRIED = 200
_MOST_STEPS = 8
_MOST_OPENED = 4
_NAME = "kubernetes.io/metadata.name"
_TELLING = ("app.kubernetes.io/name", "app", "k8s-app", "name", "app.kubernetes.io/instance", "component")
"""Labels that say by themselves which pods are meant."""
_MADE = (
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "controller-uid",
)
"""Labels that controllers make, which nobody selects by."""


@dataclass(frozen=True, slots=True)
class TurnOver:
    """What it takes to get the other answer."""

    wanted: Answer
    edits: tuple[Edit, ...]
    """All of them are needed; empty where `why` says why there are none."""
    why: str = ""


def turn_over(model: Model, found: Account) -> TurnOver:
    """The smallest edits to policies that turn an answer over, verified by the model on the edited cluster.

    Args:
        model: what gave the answer.
        found: the account of the connection.
    """
    answer = found.decision.answer
    wanted = Answer.ALLOWED if answer is Answer.DENIED else Answer.DENIED
    if answer is Answer.UNKNOWN:
        return TurnOver(wanted, (), _say_unknown(found))
    if answer is Answer.UNSPECIFIED:
        return TurnOver(Answer.ALLOWED, (), _say_open(found))
    cluster = _reduced(model.cluster, found.connection)
    search = _Search(model.assumptions, found.connection, wanted)
    edits = search.open_all(cluster, found) if wanted is Answer.ALLOWED else search.close_one(cluster, found)
    whole = model.cluster
    for each in edits:
        whole = each.apply(whole)
    if edits and search.decide(whole).answer is wanted:
        return TurnOver(wanted, edits)
    if all(tier.tier is Tier.NETWORK_POLICY and not tier.asked for side in found.sides for tier in side.tiers):
        return TurnOver(wanted, (), "no policy has a say in this connection")
    return TurnOver(wanted, (), "no edit of a few lines was found that does it")


def _say_open(found: Account) -> str:
    """What would settle an answer that the API leaves open."""
    if found.decision.assumptions:
        rested = (each.split("=", 1) for each in found.decision.assumptions)
        settling = " or ".join(f"{key}={other}" for key, value in rested for other in choices(key) if other != value)
        return f"the API leaves the answer open; '--assume' settles it, with {settling}"
    if any(rival.peer is not None for rival in found.decision.decisive.rivals):
        for end in found.connection.ends:
            if isinstance(end, External) and end.address is None:
                return f"the address of {end.name} is not known, and policies see addresses; ask about an address of it"
    return "the API leaves the answer open, and no assumption settles it"


def _say_unknown(found: Account) -> str:
    """Whose answer nobody but a cluster knows."""
    sides = (found.decision.egress, found.decision.ingress)
    rivals = {rival.label: None for side in sides if side.answer is Answer.UNKNOWN for rival in side.rivals}
    verb = "decides" if len(rivals) == 1 else "decide"
    return f"the model does not know what {' and '.join(rivals)} {verb}; packets tell, with --on kind or --on cluster"


def _reduced(cluster: Cluster, connection: Connection) -> Cluster:
    """What the decision can depend on: the policies of both ends' namespaces; pods only behind a Service's address."""
    homes = {end.namespace for end in connection.ends if isinstance(end, Pod)}
    policies = tuple(policy for policy in cluster.policies if policy.namespace in homes)
    pods = () if isinstance(connection.destination, Pod) else cluster.pods
    return replace(cluster, policies=policies, pods=pods)


class _Search:
    """Tries edits, small ones first."""

    def __init__(self, assumptions: Assumptions, connection: Connection, wanted: Answer) -> None:
        self._assumptions = assumptions
        self._connection = connection
        self._wanted = wanted

    def _account(self, cluster: Cluster) -> Account:
        return account(Model(cluster, self._assumptions), self._connection)

    def decide(self, cluster: Cluster) -> Decision:
        """The answer in an edited cluster."""
        asked = self._connection
        model = Model(cluster, self._assumptions)
        return model.decide(asked.source, asked.destination, asked.protocol, asked.port, via=asked.via)

    def open_all(self, cluster: Cluster, found: Account) -> tuple[Edit, ...]:
        """One edit at each end that denies; over two families, one end may have to be opened twice."""
        edits: list[Edit] = []
        for _ in range(_MOST_OPENED):
            shut = [side for side in found.sides[::-1] if side.judgement.answer is not Answer.ALLOWED]
            if not shut:
                break
            direction = shut[0].direction
            chosen = self._first(cluster, direction, _openers(cluster, found, shut[0]))
            if chosen is None:
                return ()
            edits.append(chosen)
            cluster = chosen.apply(cluster)
            found = self._account(cluster)
        return tuple(edits)

    def close_one(self, cluster: Cluster, found: Account) -> tuple[Edit, ...]:
        """The edits at the end where the fewest and smallest do it; of equals, at the destination."""
        ways = [self._close(cluster, found, direction) for direction in (Direction.INGRESS, Direction.EGRESS)]
        able = [way for way in ways if way]
        return min(able, key=lambda way: (len(way), max(each.size for each in way)), default=())

    def _close(self, cluster: Cluster, found: Account, direction: Direction) -> tuple[Edit, ...]:
        edits: list[Edit] = []
        for _ in range(_MOST_STEPS):
            side = found.ingress if direction is Direction.INGRESS else found.egress
            chosen = self._first(cluster, direction, _closers(cluster, found, side))
            if chosen is not None:
                return (*edits, chosen)
            # Several rules allow it, so each of them has to go.
            step = next(iter(sorted(_rule_closers(found, side), key=lambda each: each.size)), None)
            if step is None:
                return ()
            edits.append(step)
            cluster = step.apply(cluster)
            found = self._account(cluster)
        return ()

    def _first(self, cluster: Cluster, direction: Direction, candidates: Iterator[Edit]) -> Edit | None:
        for candidate in sorted(candidates, key=lambda each: each.size)[:_MOST_TRIED]:
            decision = self.decide(candidate.apply(cluster))
            judgement = decision.ingress if direction is Direction.INGRESS else decision.egress
            if judgement.answer is self._wanted and (self._wanted is Answer.ALLOWED or decision.answer is self._wanted):
                return candidate
        return None


# --- letting a connection through ---------------------------------------------------------------------------------


def _openers(cluster: Cluster, found: Account, side: Side) -> Iterator[Edit]:
    citation = side.judgement.citation
    if citation is not None and isinstance(citation.policy, AdminPolicy) and citation.rule_index is not None:
        spot = edit.Spot(citation.policy, side.direction)
        yield edit.change_action(spot, citation.rule_index, Action.ACCEPT)
        if citation.policy.kind != "BaselineAdminNetworkPolicy":
            yield edit.change_action(spot, citation.rule_index, Action.PASS)
        return
    # A default deny is better left as it is where another policy can take the rule.
    for note in sorted(_network_policies(side), key=lambda note: not note.rules):
        if note.affects:
            yield from _widenings(cluster, found, side, note)


def _network_policies(side: Side) -> Iterator[PolicyNote]:
    for tier in side.tiers:
        if tier.tier is Tier.NETWORK_POLICY:
            yield from tier.policies


def _widenings(cluster: Cluster, found: Account, side: Side, note: PolicyNote) -> Iterator[Edit]:
    policy = note.policy
    assert isinstance(policy, NetworkPolicy)  # noqa: S101 - of that tier
    spot = edit.Spot(policy, side.direction)
    asked = PortMatch(found.connection.protocol, found.connection.port, None, policy.origin)
    peers = tuple(_peers_for(cluster, policy.namespace, side.other, policy))
    whom = _whom(side.other)
    for rule in note.rules:
        if rule.port_match and rule.rule.peers:
            yield from _wider_peers(cluster, spot, rule, side.other)
            for peer in peers:
                yield edit.add_peer(spot, rule.index, peer, whom)
        elif rule.peer_match is Match.YES and rule.rule.ports:
            yield edit.add_port(spot, rule.index, asked)
    port = f"{asked.port}/{asked.protocol}"
    for peer in peers:
        way = "from" if side.direction is Direction.INGRESS else "to"
        yield edit.add_rule(spot, Rule((peer,), (asked,), policy.origin), f"add a rule {way} {whom} on port {port}")
    if not peers:
        who = "everybody" if side.direction is Direction.INGRESS else "everywhere"
        how = f"add a rule for {who} on port {port}, because no selector or address stands for {side.other.label}"
        yield edit.add_rule(spot, Rule((), (asked,), policy.origin), how)


def _wider_peers(cluster: Cluster, spot: edit.Spot, rule: RuleNote, other: Endpoint) -> Iterator[Edit]:
    """A requirement that a pod just misses; an exception that takes its address out."""
    world = Surroundings(cluster.namespaces, {node.name: node for node in cluster.nodes})
    for number, peer in enumerate(rule.rule.peers):
        if isinstance(peer, PodPeer) and isinstance(other, Pod):
            assert isinstance(spot.policy, NetworkPolicy)  # noqa: S101 - of that tier
            if peer.namespaces is None and other.namespace != spot.policy.namespace:
                continue
            there = world.labels_of(other.namespace)
            missed = [("namespaceSelector", each, there) for each in failing(peer.namespaces or Selector(), there)]
            missed += [("podSelector", each, other.labels) for each in failing(peer.pods or Selector(), other.labels)]
            if len(missed) == 1:
                part, requirement, labels = missed[0]
                for wider in _wider(requirement, labels.get(requirement.key)):
                    yield edit.widen(spot, rule.index, number, part, old=requirement, new=wider)
        elif isinstance(peer, BlockPeer):
            addresses = world.addresses(other)
            for which, hole in enumerate(peer.excepts):
                if any(address in hole for address in addresses):
                    yield edit.drop_except(spot, rule.index, number, which)


def _wider(requirement: Requirement, value: str | None) -> Iterator[Requirement | None]:
    """What holds for a label's value, too, and as little else as can be."""
    values = requirement.values
    if requirement.operator is Operator.IN and value is not None:
        yield Requirement(requirement.key, Operator.IN, tuple(sorted({*values, value})))
    elif requirement.operator is Operator.NOT_IN and len(values) > 1:
        yield Requirement(requirement.key, Operator.NOT_IN, tuple(each for each in values if each != value))
    else:
        yield None


def identity(pod: Pod) -> Selector:
    """Labels by which the pods of a workload are told from others; empty where it has none of its own."""
    own = {key: value for key, value in pod.labels.items() if key not in _MADE}
    telling = next((key for key in _TELLING if key in own), None)
    chosen = own if telling is None else {telling: own[telling]}
    return Selector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in sorted(chosen.items())))


def _whom(other: Endpoint) -> str:
    if not isinstance(other, Pod):
        return other.label
    pods = identity(other)
    which = f"pods {say_selector(pods, '')}" if pods.requirements else "all pods"
    return f"{which} of namespace {other.namespace}"


def _peers_for(cluster: Cluster, home: str, other: Endpoint, policy: NetworkPolicy) -> Iterator[Peer]:
    """Peers that are for one end, the fittest first; none where no selector or address is known for it."""
    if isinstance(other, Pod):
        pods = identity(other)
        if other.namespace == home:
            yield PodPeer(None, pods, policy.origin)
        else:
            there = Selector((Requirement(_NAME, Operator.IN, (other.namespace,)),))
            yield PodPeer(there, pods if pods.requirements else None, policy.origin)
    if isinstance(other, External) and other.address is None:
        return
    world = Surroundings(cluster.namespaces, {node.name: node for node in cluster.nodes})
    for address in world.addresses(other):
        yield BlockPeer(_network(str(address), address.version), (), policy.origin)


def _network(address: str, version: int) -> Network:
    return IPv4Network(address) if version == 4 else IPv6Network(address)  # noqa: PLR2004 - the name of a family


# --- shutting it out ----------------------------------------------------------------------------------------------


def _closers(cluster: Cluster, found: Account, side: Side) -> Iterator[Edit]:
    citation = side.judgement.citation
    if citation is not None and isinstance(citation.policy, AdminPolicy) and citation.rule_index is not None:
        yield edit.change_action(edit.Spot(citation.policy, side.direction), citation.rule_index, Action.DENY)
        return
    yield from _rule_closers(found, side)
    if not side.tiers or not isinstance(side.subject, Pod) or side.judgement.isolated:
        return
    for note in _network_policies(side):
        if note.selects and not note.affects and isinstance(note.policy, NetworkPolicy):
            yield edit.add_type(note.policy, side.direction)
    yield _isolation(cluster, side.subject, side)


def _rule_closers(found: Account, side: Side) -> Iterator[Edit]:
    """For each rule that lets it through: what would keep the rule from it."""
    for note in _network_policies(side):
        for rule in note.rules:
            if rule.match is not Match.NO:
                yield from _narrowings(edit.Spot(note.policy, side.direction), rule, side, found.connection)


def _narrowings(spot: edit.Spot, rule: RuleNote, side: Side, connection: Connection) -> Iterator[Edit]:
    matching = [number for number, peer in enumerate(rule.peers) if peer.match is not Match.NO]
    if len(matching) == 1:
        number = matching[0]
        peer, other = rule.rule.peers[number], side.other
        if isinstance(peer, BlockPeer) and isinstance(other, External) and other.address is not None:
            network = _network(str(other.address), other.address.version)
            if network != peer.cidr:
                yield edit.add_except(spot, rule.index, number, network)
        if len(rule.peers) > 1:
            yield edit.drop_peer(spot, rule.index, number)
    if len(rule.rule.ports) > 1:
        exact = [
            number
            for number, port in enumerate(rule.rule.ports)
            if port.protocol is connection.protocol and port.end is None and port.port is not None
        ]
        for number in exact:
            yield edit.drop_port(spot, rule.index, number)
    yield edit.drop_rule(spot, rule.index)


def _isolation(cluster: Cluster, subject: Pod, side: Side) -> Edit:
    """A new policy that isolates the pods of a workload in one direction."""
    way = side.direction.lower()
    pods = identity(subject)
    base = f"deny-{way}-{subject.owner.name}"[:240] if pods.requirements else f"deny-{way}"
    taken = {policy.name for policy in cluster.policies if policy.namespace == subject.namespace}
    name = next(each for each in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)
    policy = NetworkPolicy(name, subject.namespace, pods, frozenset({side.direction}), (), (), subject.origin)
    whom = f"the pods of {subject.owner}" if pods.requirements else f"all pods of {subject.namespace}"
    return edit.add_policy(policy, side.direction, f"isolates {whom} for {way}, and lets nobody through")
