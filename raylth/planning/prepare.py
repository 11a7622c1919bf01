"""What must be settled before a plan can be made: the data's facts, networks that fit them, and the precision."""

from pathlib import Path

import torch

from raylth.data import DataFacts, load_dataset
from raylth.errors import SpecError
from raylth.models import build, prunable
from raylth.models.classifier import with_blocks
from raylth.probe import check_blocks
from raylth.spec import SweepSpec, cells, check_against_data
from raylth.spec.schema import DataSpec
from raylth.studies.transfer import fitted
from raylth.training.precision import supports_bf16
from raylth.trajectory import Precision


def read_facts(spec: SweepSpec, root: Path, allow_import: bool) -> dict[DataSpec, DataFacts]:
    """Load every data set of a sweep once, and check each cell against its own.

    Raises:
        BadInput: data are missing or broken, or a batch, a network or an augmentation does not fit them.
    """
    facts: dict[DataSpec, DataFacts] = {}
    for cell in cells(spec):
        source = _facts_of(cell.spec.data, facts, root, allow_import)
        _check_cell(cell.spec, source, allow_import)
        for target in spec.studies.transfer.targets if spec.studies.transfer else ():
            _facts_of(fitted(target, source), facts, root, allow_import)
    return facts


def _facts_of(data: DataSpec, known: dict[DataSpec, DataFacts], root: Path, allow_import: bool) -> DataFacts:
    if data not in known:
        known[data] = load_dataset(data, root, allow_import).facts
    return known[data]


def local_precision(wanted: str) -> Precision:
    """What `precision` comes to on this machine."""
    if wanted == "fp32":
        return "fp32"
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return "bf16" if wanted == "bf16" or supports_bf16(device) else "fp32"


def _check_cell(spec: SweepSpec, facts: DataFacts, allow_import: bool) -> None:
    check_against_data(spec, facts.train_images, facts.classes)
    if spec.training.augment.flip and not facts.may_flip:
        raise SpecError(f"training.augment.flip is true, but mirrored images of {spec.data.name} mean something else.")
    network = build(spec.model, facts.shape, facts.classes, allow_import)
    prunable(network, spec.lineage.exclude)
    if spec.studies.probes is not None:
        check_blocks(with_blocks(network), spec.studies.probes.blocks or (1,))
    if facts.train_images % spec.training.batch_size == 1:
        _check_single_image(spec, facts, network)


def _check_single_image(spec: SweepSpec, facts: DataFacts, network: torch.nn.Module) -> None:
    """The last partial batch is kept; of one image it leaves BatchNorm nothing to average where maps are 1x1."""
    try:
        with torch.no_grad():
            network.train()(torch.zeros(1, *facts.shape))
    except ValueError as error:
        raise SpecError(
            f"training.batch_size is {spec.training.batch_size}, which leaves one of the {facts.train_images:,} "
            f"training images for the last batch, and {spec.model.name} cannot train on one; choose another batch size."
        ) from error
