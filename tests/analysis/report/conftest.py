"""One browser for all tests, and pages opened in it that record what went wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from analysis import load_run
from analysis.report import write_report
from tests.analysis.report.made_runs import all_tables, make_run

CHROMIUM = Path("/usr/bin/chromium")
# Containers run as root, where Chromium has no sandbox; the rest keeps it from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = (400, 1400)
"""A phone, and a desk."""


@dataclass
class Opened:
    """A page in the browser, what it complained of, and which addresses outside of itself it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def hear(self, kind: str, text: str) -> None:
        """Note what the console says; Bokeh also tells there that all is well."""
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def overflow(self, width: int, dark: bool = False) -> int:
        """By how many pixels the page, with all of it open, is wider than a window of this width."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.evaluate("() => document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        self.settle()
        return int(self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth"))

    def settle(self) -> None:
        """Wait until every figure is drawn."""
        self.page.wait_for_function("() => !window.Bokeh || Bokeh.documents.every((drawn) => drawn.is_idle)")
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


Open = Callable[[Path], Opened]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def open_report(browser: Browser) -> Iterator[Open]:
    """Open reports, which are closed after the test."""
    opened = []

    def open_(path: Path) -> Opened:
        opened.append(_open(browser, path))
        return opened[-1]

    yield open_
    for found in opened:
        found.page.close()


@pytest.fixture(scope="session")
def whole(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The report of a run that has every table, open for all tests."""
    folder = make_run(tmp_path_factory.mktemp("whole") / "runs" / "made", all_tables())
    path = folder / "report.html"
    write_report(load_run(folder), path)
    return _open(browser, path)


def _open(browser: Browser, path: Path) -> Opened:
    page = browser.new_page(viewport={"width": max(WIDTHS), "height": 900})
    found = Opened(page)
    page.on("console", lambda message: found.hear(message.type, message.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("request", lambda request: found.requests.append(request.url))
    page.goto(path.as_uri(), wait_until="load")
    found.settle()
    return found
