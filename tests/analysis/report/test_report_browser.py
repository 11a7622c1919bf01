"""The report in a real browser: it draws, sorts, fits, and asks nobody for anything."""

from itertools import pairwise

import pytest

from tests.analysis.report.conftest import WIDTHS, Opened

# Where a drawing's own pixels are: how many colours its canvases have together.
COLOURS = """(figure) => {
  const roots = [], find = (node) => {
    if (node instanceof HTMLCanvasElement) roots.push(node);
    for (const child of [...(node.shadowRoot?.children ?? []), ...(node.children ?? [])]) find(child);
  };
  find(figure);
  const seen = new Set();
  for (const canvas of roots) {
    if (!canvas.width || !canvas.height) continue;
    const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    for (const pixel of pixels) seen.add(pixel);
  }
  return seen.size;
}"""
NUMBERS = """([table, column]) => Array.from(table.tBodies[0].rows, (row) => row.cells[column])
  .map((cell) => parseFloat(cell.dataset.sort ?? cell.textContent)).filter((value) => !Number.isNaN(value))"""


def test_nothing_is_asked_for_and_nothing_goes_wrong(whole: Opened) -> None:
    outside = [url for url in whole.requests if not url.startswith(("data:", "blob:"))]
    assert outside == [whole.page.url]
    assert whole.complaints == []


def test_every_figure_is_drawn(whole: Opened) -> None:
    figures = whole.page.locator("main figure")
    assert figures.count() >= 5
    blank = [figure.get_attribute("id") for figure in figures.all() if figure.evaluate(COLOURS) < 5]
    assert blank == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_never_scrolls_sideways(whole: Opened, width: int, dark: bool) -> None:
    assert whole.overflow(width, dark) <= 0


def test_claims_sort_both_ways_by_their_effect(whole: Opened) -> None:
    page = whole.page
    table = page.locator("table.claims").first
    header = table.locator("th", has_text="Effect")
    column = header.evaluate("(header) => header.cellIndex")
    for direction, reverse in (("ascending", False), ("descending", True)):
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == direction
        effects = table.evaluate(f"(table) => ({NUMBERS})([table, {column}])")
        assert len(effects) > 5
        assert effects == sorted(effects, reverse=reverse)


def test_every_sortable_header_is_a_button_that_the_keyboard_reaches(whole: Opened) -> None:
    page = whole.page
    tables = page.locator("main table:has(th button)")
    assert tables.count() >= 5
    for table in tables.all():
        page.evaluate("() => document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        button = table.locator("th button").last
        button.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        assert table.locator("[aria-sort=descending]").count() == 1


def test_the_contents_lead_to_what_they_name(whole: Opened) -> None:
    page = whole.page
    targets = page.locator(".contents a").evaluate_all("(links) => links.map((link) => link.hash.slice(1))")
    assert len(targets) == len(set(targets)) > 10
    assert [target for target in targets if page.locator(f"[id='{target}']").count() != 1] == []


def test_the_keyboard_finds_a_way_past_the_contents(whole: Opened) -> None:
    first = whole.page.locator(":is(a[href], button, summary, [tabindex='0'])").first
    assert first.inner_text() == "Skip to the report"
    first.focus()
    assert first.bounding_box() == whole.page.locator(".skip:focus-visible").bounding_box()
    whole.page.keyboard.press("Enter")
    assert whole.page.evaluate("() => document.activeElement.id") == "main"


def test_on_paper_all_is_open_and_the_contents_are_gone(whole: Opened) -> None:
    page = whole.page
    page.evaluate("() => document.querySelectorAll('main details').forEach((details) => { details.open = false; })")
    closed = page.locator("main details").count()
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open])").count() == 0
    assert not page.locator(".contents").is_visible()
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("main details:not([open])").count() == closed > 0
    page.emulate_media(media="screen")


def test_headings_go_down_one_step_at_a_time(whole: Opened) -> None:
    page = whole.page
    names = page.locator("main :is(h1, h2, h3, h4)").evaluate_all("(found) => found.map((heading) => heading.tagName)")
    levels = [int(name[1]) for name in names]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
