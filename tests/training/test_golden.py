"""Golden trajectories: results that change while their keys do not."""

from pathlib import Path

import pytest
from tiny import CROPPED, LENET, RESNET, TRAINING, make_bench, make_lineage, mask_of, run_levels

from raylth.spec.schema import ModelSpec
from raylth.state import Telemetry

SHORT = TRAINING.model_copy(update={"epochs": 2, "augment": CROPPED})
CHANGED = (
    "a training gives other numbers under the same key, so stored results would be mixed with new ones. "
    "If that is meant, raise TRAINING_VERSION in raylth/trajectory.py (and PRUNING_VERSION in raylth/lineage.py if the "
    "masks changed), then pin the new numbers here"
)
GOLDEN = {
    "lenet300100": {
        "dense train_loss": [3.07825, 2.62007],
        "dense train_accuracy": [0.14, 0.14],
        "dense test_loss": [2.53259, 2.19723],
        "dense test_accuracy": [0.09749, 0.14206],
        "pruned train_loss": [2.55554],
        "pruned train_accuracy": [0.19],
        "pruned test_loss": [2.16867],
        "pruned test_accuracy": [0.16156],
        "start": [0.14, 0.10306, 2.414],
    },
    "resnet8": {
        "dense train_loss": [2.7251, 2.33282],
        "dense train_accuracy": [0.1, 0.16],
        "dense test_loss": [2.72592, 2.52609],
        "dense test_accuracy": [0.13649, 0.13649],
        "pruned train_loss": [2.45187],
        "pruned train_accuracy": [0.19],
        "pruned test_loss": [2.46733],
        "pruned test_accuracy": [0.13928],
        "start": [0.19, 0.15877, 2.44137],
    },
}


def numbers(telemetry: Telemetry) -> dict[str, list[float]]:
    return {
        name: getattr(telemetry, name).tolist()
        for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
    }


@pytest.mark.parametrize("model", [LENET, RESNET], ids=lambda model: model.name)
def test_tiny_trainings_give_the_numbers_that_they_always_gave(model: ModelSpec, tmp_path: Path) -> None:
    bench, lineage = make_bench(tmp_path, model, crop=1), make_lineage(model=model, training=SHORT, rewind=1)
    dense, pruned = run_levels(bench, lineage, 1)
    found = {f"dense {name}": values for name, values in numbers(dense.telemetry).items()}
    found |= {f"pruned {name}": values for name, values in numbers(pruned.telemetry).items()}
    found["start"] = list(vars(bench.start(lineage.level(1), 1, mask_of(bench, lineage, 1))).values())
    assert found.keys() == GOLDEN[model.name].keys()
    for name, values in found.items():
        # Another CPU rounds otherwise, which may move an image or two of these few across the border.
        tolerance = 1e-3 if "loss" in name else 0.021
        assert values == pytest.approx(GOLDEN[model.name][name], abs=tolerance), f"{name}: {CHANGED}"
