"""Pictures of worlds: who is in them, which arrows there are, and that SVG and mermaid say the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netpolspec.plan.analyze import Options, analyze
from netpolspec.plan.files import Input
from netpolspec.report.picture import mermaid, svg
from netpolspec.report.picture.layout import lay_out
from netpolspec.report.picture.scene import OUTSIDE, Scene, scene_of_scenario
from netpolspec.source import Source

if TYPE_CHECKING:
    from reports.conftest import Folder

WORLD = """\
IN := ms-b
world:
	given namespace ms-a namespace=ms-a
	given namespace ms-b namespace=ms-b
	given namespace ms-c namespace=ms-c
	given deployment nginx in ms-b app=nginx port 80 port 443 port 53/udp
"""


def scene(rule: str) -> Scene:
    """The picture of a scenario over that world."""
    text = f"{WORLD}\nit: world\n" + "".join(f"\t{line}\n" for line in rule.split("; "))
    plan, diagnostics = analyze([Input(Source("x.nps", text), Path())], Options())
    assert plan is not None, diagnostics
    return scene_of_scenario(plan.scenarios[-1])


def arrows(drawn: Scene) -> set[str]:
    """Arrows in one word each: `ms-a/client>nginx`; of a whole namespace `ms-a/>nginx`."""
    return {
        f"{'/'.join(arrow.source)}>{arrow.destination[1]}{' ' * bool(arrow.ports)}{arrow.ports}"
        for arrow in drawn.arrows
    }


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("expect ms-a, ms-c -> ms-b:80 allowed", {"ms-a/client>nginx", "ms-c/client>nginx"}),
        ("given policy deny-from-any; expect ms-a -> ms-b:80 denied", set()),
        ("given policy allow-from ns=ms-a; expect ms-a, ms-c -> ms-b:80 allowed", {"ms-a/client>nginx"}),
        (
            "given policy allow-from-any-to-port port=80; expect ms-a -> ms-b:80 allowed",
            {"ms-a/client>nginx 80"},
        ),
        # All of ms-a, of which there are two, are one arrow; in nginx's own namespace each has its own.
        (
            "expect ms-a, ms-a[x=y], ms-b, ms-b[x=y] -> ms-b:80 allowed",
            {"ms-a/>nginx", "ms-b/client>nginx", "ms-b/x=y>nginx"},
        ),
        # The world in which it ends counts.
        (
            (
                "given policy deny-from-any; expect ms-a -> ms-b:80 denied; "
                "when remove policy deny-from-any; expect ms-a -> ms-b:80 allowed"
            ),
            {"ms-a/client>nginx"},
        ),
        (
            "given deployment web in ms-a port 8080; expect ms-c -> ms-b:80 allowed",
            {"ms-a/web>nginx", "ms-b/nginx>web", "ms-c/client>web", "ms-c/client>nginx"},
        ),
        ("expect 10.9.8.7 -> ms-b:80 allowed", {f"{OUTSIDE}/10.9.8.7>nginx"}),
    ],
)
def test_arrows_are_what_the_model_allows(rule: str, expected: set[str]) -> None:
    assert arrows(scene(rule)) == expected


def test_dns_is_only_shown_where_it_matters() -> None:
    plain = scene("expect ms-a -> ms-b:80 allowed")
    assert [room.name for room in plain.rooms] == ["ms-a", "ms-b", "ms-c"]
    blocked = scene("given policy deny-to-any in ms-a; expect ms-a -> ms-b:80 denied")
    assert "kube-system" in [room.name for room in blocked.rooms]


def test_policies_and_those_whom_they_select() -> None:
    drawn = scene("given policy deny-from-any; expect ms-b, ms-c -> ms-b:80 denied")
    rooms = {room.name: room for room in drawn.rooms}
    assert rooms["ms-b"].policies == ("deny-from-any",)
    selected = {actor.key: actor.policies for room in drawn.rooms for actor in room.actors}
    assert selected == {
        ("ms-b", "nginx"): ("deny-from-any",),
        ("ms-b", "client"): ("deny-from-any",),
        ("ms-c", "client"): (),
    }
    assert rooms["ms-b"].actors[0].ports == ("80", "443", "53/UDP")


MANY = "; ".join(
    [f"given deployment d{n} in ms-{'abc'[n % 3]} port {8000 + n}" for n in range(9)]
    + ["given policy allow-from ns=ms-a", "expect ms-a, ms-c, ms-c[a=b] -> ms-b:80 denied"]
)


@pytest.mark.parametrize("rule", [MANY, "expect ms-a -> ms-b:80 allowed"])
def test_nothing_lies_over_anything_else_or_outside(rule: str) -> None:
    plan = lay_out(scene(rule))
    for boxes in (list(plan.rooms.values()), [*plan.actors.values(), *(box for _, box in plan.chips)]):
        for number, one in enumerate(boxes):
            assert 0 <= one.x <= one.right <= plan.width
            assert 0 <= one.y <= one.y + one.height <= plan.height
            for other in boxes[number + 1 :]:
                apart = one.right <= other.x or other.right <= one.x
                assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    for (room, _), box in plan.actors.items():
        around = plan.rooms[room]
        assert around.x < box.x
        assert box.right < around.right
        assert around.y < box.y
        assert box.y + box.height < around.y + around.height


@pytest.mark.parametrize("rule", [MANY, "given policy deny-from-any; expect ms-a -> ms-b:80 denied"])
def test_both_forms_show_the_same(rule: str) -> None:
    drawn = scene(rule)
    root = ET.fromstring(svg.draw(drawn))  # noqa: S314 - written a moment ago
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    chart = "".join(mermaid.write(drawn))
    for room in drawn.rooms:
        assert room.name in texts
        assert f'["{room.name}"]' in chart
        for actor in room.actors:
            assert actor.name in texts
            assert f'"{actor.name}' in chart
    ways = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("class") == "way"]
    assert len(ways) == len(re.findall(r"^  \w+ (?:-->|-\.->)", chart, re.MULTILINE)) == len(drawn.arrows)


def test_every_arrow_of_mermaid_joins_what_is_there() -> None:
    chart = "".join(mermaid.write(scene(MANY)))
    known = set(re.findall(r"^ +(?:subgraph )?(\w+)[\[({]", chart, re.MULTILINE))
    used = {
        name for pair in re.findall(r"^  (\w+) (?:-->|-\.->)(?:\|.*\|)? (\w+)$", chart, re.MULTILINE) for name in pair
    }
    assert used
    assert used <= known


def test_names_are_never_markup() -> None:
    drawn = scene("expect ms-a -> ms-b:80 allowed")
    evil = Scene('<&">', drawn.rooms, drawn.arrows, ("<script>",))
    root = ET.fromstring(svg.draw(evil))  # noqa: S314 - written a moment ago
    assert (root.get("aria-label") or "").startswith('<&">: ')
    assert '{{"<script>"}}' in "".join(mermaid.write(evil))


class TestShow:
    def test_a_scenario(self, folder: Folder) -> None:
        ran = folder.run("show", "specs/tenants.nps::mistaken")
        assert (ran.status, ran.err) == (0, "")
        assert ran.out.startswith("<svg xmlns=")
        assert "deny-from-any" in ran.out

    def test_a_file_and_its_form(self, folder: Folder) -> None:
        assert folder.run("show", "specs/tenants.nps::mistaken", "-o", "out/world.mmd").out == ""
        assert folder.read("out/world.mmd").startswith("flowchart LR\n")

    def test_manifests(self, folder: Folder) -> None:
        folder.write(
            "m/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
            "spec: {containers: [{name: a, image: b}]}\n",
        )
        ran = folder.run("show", "m", "--format", "mermaid")
        assert (ran.status, ran.err) == (0, "")
        assert '["web"]' in ran.out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["specs/tenants.nps"], "'specs/tenants.nps' has not one scenario"),
            (["specs/tenants.nps::mistake"], "did you mean 'mistaken'?"),
            (["specs/tenants.nps::mistaken", "--format", "png"], "there is no 'png'"),
            ([], "nothing to read"),
        ],
    )
    def test_what_cannot_be_drawn(self, folder: Folder, arguments: list[str], message: str) -> None:
        ran = folder.run("show", *arguments)
        assert (ran.status, ran.out) == (2, "")
        assert message in ran.err


def test_the_page_has_pictures(folder: Folder) -> None:
    folder.run("run", "--report", "html=report.html")
    page = folder.read("report.html")
    assert page.count('<svg class="np"') == 2
    assert "ms-a/client -&gt; ms-b/nginx" not in page
