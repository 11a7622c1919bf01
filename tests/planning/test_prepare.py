"""What is refused once the data are known, and before anything is computed."""

from pathlib import Path

import pytest

from raylth.errors import BadInput, DataMissing
from raylth.planning.prepare import read_facts
from raylth.spec import SweepSpec


def spec(**parts: str) -> SweepSpec:
    body = ", ".join(f'"{name}": {value}' for name, value in parts.items())
    return SweepSpec.model_validate_json(f'{{"name": "s", {body}}}')


def refusal(sweep: SweepSpec, root: Path) -> str:
    with pytest.raises(BadInput) as refused:
        read_facts(sweep, root, allow_import=False)
    return str(refused.value)


def test_every_data_set_of_the_grid_is_described_once(tmp_path: Path) -> None:
    facts = read_facts(spec(grid='{"data.subset": [200, 300], "momentum": [0.0, 0.9]}'), tmp_path, allow_import=False)
    assert sorted(known.train_images for known in facts.values()) == [200, 300]
    assert len({known.fingerprint for known in facts.values()}) == 1


def test_a_batch_larger_than_the_data_is_refused(tmp_path: Path) -> None:
    assert "training.batch_size is 5000" in refusal(spec(training='{"batch_size": 5000}'), tmp_path)


def test_mirrored_digits_are_refused(tmp_path: Path) -> None:
    assert "training.augment.flip" in refusal(spec(training='{"augment": {"flip": true}}'), tmp_path)


def test_an_unknown_model_is_refused_before_anything_starts(tmp_path: Path) -> None:
    assert "resnet20" in refusal(spec(model='{"name": "resnet21"}'), tmp_path)


def test_an_exclusion_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    assert "classifer*" in refusal(spec(lineage='{"exclude": ["classifer*"]}'), tmp_path)


def test_a_last_batch_of_one_image_is_refused_only_where_batchnorm_cannot_take_it(tmp_path: Path) -> None:
    one_left = '{"batch_size": 99}'
    message = refusal(spec(data='{"subset": 100}', model='{"name": "resnet18"}', training=one_left), tmp_path)
    assert "one of the 100 training images" in message
    read_facts(spec(data='{"subset": 100}', model='{"name": "lenet300100"}', training=one_left), tmp_path, False)


def test_missing_data_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="raylth data fetch cifar10"):
        read_facts(spec(data='{"name": "cifar10"}'), tmp_path, allow_import=False)
