"""What every test may use: golden files, hypothesis profiles, and the installed command."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from consumers.prove import Prove
    from consumers.reading import Consumer

Tool = TypeVar("Tool")

# `quick` is for every run: the same examples each time, so that a red run is red for everybody. `deep` looks for what
# nobody has seen yet: pytest --hypothesis-profile=deep
settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "deep", max_examples=3000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the program printed into the golden files, to be read in the diff",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts terraform comes first: one process has the plans that many tests read, and no long test is last."""

    def order(item: pytest.Item) -> int:
        fixtures = getattr(item, "fixturenames", ())
        return -("planned" in fixtures) - ("terraform" in fixtures)

    items.sort(key=order)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares text with a golden file, or with --update-golden writes it."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(path: Path, actual: str) -> None:
        if update:
            if not path.exists() or path.read_bytes() != actual.encode():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(actual.encode())
            return
        assert path.exists(), f"{path} is missing: pytest --update-golden writes it"
        assert actual == path.read_bytes().decode(), f"differs from {path}; if it should: pytest --update-golden"

    return compare


@pytest.fixture(scope="session")
def netpolspec() -> Path:
    """The `netpolspec` command of the environment that runs the tests, be it the checkout's or a wheel's."""
    return Path(sysconfig.get_path("scripts")) / "netpolspec"


@pytest.fixture(params=["prove", "prove-3.50", "tap-parser"])
def consumer(request: pytest.FixtureRequest) -> Consumer:
    """Each of the TAP consumers that people have, to say what it makes of a text."""
    from consumers.tap_parser import find_tap_parser

    if request.param == "tap-parser":
        return demand(find_tap_parser())
    return find_prove(request.param).consumer()


@pytest.fixture(params=["prove", "prove-3.50"])
def prove(request: pytest.FixtureRequest) -> Prove:
    """Each generation of prove, to run a command on files."""
    return find_prove(request.param)


def find_prove(name: str) -> Prove:
    from consumers.prove import find_new_prove, find_system_prove

    return demand(find_system_prove() if name == "prove" else find_new_prove())


def demand(found: Tool | str) -> Tool:
    """The tool, or where there is only the reason why not: skips with it, or in CI fails."""
    if not isinstance(found, str):
        return found
    if "NETPOLSPEC_REQUIRE_CONSUMERS" in os.environ:
        pytest.fail(found)
    pytest.skip(found)
