"""The environment of the Makefile, made by a stand-in for Python: half an install never passes for a whole one."""

import os
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAMP = ".venv/.installed"
# Answers the Makefile's questions by exit codes, and makes a .venv whose pip does as `pip_exit` says.
PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) exit {old} ;;
    *ensurepip*) exit {no_ensurepip} ;;
    "-m venv --clear .venv") echo cleared >>log; rm -rf .venv; mkdir -p .venv/bin
        printf '#!/bin/sh\\necho pip >>log; exit $(cat pip_exit)\\n' >.venv/bin/pip
        printf '#!/bin/sh\\n' >.venv/bin/python
        chmod +x .venv/bin/* ;;
    *) exit 9 ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    write_python(tmp_path)
    (tmp_path / "pip_exit").write_text("0")
    return tmp_path


def write_python(folder: Path, old: int = 0, no_ensurepip: int = 0) -> None:
    (folder / "python").write_text(PYTHON.format(old=old, no_ensurepip=no_ensurepip))
    (folder / "python").chmod(0o755)


def make(folder: Path, target: str = STAMP, python: str = "./python") -> subprocess.CompletedProcess[str]:
    # Of an outer make, MAKEFLAGS would pass its options on.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "--no-print-directory", target, f"PYTHON={python}"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def log(folder: Path) -> list[str]:
    return (folder / "log").read_text().split() if (folder / "log").exists() else []


def change(path: Path) -> None:
    later = time.time() + 60
    os.utime(path, (later, later))


def test_a_second_install_does_nothing(project: Path) -> None:
    assert make(project).returncode == 0
    assert make(project).returncode == 0
    assert log(project) == ["cleared", "pip"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_dependencies_update_the_same_environment(project: Path, name: str) -> None:
    make(project)
    change(project / name)
    assert make(project).returncode == 0
    assert log(project) == ["cleared", "pip", "pip"]


def test_a_failed_install_leaves_no_stamp_and_starts_over(project: Path) -> None:
    (project / "pip_exit").write_text("1")
    assert make(project).returncode != 0
    assert not (project / STAMP).exists()
    (project / "pip_exit").write_text("0")
    assert make(project).returncode == 0
    assert log(project) == ["cleared", "pip", "cleared", "pip"]


def test_a_failed_update_starts_over(project: Path) -> None:
    make(project)
    change(project / "constraints.txt")
    (project / "pip_exit").write_text("1")
    assert make(project).returncode != 0
    (project / "pip_exit").write_text("0")
    assert make(project).returncode == 0
    assert log(project) == ["cleared", "pip", "pip", "cleared", "pip"]


@pytest.mark.parametrize(
    ("python", "answers", "message"),
    [
        ("./python", {"old": 1}, "needs Python 3.11 or newer"),
        ("./no-such-python", {}, "needs Python 3.11 or newer"),
        ("./python", {"no_ensurepip": 1}, "install the package python3-venv"),
    ],
)
def test_an_unfit_python_is_refused_in_one_sentence(
    project: Path, python: str, answers: dict[str, int], message: str
) -> None:
    write_python(project, **answers)
    result = make(project, python=python)
    sentences = [line for line in result.stderr.splitlines() if not line.startswith("make: ***")]
    assert result.returncode != 0
    assert len(sentences) == 1
    assert message in sentences[0]
    assert log(project) == []


def test_the_least_python_is_that_of_the_project() -> None:
    asked = re.search(r"sys\.version_info < \((\d+), (\d+)\)", (ROOT / "Makefile").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert asked is not None
    assert project["requires-python"] == f">={asked[1]}.{asked[2]}"


def test_help_is_the_default_and_names_every_target(project: Path) -> None:
    text = (project / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony is not None
    assert ".DEFAULT_GOAL := help" in text
    listed = [line.split()[1] for line in make(project, target="help").stdout.splitlines()]
    assert sorted(listed) == sorted(phony[1].split())
