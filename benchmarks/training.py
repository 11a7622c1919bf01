"""Training speed of raylth against the loop of a careful user, on one thread of this machine.

Rounds of the two alternate, each contender in a process of its own, so that neither changes how the other's memory is
managed. The data is random and stands in for CIFAR-10: the cost of an image does not depend on what it shows.
"""

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median
from types import MappingProxyType

import torch
import torchvision

from benchmarks.loops import (
    MakeLoop,
    TrainEpoch,
    best_precision,
    cifar_training,
    plain_loop,
    random_images,
    raylth_loop,
)
from raylth.training.workbench import device_name

CONTENDERS: Mapping[str, MakeLoop] = MappingProxyType({"raylth": raylth_loop, "plain": plain_loop})
BATCH = 128


@dataclass(frozen=True)
class Case:
    """One row of the table: an architecture, and how many images a round trains on."""

    model: str
    images: int
    batch_size: int = BATCH


CASES = (Case("resnet20", 1024), Case("resnet18", 256))


@dataclass(frozen=True)
class Result:
    """Images per second of every round, contender by contender, in the order in which they were measured."""

    case: Case
    raylth: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times faster raylth is: median over median."""
        return median(self.raylth) / median(self.plain)


def measure(cases: Sequence[Case], rounds: int) -> list[Result]:
    """Measure every case in alternating rounds, each contender after a warm-up that is not counted."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as ours, ProcessPoolExecutor(1, mp_context=spawn) as theirs:
        pools = {"raylth": ours, "plain": theirs}
        return [_measure_case(case, rounds, pools) for case in cases]


def table(results: Sequence[Result]) -> str:
    """The results for people."""
    lines = [f"{'':10}{'raylth (' + best_precision() + ')':>24}{'plain loop (fp32)':>24}{'ratio':>8}"]
    for result in results:
        speeds = (_spread(result.raylth), _spread(result.plain))
        lines.append(f"{result.case.model:10}{speeds[0]:>24}{speeds[1]:>24}{result.ratio:>8.2f}")
    return "\n".join(lines)


def report(results: Sequence[Result]) -> dict[str, object]:
    """The results for programs, with what they depend on."""
    return {
        "machine": device_name(torch.device("cpu")),
        "versions": versions(),
        "threads": 1,
        "precision": {"raylth": best_precision(), "plain": "fp32"},
        "unit": "images/s",
        "results": [{**asdict(result), "ratio": result.ratio} for result in results],
    }


def versions() -> dict[str, str]:
    """What the speed depends on besides the machine."""
    return {
        "Python": platform.python_version(),
        "torch": str(torch.__version__),
        "torchvision": str(torchvision.__version__),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the figures to a file if asked."""
    options = _parse(arguments)
    if (load := os.getloadavg()[0]) > 1:
        warning = f"this machine is not idle (load average {load:.1f}), so the figures may be off"
        print(f"Warning: {warning}.", file=sys.stderr)
    results = measure(CASES, options.rounds)
    print(f"Training speed in images/s, median (lowest..highest) of {options.rounds} alternating rounds; one thread,")
    print(f"batch {BATCH}, random 32x32x3 images in place of CIFAR-10. The plain loop's loader has num_workers=0.")
    print(", ".join([device_name(torch.device("cpu")), *(" ".join(version) for version in versions().items())]))
    print(table(results))
    if options.json is not None:
        options.json.write_text(json.dumps(report(results), indent=2) + "\n")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description="Measure the training speed.")
    parser.add_argument("--rounds", type=_positive, default=7, help="rounds of each contender (default: 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


def _measure_case(case: Case, rounds: int, processes: Mapping[str, ProcessPoolExecutor]) -> Result:
    speeds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for counted in [False, *[True] * rounds]:
        for name in CONTENDERS:
            speed = processes[name].submit(_round, name, case).result()
            if counted:
                speeds[name].append(speed)
    return Result(case, raylth=tuple(speeds["raylth"]), plain=tuple(speeds["plain"]))


def _round(contender: str, case: Case) -> float:
    train = _loop(contender, case)
    began = time.perf_counter()
    train()
    return case.images / (time.perf_counter() - began)


# A loop goes on from round to round in its own process; that of the last case is let go.
@lru_cache(maxsize=1)
def _loop(contender: str, case: Case) -> TrainEpoch:
    torch.set_num_threads(1)
    return CONTENDERS[contender](case.model, random_images(case.images), cifar_training(case.batch_size))


def _spread(speeds: Sequence[float]) -> str:
    return f"{median(speeds):.1f} ({min(speeds):.1f}..{max(speeds):.1f})"


if __name__ == "__main__":
    main()
