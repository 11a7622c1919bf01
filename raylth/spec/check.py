"""Whether a spec holds together, and whether it fits its data."""

from raylth.spec.axes import AsWritten
from raylth.spec.grid import cells, expand
from raylth.spec.problems import Problem, spec_error
from raylth.spec.rules import data_rules, sweep_rules
from raylth.spec.schema import SweepSpec


def problems_of(spec: SweepSpec) -> list[Problem]:
    """Everything that joins several keys and is wrong, in the sweep and in each of its cells."""
    return [*sweep_rules(spec), *expand(spec)[1]]


def check(spec: SweepSpec) -> None:
    """Check a spec that was made in Python; `load_sweep` has done so for a file.

    Raises:
        SpecError: Lists what is wrong, one line per problem.
    """
    problems = problems_of(spec)
    if problems:
        raise spec_error(problems)


def check_against_data(spec: SweepSpec, train_images: int, classes: int) -> None:
    """Check what only the data can tell; `lmc.train_images` may be more than there are, being a limit.

    Args:
        spec: A sweep whose cells share one data set, or one cell's spec.
        train_images: Training images of the data set, before a subset is drawn.
        classes: Classes of the data set.

    Raises:
        SpecError: A batch is larger than the training data, or a subset is larger, or lacks a class.
    """
    written = AsWritten(spec)
    problems = [p for cell in cells(spec) for p in data_rules(cell.spec, written, train_images, classes)]
    if problems:
        raise spec_error(problems)
