"""The HTML page: what it holds, and in a browser that it can be clicked, filtered and read."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from report.events import failed, passed, point, scenario
from reports.chromium import Browser, find_chromium
from reports.conftest import again, model_events
from reports.live_run import events as live_events

from netpolspec.report.html.page import write
from netpolspec.report.html.plot import described, plot
from netpolspec.report.html.text import excerpt
from netpolspec.report.record import record
from netpolspec.run.events import RunEnded, RunStarted, ScenarioEnded, Status
from netpolspec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netpolspec.report.record import Record
    from netpolspec.run.events import Event

VOID = {"meta", "input", "br", "link"}


def page(told: Record) -> str:
    return "".join(write(told))


class Nesting(HTMLParser):
    """Whether elements are closed in the order in which they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if (found := values.get("id")) is not None:
            self.ids.append(found)
        if tag == "a":
            self.links.append(values.get("href") or "")
        self.loads += [value or "" for name, value in attrs if name in {"src", "srcset", "data", "action"}]
        if tag == "link":
            self.loads.append(values.get("href") or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_is_well_nested_and_its_links_lead_somewhere(told: Record) -> None:
    nesting = Nesting()
    nesting.feed(page(told))
    nesting.close()
    assert nesting.open == []
    assert len(nesting.ids) == len(set(nesting.ids))
    assert {link.removeprefix("#") for link in nesting.links} <= set(nesting.ids)


def test_loads_nothing(told: Record) -> None:
    nesting = Nesting()
    text = page(told)
    nesting.feed(text)
    assert nesting.loads == []
    assert not re.search(r"url\(|@import", text)


def test_what_specs_say_is_never_markup() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover='x'"
    tested = point("ms-a -> ms-b:80 allowed", because=evil)
    told = scenario(evil, tested, description=evil, tags=(evil,), todo=None, source=Source(evil, evil + "\n" * 9))
    ended = ScenarioEnded(told, Status.FAILED, (failed(tested),), evil)
    text = page(record([RunStarted((told,), "model", (evil,)), ended, RunEnded(0.1)], lambda _: evil))
    assert text.count("<script>") == 1
    assert "<img" not in text
    assert '" onmouseover' not in text


@pytest.mark.parametrize(
    ("text", "marked", "shown"),
    [
        ("\texpect a -> b allowed\n", "b", "expect a -&gt; <mark>b</mark> allowed"),
        ("one\n", "", "<mark>o</mark>ne"),
        ("x" * 150 + "MARK" + "y" * 150, "MARK", "x" * 100 + "<mark>MARK</mark>" + "y" * 96),
    ],
)
def test_excerpts(text: str, marked: str, shown: str) -> None:
    source = Source("a.nps", text)
    start = text.index(marked)
    assert f"</span>{shown}</pre>" in excerpt([source.span(start, start + len(marked))])


def test_the_plot_has_what_was_measured() -> None:
    times = [(100, True), (200, False), (300, True), (1000, False)]
    assert described(times) == "median 300 ms, 95 % within 1000 ms, longest 1000 ms"
    drawn = plot(times)
    assert len(re.findall("<rect", drawn)) == 4
    assert plot([(0, True)]).count("<rect") == 1


def large(scenarios: int, points: int) -> list[Event]:
    """Many scenarios, a tenth of which fail."""
    ends = []
    for number in range(scenarios):
        tested = [point(f"ms-{n // 4} -> svc-{n % 4}.shop:80 denied") for n in range(points)]
        results = tuple((failed if number % 10 == 0 and n % 7 == 0 else passed)(each) for n, each in enumerate(tested))
        status = Status.FAILED if number % 10 == 0 else Status.PASSED
        ends.append(ScenarioEnded(scenario(f"scenario-{number}", *tested), status, results, "", 0.01))
    return [RunStarted(tuple(each.scenario for each in ends), "model"), *ends, RunEnded(1.0)]


def test_ten_thousand_points_stay_small_and_quick() -> None:
    events = large(500, 20)
    began = time.process_time()
    text = page(record(events, again))
    assert time.process_time() - began < 2
    assert len(text.encode()) < 5_000_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with Browser(program) as opened:
        yield opened


@pytest.fixture
def live(browser: Browser, tmp_path: Path) -> Browser:
    """The browser, with the report of a run on a cluster."""
    browser.resize(1200, 900)
    browser.prefer("light")
    file = tmp_path / "report.html"
    file.write_text(page(record(live_events(), again)), "utf-8")
    browser.open(file)
    return browser


def visible(browser: Browser) -> list[str]:
    """The names of the scenarios that are to be seen."""
    names: list[str] = browser.read(
        "[...document.querySelectorAll('.sc')].filter(e => e.checkVisibility())"
        ".map(e => e.querySelector('.name').textContent)"
    )
    return names


EVERYTHING = ["tenants", "deny-from-any", "contradicted", "broken", "later", "left-out"]


class TestInABrowser:
    def test_asks_for_nothing_and_complains_of_nothing(self, live: Browser) -> None:
        assert len(live.requests) == 1
        assert live.complaints == []

    def test_says_how_the_run_ended(self, live: Browser) -> None:
        assert live.read("document.querySelector('h1').innerText") == "2 of 26 expectations are not met"
        assert live.read("document.querySelector('#shown').textContent") == "6 scenarios"
        assert visible(live) == EVERYTHING

    def test_a_cell_has_the_three_answers_and_those_that_differ_leap_out(self, live: Browser) -> None:
        cell = "document.querySelector('#s1 td.bad')"
        assert live.read(f"{cell}.innerText.replace(/\\s+/g, ' ')") == (
            "✓ expected allowed ✓ model allowed ✕ observed dropped"
        )
        assert live.read("document.querySelectorAll('#s1 td').length") == 20
        assert live.read("document.querySelectorAll('#s1 td.bad').length") == 1
        color = f"getComputedStyle({cell}.querySelector('.x')).color"
        plain = f"getComputedStyle({cell}.querySelector('span span:not(.x), a span:not(.x)')).color"
        assert live.read(color) != live.read(plain)

    def test_quiet_cells_say_it_in_words_too(self, live: Browser) -> None:
        words = "document.querySelector('#s2 td .c').getAttribute('aria-label')"
        assert live.read(words) == "expected denied, model denied, observed dropped after 120 ms"

    def test_filters(self, live: Browser) -> None:
        live.click("[data-f=passed]")
        assert visible(live) == ["deny-from-any", "contradicted"]
        live.click("[data-f=todo]")
        assert visible(live) == ["deny-from-any", "contradicted", "later"]
        assert live.read("document.querySelector('#shown').textContent") == "3 of 6 scenarios"
        live.click("[data-f=passed]")
        live.click("[data-f=todo]")
        assert visible(live) == EVERYTHING

    def test_filters_what_the_model_does_not_foresee(self, live: Browser) -> None:
        live.click("[data-f=contradicted]")
        assert visible(live) == ["tenants", "contradicted"]

    def test_searches(self, live: Browser) -> None:
        live.press("/")
        assert live.read("document.activeElement.id") == "q"
        live.type("PAYMENTS svc")
        live.wait("!document.querySelector('.sc:not([hidden])')")
        assert live.read("document.querySelector('#none').checkVisibility()")
        live.press("Escape")
        assert visible(live) == EVERYTHING
        live.press("/")
        live.type("next month")
        live.wait("document.querySelectorAll('.sc:not([hidden])').length === 1")
        assert visible(live) == ["later"]

    def test_keys_step_through_scenarios_and_open_them(self, live: Browser) -> None:
        for _ in range(2):
            live.press("j")
        assert live.read("document.activeElement.closest('.sc').id") == "s2"
        assert not live.read("document.querySelector('#s2').open")
        live.press("Enter")
        assert live.read("document.querySelector('#s2').open")
        live.press("k")
        assert live.read("document.activeElement.closest('.sc').id") == "s1"

    def test_a_failure_shows_its_line_and_the_way_to_repeat_it(self, live: Browser) -> None:
        assert live.read("document.querySelector('#s1').open")
        live.click("#s1 td.bad a")
        assert live.read("location.hash") == "#s1-1"
        told = live.read("document.getElementById('s1-1').closest('.fail').innerText")
        assert "expected allowed, observed dropped" in told
        assert "specs/tenants.nps:6:17" in told
        assert live.read("document.querySelector('#s1 .fail mark').textContent") == "ms-b:80"
        live.click("#s1 .fail .more summary")
        command = "document.querySelector('#s1 .fail .more .cmd code').innerText"
        assert live.read(command).startswith("kubectl exec -n ms-b client -- agnhost connect")
        assert live.read("document.querySelector('#s1 > .in > .cmd code').innerText") == (
            "netpolspec run 'specs/tenants.nps::tenants'"
        )

    def test_the_deciding_policy_is_shown_with_its_line(self, live: Browser) -> None:
        told = live.read("document.querySelector('#s3 .fail').textContent")
        assert "NetworkPolicy ms-b/deny-from-any ingress[0].from[1]" in told
        assert live.read("document.querySelector('#s3 .pol').textContent").startswith("policies/deny-from-any.yaml:4:3")

    def test_an_address_opens_what_it_names(self, live: Browser) -> None:
        live.read("void (location.hash = '#s5')")
        live.wait("document.querySelector('#s5').open")
        assert live.read("document.querySelectorAll('.sc[open]').length") > 0

    def test_opens_and_closes_all(self, live: Browser) -> None:
        live.click("#open")
        assert live.read("document.querySelectorAll('.sc[open]').length") == 6
        live.click("#open")
        assert live.read("document.querySelectorAll('.sc[open]').length") == 0

    def test_time_to_take_effect_is_plotted(self, live: Browser) -> None:
        assert live.read("document.querySelectorAll('header .plot rect').length") > 5
        assert live.read("document.querySelector('header .plot').checkVisibility()")

    @pytest.mark.parametrize(("width", "phone"), [(390, True), (320, True), (768, False), (1600, False)])
    def test_no_width_makes_the_page_scroll_sideways(self, live: Browser, width: int, phone: bool) -> None:  # noqa: FBT001
        live.resize(width, 800, phone=phone)
        live.click("#open")
        assert live.read("document.documentElement.scrollWidth") <= width
        assert live.read("Math.min(...[...document.querySelectorAll('tbody th')].map(e => e.clientWidth))") >= 55

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_contrast(self, live: Browser, scheme: str) -> None:
        """Text against what is behind it, by the formula of WCAG 2; 4.5 is level AA."""
        live.prefer(scheme)
        live.click("#open")
        poor = live.read(CONTRAST)
        assert poor == []

    def test_can_be_read_without_scripts(self, browser: Browser, tmp_path: Path) -> None:
        file = tmp_path / "report.html"
        file.write_text(page(record(model_events(), again)), "utf-8")
        browser.allow_scripts(allow=False)
        try:
            browser.open(file)
            assert browser.read("getComputedStyle(document.querySelector('.tools')).display") == "none"
            browser.click("#s1 > summary")
            assert browser.read("document.querySelector('#s1').open")
            assert browser.read("document.querySelectorAll('.sc').length") == 5
        finally:
            browser.allow_scripts(allow=True)

    def test_five_hundred_scenarios_stay_quick(self, browser: Browser, tmp_path: Path) -> None:
        file = tmp_path / "report.html"
        file.write_text(page(record(large(500, 20), again)), "utf-8")
        browser.resize(1200, 900)
        began = time.monotonic()
        browser.open(file)
        assert len(visible(browser)) == 500
        assert time.monotonic() - began < 8
        spent = browser.read(
            "(() => { const q = document.querySelector('#q'), t = performance.now(); q.value = 'scenario-49';"
            "q.dispatchEvent(new Event('input')); return new Promise(done => setTimeout(() =>"
            "requestAnimationFrame(() => done(performance.now() - t)), 80)); })()"
        )
        assert len(visible(browser)) == 11
        assert spent < 2000


CONTRAST = """(() => {
  const channel = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] / 255 + below[i] * (1 - top[3] / 255));
  const light = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = (e) => { const chain = []; for (; e; e = e.parentElement) chain.unshift(e);
    return chain.reduce((below, each) => over(rgba(getComputedStyle(each).backgroundColor), below), [255, 255, 255]); };
  const poor = new Set();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('svg')) continue;
    const back = behind(e), fore = over(rgba(getComputedStyle(e).color), back);
    const [a, b] = [light(fore), light(back)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
  }
  return [...poor];
})()"""
