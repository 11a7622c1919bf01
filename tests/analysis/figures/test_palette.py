"""One colour per configuration in every figure of a run, and dashes for rewind points."""

import re
from collections import defaultdict

from analysis.figures import Figure
from analysis.figures.palette import OKABE_ITO, UNKNOWN, Palette, colour, ramp
from analysis.run import Run
from tests.analysis.figures.run_in_memory import run_of

BY_LEVEL = "training-by-level"
"""The one figure whose colours say something else, which its legend tells."""


def test_a_configuration_has_one_colour_in_all_figures(drawn: dict[str, Figure]) -> None:
    colours = defaultdict(set)
    for figure in drawn.values():
        for entry in figure.legend if figure.id != BY_LEVEL else ():
            name = re.search(r"μ [\d.]+, batch \d+", entry.label)
            assert name is not None, (figure.id, entry.label)
            colours[name.group()].add(entry.look.colour)
    assert len(colours) == 4
    assert [found for found in colours.values() if len(found) != 1] == []
    assert len(set.union(*colours.values())) == 4


def test_rewind_points_differ_in_dash_and_not_in_colour(whole: Run) -> None:
    palette = Palette.of(whole)
    cell = whole["levels"].iloc[0].to_dict()
    first, second = (palette.look({**cell, "rewind": rewind}) for rewind in (0, 2))
    assert first.colour == second.colour
    assert (first.dash, first.marker) != (second.dash, second.marker)


def test_a_part_of_a_run_has_the_colours_of_its_own_whole(whole: Run) -> None:
    assert len(Palette.of(whole).colours) == 4
    assert Palette.of(run_of({"levels": []})).colours == {}


def test_nulls_of_all_kinds_are_one_configuration(whole: Run) -> None:
    palette = Palette.of(whole)
    cell = whole["levels"].iloc[0].to_dict()
    assert palette.look({**cell, "path": float("nan")}) == palette.look({**cell, "path": None})
    assert palette.look({**cell, "lr": 99.0}).colour == UNKNOWN


def test_twenty_four_colours_before_one_repeats() -> None:
    assert len({colour(index) for index in range(24)}) == 24
    assert [colour(index) for index in range(8)] == list(OKABE_ITO)


def test_a_ramp_has_its_ends() -> None:
    assert ramp(("#000000", "#FFFFFF"), 3) == ["#000000", "#808080", "#FFFFFF"]
