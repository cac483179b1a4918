"""Fetches the TAP consumers that a machine rarely has, into `.tools/`: `just consumers`.

- Test::Harness 3.50, of which Debian 12's perl has 3.44: one of Debian's own packages, pure Perl, 0.2 MB, by its hash.
- node's tap-parser, by npm and the lock file that lies here; and where this machine has no npm, or a node before 20,
  node itself (61 MB), from PyPI by uv.lock.

What is there is not fetched again. What cannot be had is said, and the tests that need it skip and say so too; where
NETPOLSPEC_REQUIRE_CONSUMERS is set (in CI), it is an error.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
HARNESS = TOOLS / "test-harness-3.50"
TAP_PARSER = TOOLS / "tap-parser"
NODE = TOOLS / "node"

MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
HARNESS_PACKAGE = "pool/main/libt/libtest-harness-perl/libtest-harness-perl_3.50-1_all.deb"
HARNESS_SHA256 = "3506c546aa47399580ce58ec983814165e206665080cccded1c89fe2dd6e37f1"
OLDEST_NODE = 20


class FetchError(Exception):
    """A consumer cannot be had; the text says why."""


def fetch_harness() -> None:
    """Downloads and unpacks Test::Harness."""
    if HARNESS.exists():
        return
    address = f"{MIRROR}/{HARNESS_PACKAGE}"
    try:
        with urllib.request.urlopen(address, timeout=60) as response:  # noqa: S310  # the hash below is what counts
            package: bytes = response.read()
    except OSError as error:
        raise FetchError(f"Test::Harness 3.50: {address}: {error}") from error
    if (found := hashlib.sha256(package).hexdigest()) != HARNESS_SHA256:
        raise FetchError(f"Test::Harness 3.50: {address} has the SHA-256 {found}, not {HARNESS_SHA256}")
    partial = HARNESS.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(find_data(package))) as archive:
        for member in archive:
            if member.isfile() and (content := archive.extractfile(member)):
                file = partial / member.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read())
    partial.rename(HARNESS)


def find_data(package: bytes) -> bytes:
    """The archive of files in a Debian package, which is an `ar` of three members (deb(5))."""
    at = len(b"!<arch>\n")
    while at < len(package):
        name, size = package[at : at + 16].decode().strip(), int(package[at + 48 : at + 58])
        at += 60
        if name.startswith("data.tar"):
            return package[at : at + size]
        at += size + size % 2
    raise FetchError("Test::Harness 3.50: the package holds no data.tar")


def find_node() -> str | None:
    """A node that can run tap-parser and has npm beside it: this machine's, or the one that was fetched."""
    node = shutil.which("node")
    if node and shutil.which("npm"):
        version = subprocess.run((node, "--version"), capture_output=True, text=True, check=False).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= OLDEST_NODE:
            return node
    fetched = NODE / "bin/node"
    return str(fetched) if fetched.exists() else None


def fetch_tap_parser() -> None:
    """Installs what package-lock.json says, with a node for it where there is none."""
    locked = Path(__file__).with_name("package-lock.json")
    installed = TAP_PARSER / locked.name
    if (TAP_PARSER / "node_modules/tap-parser").exists() and installed.read_bytes() == locked.read_bytes():
        return
    node = find_node()
    if node is None:
        print(f"fetching node into {NODE}", file=sys.stderr)
        uv = (TOOLS / "uv/bin/uv", "sync", "--quiet", "--locked", "--project", ROOT, "--only-group", "node")
        run_tool("node", uv, {"UV_PROJECT_ENVIRONMENT": str(NODE)})
        node = str(NODE / "bin/node")
    shutil.rmtree(TAP_PARSER, ignore_errors=True)
    TAP_PARSER.mkdir()
    for file in (locked, locked.with_name("package.json")):
        shutil.copy(file, TAP_PARSER)
    path = f"{Path(node).parent}:{os.environ['PATH']}"
    npm = shutil.which("npm", path=path)
    assert npm is not None
    run_tool(
        "tap-parser", (npm, "ci", "--prefix", TAP_PARSER, "--ignore-scripts", "--no-audit", "--no-fund"), {"PATH": path}
    )


def run_tool(what: str, command: tuple[str | Path, ...], settings: dict[str, str]) -> None:
    """Runs a package manager; it prints only where it fails."""
    tool = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    if tool.returncode:
        raise FetchError(f"{what}: {' '.join(map(str, command))}\n{tool.stderr}")


def main() -> int:
    """Fetches what is missing; returns the exit status."""
    TOOLS.mkdir(exist_ok=True)
    missing = False
    for fetch in (fetch_harness, fetch_tap_parser):
        try:
            fetch()
        except FetchError as error:
            missing = True
            print(f"a TAP consumer cannot be had: {error}", file=sys.stderr)
    return int(missing and "NETPOLSPEC_REQUIRE_CONSUMERS" in os.environ)


if __name__ == "__main__":
    sys.exit(main())
