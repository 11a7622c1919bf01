"""What the doctor says of a machine, and how one broken check leaves the others alone."""

from pathlib import Path

import pytest

from raylth.doctor import Check, agreement, examine, machine
from raylth.doctor.check import guarded
from raylth.doctor.machine import datasets_check, processor_check, versions_check
from raylth.errors import Unsupported


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert versions_check().outcome == "pass"
    monkeypatch.setattr(machine, "NEEDED", ("torch", "no-such-package"))
    check = versions_check()
    assert check.outcome == "fail"
    assert "no-such-package" in check.detail
    assert "torch" not in check.detail


def test_the_processor_has_a_name() -> None:
    assert processor_check().detail


def test_data_sets_here_and_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "eurosat" / "2750").mkdir(parents=True)
    here, away = datasets_check(tmp_path).detail.split("; not here: ")
    assert "digits" in here and "eurosat" in here
    assert "cifar10" in away and "eurosat" not in away


def node(version: str, cpu: str = "A") -> tuple[Check, ...]:
    return Check("versions", "pass", version), Check("processor", "pass", cpu), Check("cores", "pass", version + cpu)


BROKEN = (Check("node", "fail", "gone"),)


def test_nodes_agree_if_all_that_matters_is_equal() -> None:
    assert agreement({"a": node("1"), "b": node("1")}).outcome == "pass"
    assert agreement({"a": node("1"), "b": node("1"), "c": BROKEN}).detail.startswith("2 nodes")
    assert agreement({"a": BROKEN}).outcome == "skip"


def test_nodes_that_differ_are_a_warning() -> None:
    assert "differ in versions;" in agreement({"a": node("1"), "b": node("2")}).detail
    assert "differ in versions and processor;" in agreement({"a": node("1"), "b": node("2", "B")}).detail
    assert agreement({"a": node("1"), "b": node("2")}).outcome == "warn"


def test_what_raises_is_a_failed_check_in_one_line() -> None:
    def unsupported() -> Check:
        raise Unsupported("not here")

    def broken() -> Check:
        raise ValueError("two\nlines")

    assert guarded("x", unsupported) == Check("x", "fail", "not here")
    assert guarded("x", broken) == Check("x", "fail", "ValueError: two lines")


def test_an_examination_goes_on_after_a_broken_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Check:
        raise OSError("no such device")

    monkeypatch.setattr("raylth.doctor.examination.gpus_check", broken)
    checks = {}
    for check in examine(tmp_path, lambda peak, total: 1.0, storage=None):
        checks[check.name] = check
        if check.name == "storage":
            break
    assert checks["GPUs"] == Check("GPUs", "fail", "OSError: no such device")
    assert checks["data sets"].outcome == "pass"
    assert checks["storage"].outcome == "skip"
