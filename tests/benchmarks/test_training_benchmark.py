"""The benchmark in miniature: both loops really train, do the same work, and the figures fit together."""

import json
import os
from collections import Counter
from concurrent.futures import Future
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks import training
from benchmarks.loops import Images, MakeLoop, cifar_training, plain_loop, random_images, raylth_loop
from benchmarks.training import Case, Result

LOOPS = pytest.mark.parametrize("make", [raylth_loop, plain_loop])
RESULT = Result(Case("resnet20", 64), raylth=(100.0, 30.0, 50.0, 40.0), plain=(10.0, 30.0, 20.0))


def separable(number: int) -> Images:
    """Dark images and bright ones."""
    labels = np.arange(number) % 2
    noise = np.random.default_rng(0).integers(0, 100, (number, 32, 32, 3))
    return Images((noise + 150 * labels[:, None, None, None]).astype(np.uint8), labels.tolist(), classes=2)


@LOOPS
def test_the_loop_learns(make: MakeLoop) -> None:
    torch.manual_seed(0)
    train = make("resnet8", separable(64), cifar_training(16).model_copy(update={"lr": 0.02}))
    epochs = [train() for _ in range(4)]
    assert epochs[0].loss > 0.1
    assert epochs[-1].loss < 0.5 * epochs[0].loss
    assert epochs[0].accuracy < epochs[-1].accuracy == 1


@LOOPS
def test_an_epoch_updates_once_per_batch_with_the_usual_sgd(make: MakeLoop) -> None:
    settings: Counter[tuple[float, float]] = Counter()

    def count(optimiser: torch.optim.Optimizer, *_: object) -> None:
        for group in optimiser.param_groups:
            settings[group["momentum"], group["weight_decay"]] += 1

    hook = register_optimizer_step_post_hook(count)
    try:
        make("resnet8", random_images(40), cifar_training(16))()
    finally:
        hook.remove()
    assert settings == {(0.9, 5e-4): 3}


def test_the_ratio_is_median_over_median() -> None:
    assert RESULT.ratio == 45 / 20
    row = training.table([RESULT]).splitlines()[1]
    assert row.split() == ["resnet20", "45.0", "(30.0..100.0)", "20.0", "(10.0..30.0)", "2.25"]


class Process:
    """Stands in for both processes; answers with round numbers and keeps the order of the calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def submit(self, _: object, contender: str, case: Case) -> "Future[float]":
        self.calls.append(contender)
        answer: Future[float] = Future()
        answer.set_result(float(len(self.calls)))
        return answer


def test_rounds_alternate_and_the_warm_up_is_not_counted() -> None:
    process: Any = Process()
    result = training._measure_case(RESULT.case, 3, {"raylth": process, "plain": process})
    assert process.calls == ["raylth", "plain"] * 4
    assert result == Result(RESULT.case, raylth=(3, 5, 7), plain=(4, 6, 8))


def test_a_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cases = (Case("resnet8", 24, 16), Case("lenet300100", 24, 16))
    monkeypatch.setattr(training, "CASES", cases)
    monkeypatch.setattr(os, "getloadavg", lambda: (1.5, 0.0, 0.0))
    training.main(["--rounds", "2", "--json", str(tmp_path / "figures.json")])
    output = capsys.readouterr()
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert "not idle (load average 1.5)" in output.err
    assert figures["machine"] in output.out and str(torch.__version__) in output.out
    for case, result, row in zip(cases, figures["results"], output.out.splitlines()[-2:], strict=True):
        assert result["case"] == {"model": case.model, "images": 24, "batch_size": 16}
        assert len(result["raylth"]) == len(result["plain"]) == 2
        assert min(*result["raylth"], *result["plain"]) > 0
        assert result["ratio"] == median(result["raylth"]) / median(result["plain"])
        assert row.split()[0] == case.model and row.split()[-1] == f"{result['ratio']:.2f}"


def test_an_idle_machine_gets_no_warning(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.2, 2.0, 2.0))
    monkeypatch.setattr(training, "measure", lambda cases, rounds: [RESULT])
    training.main([])
    output = capsys.readouterr()
    assert output.err == ""
    assert "of 7 alternating rounds" in output.out


@pytest.mark.parametrize("rounds", ["0", "-1", "many"])
def test_rounds_must_be_a_positive_number(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        training.main(["--rounds", rounds])
    assert exit_.value.code == 2
    assert "--rounds" in capsys.readouterr().err
