"""Label selectors: `k8s.io/apimachinery`, `metav1.LabelSelector`."""

from __future__ import annotations

from typing import assert_never

from netpolspec.policy.objects import Labels, Operator, Requirement, Selector


def holds(requirement: Requirement, labels: Labels) -> bool:
    """Whether one requirement holds for these labels.

    `NotIn` and `DoesNotExist` hold where the key is absent (`labels.Requirement.Matches`).
    """
    value = labels.get(requirement.key)
    match requirement.operator:
        case Operator.IN:
            return value is not None and value in requirement.values
        case Operator.NOT_IN:
            return value is None or value not in requirement.values
        case Operator.EXISTS:
            return value is not None
        case Operator.DOES_NOT_EXIST:
            return value is None
        case _:
            assert_never(requirement.operator)


def selects(selector: Selector, labels: Labels) -> bool:
    """Whether all requirements hold; a selector without any selects everything."""
    return all(holds(requirement, labels) for requirement in selector.requirements)
