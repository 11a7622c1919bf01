"""The doctor's trainings: a machine that does not repeat, or loses accuracy in bf16, must be found out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from raylth.doctor import determinism, packing, precision
from raylth.doctor.determinism import determinism_check
from raylth.doctor.packing import cpu_packing, packing_check
from raylth.doctor.precision import Speeds, accuracy_check, measure_speeds, speed_check, speed_verdict
from raylth.doctor.rehearsal import one_thread, train_digits
from raylth.seeds import Presentations, presentations
from raylth.training import workbench
from raylth.training.precision import supports_bf16

CPU = torch.device("cpu")
GB = 10**9

needs_bf16 = pytest.mark.skipif(not supports_bf16(CPU), reason="this CPU has no bf16 units")


def test_equal_trainings_are_found_equal() -> None:
    assert determinism_check(CPU, "fp32").outcome == "pass"


@needs_bf16
def test_equal_trainings_in_bf16_are_found_equal() -> None:
    assert determinism_check(CPU, "bf16").outcome == "pass"


def test_a_changing_order_of_images_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unseeded(*arguments: Any) -> Presentations:
        drawn = presentations(*arguments)
        return Presentations(torch.randperm(len(drawn.order)), drawn.rows, drawn.cols, drawn.mirrored)

    monkeypatch.setattr(workbench, "presentations", unseeded)
    check = determinism_check(CPU, "fp32")
    assert check.outcome == "fail"
    assert "will not repeat" in check.detail


def test_one_wrong_last_bit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    states = [train_digits(CPU, "fp32", width=2, epochs=1) for _ in range(2)]
    name = next(name for name, tensor in states[1].weights.items() if tensor.dtype == torch.float32)
    value = states[1].weights[name].view(-1)
    value[0] = torch.nextafter(value[0], torch.tensor(10.0))
    given = iter(states)
    monkeypatch.setattr(determinism, "train_digits", lambda *arguments: next(given))
    check = determinism_check(CPU, "fp32")
    assert check.outcome == "fail"
    assert check.detail.startswith(f"1 of {len(states[0].weights)} tensors differ")


def test_a_machine_without_bf16_is_not_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (determinism, precision):
        monkeypatch.setattr(module, "supports_bf16", lambda device: False)
    assert determinism_check(CPU, "bf16").outcome == "skip"
    assert accuracy_check(CPU).outcome == "skip"


@pytest.mark.parametrize(
    ("fp32", "bf16", "outcome"), [(0.96, 0.97, "pass"), (0.96, 0.92, "pass"), (0.96, 0.22, "fail")]
)
def test_lost_accuracy_is_a_failure(fp32: float, bf16: float, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "supports_bf16", lambda device: True)
    monkeypatch.setattr(precision, "_accuracy", lambda device, kind: {"fp32": fp32, "bf16": bf16}[kind])
    check = accuracy_check(CPU)
    assert check.outcome == outcome
    assert check.detail.startswith(f"{100 * bf16:.1f}% against {100 * fp32:.1f}% in fp32 ({100 * (bf16 - fp32):+.1f} ")


@needs_bf16
def test_weights_cached_by_one_autocast_around_a_run_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # The trap of anchors: bf16 weights cached once and trained on for ever.
    @contextmanager
    def nothing() -> Iterator[None]:
        yield

    monkeypatch.setattr(precision, "EPOCHS", 3)
    monkeypatch.setattr("raylth.training.loop.autocast", lambda device, kind: nothing())
    real = precision.train_digits

    def around(device: torch.device, kind: Any, *sizes: int) -> Any:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=kind == "bf16"):
            return real(device, kind, *sizes)

    monkeypatch.setattr(precision, "train_digits", around)
    assert accuracy_check(CPU).outcome == "fail"


@pytest.mark.parametrize(
    ("speeds", "outcome", "part"),
    [
        (Speeds(300, 600), "pass", "fp32 300 images/s, bf16 600 images/s (2.0 times)"),
        (Speeds(300, 200), "warn", "`precision: fp32` is quicker"),
        (Speeds(300, None), "pass", "so `precision: auto` is fp32"),
    ],
)
def test_speeds_are_judged(speeds: Speeds, outcome: str, part: str) -> None:
    check = speed_verdict(CPU, speeds)
    assert check.outcome == outcome
    assert part in check.detail


def test_speeds_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "CPU_IMAGES", 16)
    speeds = measure_speeds(CPU, seconds=0)
    assert 1 < speeds.fp32 < 1e6
    assert (speeds.bf16 is not None) == supports_bf16(CPU)
    assert speed_check(CPU, seconds=0).name == "speed on cpu"


def test_a_cpu_packs_by_cores_and_warns_of_little_memory() -> None:
    assert cpu_packing(4, 8 * GB, GB // 2).outcome == "pass"
    assert "4 trials at once with `cpu: 1`, 2.0 GB" in cpu_packing(4, 8 * GB, GB // 2).detail
    short = cpu_packing(16, 8 * GB, GB)
    assert short.outcome == "warn"
    assert "resources.max_concurrent: 8`" in short.detail
    assert "max_concurrent: 1`" in cpu_packing(2, GB // 2, GB).detail


def test_a_cpu_is_not_asked_for_the_memory_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "cores", lambda: 3)
    monkeypatch.setattr(packing, "_memory", lambda: (30 * GB, GB))
    assert packing_check(CPU, lambda peak, total: 1 / 0).detail.startswith("3 trials")


def test_the_number_of_threads_is_restored() -> None:
    torch.set_num_threads(2)
    with pytest.raises(KeyError), one_thread():
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == 2
