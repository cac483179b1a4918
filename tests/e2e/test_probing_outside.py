"""Destinations that are no pod: an address outside the cluster, and Services of other sorts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netpolspec.run.events import Status

if TYPE_CHECKING:
    from e2e.lab import Lab

pytestmark = pytest.mark.e2e


def test_an_address_outside(lab: Lab, outside: str) -> None:
    report = lab.run(
        f"""\
world: ; given namespace ms-a
open: world
  expect ms-a -> {outside}:443 allowed
shut: world
  given policy deny-to-any in ms-a
  expect ms-a -> {outside}:443 denied
"""
    )
    assert [point.status for point in report.points] == [Status.PASSED, Status.PASSED]
    seen = report.points[1].observed
    assert seen is not None
    assert seen.control is not None
    assert seen.control.startswith(f"{outside}:443 was reached earlier from ms-a/netpolspec-client-")


def test_an_address_at_which_nobody_is_was_not_denied(lab: Lab) -> None:
    """192.0.2.0/24 is for documentation: nobody is there, and no packet of this test leaves the node."""
    report = lab.run(
        """\
shut:
  given namespace ms-a
  given policy deny-to-any in ms-a
  expect ms-a -> 192.0.2.1:80 denied
"""
    )
    assert report.point.status is Status.FAILED
    assert report.point.observed is not None
    assert report.point.observed.control == "nobody has reached 192.0.2.1:80 in this run: perhaps nothing is there"


def test_headless_services_and_several_ports(lab: Lab) -> None:
    report = lab.run(
        """\
IN := ms-b
world:
  given namespace ms-a namespace=ms-a
  given namespace ms-b namespace=ms-b
  given deployment web in ms-b app=web replicas 2 port 8080 as http port 9090
  given service both in ms-b port 80 -> http port 81 -> 9090 on app=web
  given manifest <<YAML
  apiVersion: v1
  kind: Service
  metadata: {name: peers, namespace: ms-b}
  spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
  YAML
open: world
  expect ms-a -> peers.ms-b:8080, both.ms-b:80, both.ms-b:81, both.ms-b:* allowed
  expect ms-a -> peers.ms-b:8080 by name, both.ms-b:81 by name allowed
some: world
  given policy allow-from-any-to-port port=8080
  expect ms-a -> peers.ms-b:8080, both.ms-b:80 allowed
  expect ms-a -> both.ms-b:81, ms-b/web:9090 denied
  expect ms-a -> both.ms-b:81 by name denied
"""
    )
    assert {title: found for title, found in report.outcomes.items() if not found.startswith("passed")} == {}
    assert len(report.points) == 11
