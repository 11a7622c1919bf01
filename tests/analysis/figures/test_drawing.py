"""Every kind of figure in both backends, with the right numbers in the right places."""

from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.collections import QuadMesh

from analysis.figures import Figure
from analysis.figures.backend import Backend, drawing_with, plain, render
from analysis.figures.heat import HeatPanel


@pytest.mark.parametrize("backend", ["bokeh", "matplotlib"])
def test_every_figure_is_drawn(drawn: dict[str, Figure], backend: Backend) -> None:
    with drawing_with(backend):
        for figure in drawn.values():
            # The smallest panel: what differs between them is the data.
            panel = min(figure.panels, key=lambda panel: len(panel.entries))
            render(panel.draw(backend), backend)
    pyplot.close("all")


def test_backends_leave_no_trace(drawn: dict[str, Figure]) -> None:
    before = hv.Store.current_backend
    with drawing_with("bokeh"):
        drawn["forgetting-grid"].draw("matplotlib")
        assert hv.Store.current_backend == "bokeh"
    other: Backend = "matplotlib" if before == "bokeh" else "bokeh"
    with pytest.raises(ZeroDivisionError), drawing_with(other):
        raise ZeroDivisionError
    assert hv.Store.current_backend == before
    assert not hasattr(pd.DataFrame, "hvplot")


def test_a_notebook_gets_a_layout_with_a_legend(drawn: dict[str, Figure]) -> None:
    layout = drawn["lmc-curves"].draw("bokeh")
    assert isinstance(layout, hv.Layout)
    assert len(layout) == len(drawn["lmc-curves"].panels)


def test_both_backends_put_numbers_of_a_map_in_the_same_place(drawn: dict[str, Figure]) -> None:
    """32 comes before 128, though not as text."""
    panel = drawn["barrier-grid"].panels[0]
    assert isinstance(panel, HeatPanel)
    places = list(zip(panel.frame["x"], panel.frame["y"], strict=True))
    assert places == [("32", "0"), ("32", "0.9"), ("128", "0"), ("128", "0.9")]
    # Momentum 0.9 at batch 32 is the highest by construction, and so says its place in both.
    assert int(panel.frame["value"].argmax()) == 1
    assert _highest_in_bokeh(panel) == ("32", "0.9")
    assert _highest_in_matplotlib(panel) == ("32", "0.9")


def _highest_in_bokeh(panel: HeatPanel) -> tuple[str, str]:
    with drawing_with("bokeh"):
        figure = render(panel.draw("bokeh"), "bokeh")
    source = next(renderer.data_source for renderer in figure.renderers if "zvalues" in renderer.data_source.data)
    index = int(np.argmax(source.data["zvalues"]))
    names = [axis.major_label_overrides for axis in (figure.xaxis[0], figure.yaxis[0])]
    found = [name[float(source.data[key][index])] for name, key in zip(names, ("column", "row"), strict=True)]
    return found[0], found[1]


def _highest_in_matplotlib(panel: HeatPanel) -> tuple[str, str]:
    with drawing_with("matplotlib"):
        figure: Any = render(panel.draw("matplotlib"), "matplotlib")
    axes = figure.axes[0]
    mesh = next(artist for artist in axes.collections if isinstance(artist, QuadMesh))
    corners, values = mesh.get_coordinates(), np.asarray(mesh.get_array())
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    middle = (corners[row, column] + corners[row + 1, column + 1]) / 2
    ticks = [
        dict(zip(axis.get_ticklocs(), (text.get_text() for text in axis.get_ticklabels()), strict=True))
        for axis in (axes.xaxis, axes.yaxis)
    ]
    pyplot.close(figure)
    return ticks[0][middle[0]], ticks[1][middle[1]]


def test_dollars_are_no_mathematics() -> None:
    assert plain("a $x$", "matplotlib") == r"a \$x\$"
    assert "$$" not in plain("$$x$$", "bokeh")
