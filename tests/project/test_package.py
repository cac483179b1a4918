"""Which netpolspec the tests run against, and that an installed one has all it needs."""

from __future__ import annotations

import os
import sys
import sysconfig
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import netpolspec

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_tests_run_against_what_they_should() -> None:
    """`just wheel` sets the variable: then no module may come from the checkout."""
    home = Path(netpolspec.__file__).resolve().parent
    if "NETPOLSPEC_TESTS_INSTALLED" in os.environ:
        assert home == Path(sysconfig.get_path("purelib")).resolve() / "netpolspec"
        assert [path for path in sys.path if path and (Path(path) / "netpolspec").exists()] == [str(home.parent)]
    else:
        assert home == CHECKOUT / "netpolspec"


def test_the_package_knows_its_version() -> None:
    assert version("netpolspec") == netpolspec.__version__


def test_the_package_holds_every_file_that_git_does() -> None:
    """A grammar or a policy that is left out of the wheel would be missed only where nobody looks."""
    ours = {
        path.relative_to(CHECKOUT / "netpolspec")
        for path in (CHECKOUT / "netpolspec").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    package = Path(str(files("netpolspec")))
    assert ours
    assert {path for path in ours if not (package / path).is_file()} == set()
    assert (package / "py.typed").is_file()


def test_the_pages_on_messages_and_lints_ship() -> None:
    from netpolspec.cli.pages import codes, read_page

    assert {"unknown-policy", "not-enforced", "open-by-empty-from"} < codes()
    assert all(str(read_page(code)).startswith(f"# {code}\n") for code in codes())
