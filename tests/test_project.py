"""What the project promises around its code: pins, licence, entry point, and nothing of one machine in git."""

import pkgutil
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [*PROJECT["dependencies"], *(r for extra in PROJECT["optional-dependencies"].values() for r in extra)]
# Brackets keep these patterns from finding themselves.
PRIVATE = re.compile(
    rb"[p]ypi\.org|[p]ythonhosted\.org|[d]ebian\.org|registry\.[n]pmjs\.org|(?<![\w.~-])/(?:[r]oot|[w]ork)/"
)


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def files_in_git() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("line", REQUIREMENTS)
def test_every_dependency_is_pinned_within_its_range(line: str) -> None:
    requirement = Requirement(line)
    assert pins()[canonicalize_name(requirement.name)] in requirement.specifier


def test_pins_name_no_build_for_one_kind_of_machine() -> None:
    assert [name for name, version in pins().items() if version.local] == []


def test_license_is_the_whole_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert re.match(r"\s+Apache License\n\s+Version 2\.0, January 2004\n", text)
    assert re.findall(r"^   (\d)\. ", text, re.MULTILINE) == list("123456789")
    assert "END OF TERMS AND CONDITIONS" in text


def test_console_script_names_a_function() -> None:
    assert callable(pkgutil.resolve_name(PROJECT["scripts"]["raylth"]))


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    found = {str(path.relative_to(ROOT)): PRIVATE.findall(path.read_bytes()) for path in files_in_git()}
    assert len(found) > 10
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize(
    ("text", "private"),
    [
        (b"https://%s.org/simple" % b"pypi", True),
        (b"http://deb.%s.org" % b"debian", True),
        (b'open("/%s/main/x")' % b"work", True),
        (b"see /%s/.ray" % b"root", True),
        (b"s3://bucket/work/run", False),
        (b"the root/work of evil", False),
    ],
)
def test_the_search_for_private_names_finds_them(text: bytes, private: bool) -> None:
    assert bool(PRIVATE.search(text)) is private


def test_ci_runs_the_commands_of_the_makefile() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().endswith("make lint test")
