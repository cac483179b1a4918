"""Selectors, labels and ports in the words in which people write about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from netpolspec.policy.objects import Operator
from netpolspec.policy.ports import numbers
from netpolspec.policy.selectors import holds

if TYPE_CHECKING:
    from netpolspec.policy.objects import ContainerPort, Labels, PortMatch, Protocol, Requirement, Selector


def say_requirement(requirement: Requirement) -> str:
    """As kubectl's `-l` has it: `tier=api`, `tier in (api,web)`, `!tier`."""
    key, values = requirement.key, ",".join(requirement.values)
    match requirement.operator:
        case Operator.IN:
            return f"{key}={values}" if len(requirement.values) == 1 else f"{key} in ({values})"
        case Operator.NOT_IN:
            return f"{key}!={values}" if len(requirement.values) == 1 else f"{key} notin ({values})"
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"!{key}"
        case _:
            assert_never(requirement.operator)


def say_selector(selector: Selector, everything: str) -> str:
    """A selector, or what it means to be empty."""
    return ", ".join(map(say_requirement, selector.requirements)) or everything


def failing(selector: Selector, labels: Labels) -> tuple[Requirement, ...]:
    """The requirements that keep a selector from matching."""
    return tuple(each for each in selector.requirements if not holds(each, labels))


def say_miss(selector: Selector, labels: Labels) -> str:
    """Why a selector does not match: `label tier=web, wanted tier=api`."""
    return "; ".join(_say_one_miss(requirement, labels) for requirement in failing(selector, labels))


def _say_one_miss(requirement: Requirement, labels: Labels) -> str:
    key = requirement.key
    found = f"label {key}={labels[key]}" if key in labels else f"no label {key}"
    match requirement.operator:
        case Operator.EXISTS:
            return f"{found}, wanted one"
        case Operator.DOES_NOT_EXIST:
            return f"{found}, wanted none"
        case Operator.IN | Operator.NOT_IN:
            return f"{found}, wanted {say_requirement(requirement)}"
        case _:
            assert_never(requirement.operator)


def say_port(port: PortMatch) -> str:
    """One item of `ports`: `80/TCP`, `8000-8999/TCP`, `http/TCP`, `every port/UDP`."""
    name = "every port" if port.port is None else str(port.port)
    end = f"-{port.end}" if port.end is not None else ""
    return f"{name}{end}/{port.protocol}" if port.protocol is not None else name


def say_port_on(port: PortMatch, declared: tuple[ContainerPort, ...], whose: str) -> str:
    """One item of `ports`, and for a name what it stands for on a pod: `http/TCP (8080 on ms-b/web-0)`."""
    if not isinstance(port.port, str) or port.protocol is None:
        return say_port(port)
    found = ", ".join(map(str, numbers(port.port, port.protocol, declared)))
    return f"{say_port(port)} ({found} on {whose})" if found else f"{say_port(port)} (which {whose} does not declare)"


def say_asked(port: int, protocol: Protocol) -> str:
    """The port of a connection: `8080/TCP`."""
    return f"{port}/{protocol}"
