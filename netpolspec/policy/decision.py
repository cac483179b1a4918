"""What the model is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from netpolspec.policy.objects import (
    Address,
    AdminPolicy,
    Direction,
    ForeignPolicy,
    NetworkPolicy,
    Peer,
    Pod,
    PortMatch,
    Rule,
    Tier,
)

if TYPE_CHECKING:
    from netpolspec.source import Origin


class Answer(StrEnum):
    """The answer to one connection."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNSPECIFIED = "unspecified"
    """The API leaves it open, and no assumption settles it."""
    UNKNOWN = "unknown"
    """A policy of a kind that the model does not know may have a say."""


@dataclass(frozen=True, slots=True)
class External:
    """A host outside the cluster, by its address or by a name whose address nobody knows.

    An address that a pod or node of the cluster has stands for that pod or node.
    """

    address: Address | None
    name: str = ""
    """Lower case, without a final dot."""

    @property
    def label(self) -> str:
        """How reports name it."""
        return self.name or str(self.address)


@dataclass(frozen=True, slots=True)
class OnNode:
    """A process on a node, outside any pod."""

    node: str | None = None
    """None: the node that runs the pod at the other end."""

    @property
    def label(self) -> str:
        """How reports name it."""
        return f"node {self.node}" if self.node else "<node>"


Endpoint: TypeAlias = Pod | External | OnNode


@dataclass(frozen=True, slots=True)
class Citation:
    """The place in a policy that a judgement rests on."""

    policy: NetworkPolicy | AdminPolicy | ForeignPolicy
    direction: Direction
    rule_index: int | None = None
    """None: the policy as a whole."""
    rule: Rule | None = None
    peer_index: int | None = None
    """None: the rule is for every peer."""
    peer: Peer | None = None
    port_index: int | None = None
    """None: the rule is for every port."""
    port: PortMatch | None = None

    @property
    def label(self) -> str:
        """The policy: `NetworkPolicy ms-b/x`."""
        return self.policy.label

    @property
    def place(self) -> str:
        """The rule and peer in the policy, `ingress[0].from[1]`; empty where the policy as a whole is meant."""
        if self.rule_index is None:
            return ""
        ingress = self.direction is Direction.INGRESS
        place = f"{'ingress' if ingress else 'egress'}[{self.rule_index}]"
        return place if self.peer_index is None else f"{place}.{'from' if ingress else 'to'}[{self.peer_index}]"

    @property
    def origin(self) -> Origin:
        """Where the innermost part of it stands."""
        for part in (self.peer, self.rule):
            if part is not None:
                return part.origin
        return self.policy.origin

    def __str__(self) -> str:
        return f"{self.label}, {self.place}" if self.place else self.label


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the policies at one end of a connection say to it."""

    direction: Direction
    answer: Answer
    reason: str
    """A clause in the field's words, no full stop: `not isolated for egress`."""
    tier: Tier | None = None
    """Where it was decided; None: no policy had a say."""
    citation: Citation | None = None
    """What decided. For a denial by isolation: the isolating policy, where there is one only."""
    rivals: tuple[Citation, ...] = ()
    """Where UNSPECIFIED: the places that would decide differently."""
    isolating: tuple[NetworkPolicy, ...] = ()
    """The NetworkPolicies that isolate the pod in this direction."""

    @property
    def isolated(self) -> bool:
        """Whether a NetworkPolicy isolates the pod in this direction."""
        return bool(self.isolating)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one connection, with what both ends say."""

    answer: Answer
    egress: Judgement
    ingress: Judgement
    assumptions: tuple[str, ...]
    """The assumptions without which the answer would be another: `ipblock-selects-pods=yes`."""
    because: str
    """One line."""

    @property
    def decisive(self) -> Judgement:
        """The end that decides: the one that does not allow; else the one where a policy had a say."""
        for judgement in (self.ingress, self.egress):
            if judgement.answer is self.answer and self.answer is not Answer.ALLOWED:
                return judgement
        return self.egress if self.ingress.tier is None and self.egress.tier is not None else self.ingress


def combine(egress: Answer, ingress: Answer) -> Answer:
    """Both ends must allow; a denial at one end settles it whatever is open at the other."""
    both = {egress, ingress}
    for answer in (Answer.DENIED, Answer.UNKNOWN, Answer.UNSPECIFIED):
        if answer in both:
            return answer
    return Answer.ALLOWED
