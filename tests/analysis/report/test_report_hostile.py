"""Names, messages and specs may hold anything; a report shows it as text."""

from pathlib import Path

from analysis import load_run
from analysis.report import report_html, write_report
from tests.analysis.report.conftest import WIDTHS, Open
from tests.analysis.report.made_runs import SPEC, all_tables, few_trials, make_run

EVIL = "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>{{ 7 * 7 }}\"'&"


def hostile_run(folder: Path) -> Path:
    """A run in which every text that people can choose is hostile, and long."""
    # One cell, so that there are few figures to draw.
    tables = all_tables([row for row in few_trials() if row["momentum"]])
    long = EVIL + "w" * 300
    for rows in tables.values():
        for row in rows:
            for column in ("trial", "trial_a", "trial_b", "model", "target", "layer", "host", "device", "branch"):
                if row.get(column):
                    row[column] = f"{EVIL}{row[column]}"
    for row in tables["trials"]:
        row.update(status="failed", message=long, lineage=long)
    model = {"name": EVIL, "width": 8}
    spec = {**SPEC, "description": long, "model": model, "grid": {EVIL: [EVIL], "momentum": [EVIL]}, "name": EVIL}
    return make_run(folder, tables, spec)


def test_hostile_strings_are_inert(tmp_path: Path, open_report: Open) -> None:
    run = load_run(hostile_run(tmp_path / "runs" / "evil"))
    path = tmp_path / "report.html"
    write_report(run, path)
    opened = open_report(path)
    assert opened.page.evaluate("() => window.owned") is None
    assert opened.page.locator("img[src=x]").count() == 0
    assert opened.page.locator("h1").inner_text() == EVIL
    assert opened.complaints == []
    for width in WIDTHS:
        assert opened.overflow(width) <= 0
    assert "{{ 7 * 7 }}" in path.read_text()


def test_a_script_that_got_in_would_not_run(tmp_path: Path, open_report: Open) -> None:
    inside = tmp_path / "inside.html"
    text = report_html(load_run(make_run(tmp_path / "runs" / "made", {"trials": []})))
    inside.write_text(text.replace("</main>", "<script>window.owned = 1</script></main>"))
    opened = open_report(inside)
    assert opened.page.evaluate("() => window.owned") is None
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


def test_the_spec_is_shown_as_it_is(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "runs" / "made", {"trials": []}, {"description": "a < b & c"})
    assert "a &lt; b &amp; c" in report_html(load_run(folder))
