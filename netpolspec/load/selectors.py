"""Label selectors: their schema, the server's rules, and the model's form of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netpolspec.load.metadata import check_labels
from netpolspec.load.names import check_label_key, check_label_value
from netpolspec.load.schema import Fields, Items, Problems, Record, Table, Text, describe, suggest
from netpolspec.policy.objects import Operator, Requirement, Selector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netpolspec.source import Pointer

SELECTOR = Record(
    {
        "matchLabels": Table(Text()),
        "matchExpressions": Items(Record({"key": Text(), "operator": Text(), "values": Items(Text())})),
    }
)
"""LabelSelector, k8s.io/apimachinery/pkg/apis/meta/v1/types.go."""


def from_labels(labels: Mapping[str, str]) -> Selector:
    """The selector that `matchLabels` alone make."""
    return Selector(tuple(Requirement(key, Operator.IN, (value,)) for key, value in labels.items()))


def read_selector(fields: Fields, at: Pointer, problems: Problems) -> Selector:
    """The selector of decoded fields; what is wrong is reported.

    Rules from ValidateLabelSelector, k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go.
    """
    labels: dict[str, str] = fields.get("matchLabels", {})
    check_labels(labels, at.at("matchLabels"), problems)
    requirements = list(from_labels(labels).requirements)
    for index, expression in enumerate(fields.get("matchExpressions", ())):
        requirement = _requirement(expression, at.at("matchExpressions", index), problems)
        if requirement is not None:
            requirements.append(requirement)
    return Selector(tuple(requirements))


def _requirement(fields: Fields, at: Pointer, problems: Problems) -> Requirement | None:
    key: str = fields.get("key", "")
    if "key" not in fields:
        problems.add("missing-field", "'key' is missing", at)
    elif wrong := check_label_key(key):
        problems.add("bad-label", f"label key {describe(key)} {wrong}", at.at("key"))
    values: list[str] = fields.get("values", [])
    for index, value in enumerate(values):
        if wrong := check_label_value(value):
            problems.add("bad-label", f"label value {describe(value)} {wrong}", at.at("values", index))
    operator = _operator(fields.get("operator", ""), at, problems)
    if operator in (Operator.IN, Operator.NOT_IN) and not values:
        problems.add("bad-selector", f"operator '{operator}' needs 'values'", at.at("operator"), _PRESENCE)
    if operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST) and values:
        other = Operator.IN if operator is Operator.EXISTS else Operator.NOT_IN
        problems.add(
            "bad-selector",
            f"operator '{operator}' takes no 'values'",
            at.at("values"),
            f"remove 'values', or use '{other}'",
            key=True,
        )
    return None if operator is None else Requirement(key, operator, tuple(sorted(set(values))))


_PRESENCE = "give at least one value; to ask only whether the label is there, use 'Exists' or 'DoesNotExist'"


def _operator(text: str, at: Pointer, problems: Problems) -> Operator | None:
    try:
        return Operator(text)
    except ValueError:
        help_ = suggest(text, (operator.value for operator in Operator))
        problems.add("bad-selector", f"unknown operator {describe(text)}" if text else "'operator' is missing",
                     at.at("operator"), help_)  # fmt: skip
        return None
