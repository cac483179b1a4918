"""Pages that are written from specs: `doc`, `embed`, and that a stale one is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt
from program import Ended, execute
from report.events import SPEC, failed, passed, point, scenario

from netpolspec.diagnostics import Refusal
from netpolspec.documents.regions import find_regions
from netpolspec.report.markdown import code, text, write
from netpolspec.report.record import record
from netpolspec.run.events import RunEnded, RunStarted, ScenarioEnded, Status
from netpolspec.source import Source

if TYPE_CHECKING:
    from pathlib import Path

TENANTS = """\
world:
	given namespace ms-a namespace=ms-a
	given namespace ms-b namespace=ms-b
	given deployment nginx in ms-b app=nginx port 80

## Nobody gets in | not even ms-a.
closed: world
	given policy deny-from-any in ms-b
	expect ms-a, ms-b -> ms-b:80 denied
	when remove policy deny-from-any in ms-b
	expect ms-a -> ms-b:80 allowed

after: closed ; expect ms-a -> ms-b:80 denied
"""
PAGE = """\
# By hand

<!-- netpolspec results tenants.nps -->
<!-- /netpolspec -->

> quoted
>
> <!-- ordinary comment -->

```markdown
<!-- netpolspec nonsense -->
```

<!-- netpolspec matrix tenants.nps::closed -->
what was here
<!-- /netpolspec -->
<!-- netpolspec picture 'tenants.nps::after' -->
<!-- /netpolspec -->

the end, without a newline"""


class Place:
    """A folder with specs below docs/, as the current folder."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys

    def write(self, name: str, content: str) -> None:
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_text(content, "utf-8")

    def read(self, name: str) -> str:
        return (self.path / name).read_text("utf-8")

    def run(self, *arguments: str) -> Ended:
        return execute(self._capsys, *arguments)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    monkeypatch.chdir(tmp_path)
    made = Place(tmp_path, capsys)
    made.write("pyproject.toml", "")
    made.write("docs/tenants.nps", TENANTS)
    made.write("docs/page.md", PAGE)
    return made


class TestDoc:
    def test_writes_what_it_would_print(self, place: Place) -> None:
        status, out, err = place.run("doc", "docs")
        assert (status, err) == (0, "")
        assert place.run("doc", "docs", "-o", "out/network.md") == (0, "", "")
        assert place.read("out/network.md") == out
        assert "### closed\n\nNobody gets in \\| not even ms-a.\n\n✅ holds\n" in out
        assert "After `when remove policy deny-from-any in ms-b`:\n" in out
        assert "❌ **allowed**, expected denied" in out
        assert "```makefile\n## Nobody gets in | not even ms-a.\nclosed: world\n\tgiven policy" in out

    @pytest.mark.parametrize("form", [[], ["--html"]])
    def test_check_fails_where_the_page_is_stale(self, place: Place, form: list[str]) -> None:
        command = ["doc", "docs", "-o", "network", *form]
        assert place.run(*command, "--check")[0] == 1
        assert place.run(*command)[0] == 0
        assert place.run(*command, "--check") == (0, "", "")
        place.write("docs/tenants.nps", TENANTS.replace("Nobody gets in", "No one gets in"))
        status, out, err = place.run(*command, "--check")
        assert (status, out) == (1, "")
        assert re.search(r"error: 'network' is stale from line \d+ on\n +--> network:\d+:1", err)

    def test_check_needs_a_page(self, place: Place) -> None:
        status, _, err = place.run("doc", "docs", "--check")
        assert status == 2
        assert "'--check' needs the page to check" in err

    def test_a_wrong_spec_writes_nothing(self, place: Place) -> None:
        place.write("docs/tenants.nps", "nonsense\n")
        assert place.run("doc", "docs", "-o", "network.md")[0] == 2
        assert not (place.path / "network.md").exists()


class TestEmbed:
    def test_fills_the_regions_and_nothing_else(self, place: Place) -> None:
        assert place.run("embed", "docs/page.md") == (0, "", "")
        page = place.read("docs/page.md")
        for region in re.findall(r"<!-- netpolspec (?!nonsense).*?-->\n.*?<!-- /netpolspec -->", page, re.DOTALL):
            page = page.replace(region, region.partition("\n")[0] + "\n<!-- /netpolspec -->")
        assert page == PAGE.replace("what was here\n", "")

    def test_what_regions_hold(self, place: Place) -> None:
        place.run("embed", "docs/page.md")
        page = place.read("docs/page.md")
        assert "| closed | Nobody gets in \\| not even ms-a. | ✅ holds |\n| after |  | ❌ **does not hold** |" in page
        assert "| **`ms-a`** | denied |\n| **`ms-b`** | denied |\n" in page
        assert '```mermaid\nflowchart LR\n  subgraph ns0["ms-a"]\n' in page
        assert page.count("```mermaid") == 1

    def test_a_second_time_changes_nothing(self, place: Place) -> None:
        place.run("embed", "docs/page.md")
        page = place.path / "docs/page.md"
        before = page.stat()
        assert place.run("embed", "docs/page.md")[0] == 0
        assert (page.stat().st_ino, page.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # it may be read

    def test_check(self, place: Place) -> None:
        status, _, err = place.run("embed", "--check", "docs/page.md")
        assert status == 1
        assert "'docs/page.md' is stale from line 4 on" in err
        assert place.read("docs/page.md") == PAGE
        place.run("embed", "docs/page.md")
        assert place.run("embed", "--check", "docs/page.md") == (0, "", "")

    @pytest.mark.parametrize(
        ("page", "message", "hint"),
        [
            (
                "<!-- netpolspec result a -->\n<!-- /netpolspec -->\n",
                "a region cannot hold 'result'",
                "did you mean 'results'?",
            ),
            ("<!-- netpolspec results -->\n<!-- /netpolspec -->\n", "this region names no spec", "results PATH"),
            ("<!-- netpolspec -->\n<!-- /netpolspec -->\n", "a region cannot hold ''", "there are results"),
            ("<!-- netpolspec results a -->\n", "this region has no end", "<!-- /netpolspec -->"),
            ("<!-- /netpolspec -->\n", "this ends a region that nothing begins", ""),
            ("text\n", "'docs/page.md' has no marked region", "mark one"),
            ("<!-- netpolspec results no.nps -->\n<!-- /netpolspec -->\n", "'docs/no.nps'", "error"),
        ],
    )
    def test_what_is_wrong_with_a_page(self, place: Place, page: str, message: str, hint: str) -> None:
        place.write("docs/page.md", page)
        status, _, err = place.run("embed", "docs/page.md")
        assert status == 2
        assert message in err
        assert hint in err
        assert place.read("docs/page.md") == page

    def test_one_wrong_page_leaves_the_others_alone(self, place: Place) -> None:
        place.write("docs/other.md", "<!-- netpolspec nonsense -->\n<!-- /netpolspec -->\n")
        assert place.run("embed", "docs/page.md", "docs/other.md")[0] == 2
        assert place.read("docs/page.md") == PAGE


def test_a_region_inside_another_one() -> None:
    source = Source("a.md", "<!-- netpolspec a b -->\n\n<!-- netpolspec c d -->\n\n<!-- /netpolspec -->\n")
    with pytest.raises(Refusal, match="inside another one"):
        find_regions(source)


@pytest.mark.parametrize(
    "words", ["a|b", "`tick`", "``", "<b>&amp;", "*x* _y_", "[l](u)", "# no", "~~s~~", "a\nb", "\\|"]
)
def test_words_stay_words(words: str) -> None:
    """In a cell of a table, as text and as code, by another program's idea of Markdown."""
    rendered = MarkdownIt("commonmark").enable("table").render(f"| x |\n|---|\n| {text(words)} {code(words)} |\n")
    cell = re.search(r"<td>(.*?)</td>", rendered, re.DOTALL)
    assert cell is not None
    shown = re.sub(r"</?code>", "", cell[1])
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    plain = " ".join(words.split())
    assert shown == f"{plain} {plain}"


def test_a_page_is_well_formed_whatever_specs_are_called() -> None:
    evil = "</details> | `x` <script>"
    told = scenario(evil, point(), point("ms-a -> ms-b:80 allowed"), description=evil, source=Source(evil, SPEC.text))
    ended = ScenarioEnded(told, Status.FAILED, (passed(point()), failed(point("ms-a -> ms-b:80 allowed"))), "", 1.0)
    page = "".join(write(record([RunStarted((told,), "model"), ended, RunEnded(1.0)])))
    rendered = MarkdownIt("commonmark").enable("table").render(page)
    assert "<script>" not in rendered
    assert rendered.count("<details>") == rendered.count("</details>") == 1
