"""`raylth report` as people call it, and the same work where torch, Ray and Optuna cannot be imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.report.made_runs import few_trials, make_run, numbers

RAYLTH = Path(sys.executable).with_name("raylth")
ROOT = Path(__file__).parents[3]
BLOCKED = """
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

class Blocker(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "ray", "optuna", "raylth"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
from analysis import load_run
from analysis.report import write_report
write_report(load_run(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs `one` and `two`."""
    folder = tmp_path_factory.mktemp("results") / "runs"
    tables = numbers(few_trials())
    make_run(folder / "one", tables)
    # Without trainings there are no figures, which take most of the time.
    make_run(folder / "two", {"trials": tables["trials"]})
    return folder


def report(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [RAYLTH, "report", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_one_run_has_its_report_in_its_folder_though_the_current_one_holds_a_stray_analysis(
    runs: Path, tmp_path: Path
) -> None:
    (tmp_path / "analysis.py").write_text("raise RuntimeError('the wrong analysis')")
    (tmp_path / "report.py").write_text("raise RuntimeError('the wrong report')")
    result = report(f"{runs / 'two'}/", folder=tmp_path)
    assert (result.stderr, result.returncode) == ("", 0)
    assert result.stdout.strip() == str(runs / "two/report.html")
    assert (runs / "two/report.html").read_text().startswith("<!doctype html>")


def test_several_runs_have_theirs_in_the_current_folder(runs: Path, tmp_path: Path) -> None:
    result = report(runs / "one", runs / "two", runs / "one", folder=tmp_path)
    assert (result.stderr, result.stdout.strip()) == ("", "report.html")
    assert "All 24 trials finished." in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [(("nowhere",), "nowhere holds no tables of a run"), (("{run}", "-o", "{run}"), "is a folder")],
)
def test_what_cannot_work_ends_with_one_sentence(
    runs: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    result = report(*(word.format(run=runs / "one") for word in words), folder=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_report_needs_neither_torch_nor_ray_nor_optuna(runs: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    command = [sys.executable, "-c", BLOCKED, str(runs / "one"), str(path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (result.stderr, result.returncode) == ("", 0)
    assert path.exists()
