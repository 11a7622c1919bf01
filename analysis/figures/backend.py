"""The one place that touches HoloViews' global state: which backend is current.

hvPlot asks HoloViews for the current backend whenever it draws, and `hvplot.extension`, like importing
`hvplot.pandas`, sets it for the whole process, patches pandas, and loads notebook scripts. Here a backend is current
for the length of a `with` block alone, and pandas stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from textwrap import fill
from typing import Any, Literal

import pandas as pd

Backend = Literal["bokeh", "matplotlib"]

TITLE_WIDTH = 48
"""Characters that fit over a panel on a phone, and over one of two beside each other."""

MODULES = {"bokeh": "holoviews.plotting.bokeh", "matplotlib": "holoviews.plotting.mpl"}


@contextmanager
def drawing_with(backend: Backend) -> Iterator[None]:
    """Make a backend the current one, and put back what was."""
    from holoviews import Store

    before = Store.current_backend
    # Importing a backend registers it; the first one that is imported also becomes the current one.
    import_module(MODULES[backend])
    # Each switch rebuilds HoloViews' tab completion, a fifth of a second, so blocks within a block do not switch.
    if Store.current_backend != backend:
        Store.set_current_backend(backend)
    try:
        yield
    finally:
        if Store.current_backend != before:
            Store.set_current_backend(before)


def hvplot(frame: pd.DataFrame) -> Any:
    """hvPlot on a frame, without patching pandas."""
    from hvplot.plotting import hvPlotTabular

    return hvPlotTabular(frame)


def render(drawn: Any, backend: Backend) -> Any:
    """A drawn object as the backend's own: a bokeh model, or a matplotlib figure."""
    from holoviews import Store

    with drawing_with(backend):
        return Store.renderers[backend].get_plot(drawn).state


def plain(text: str, backend: Backend) -> str:
    """A text that a backend shows as it is: both take dollars for mathematics, which names of data may hold."""
    if backend == "matplotlib":
        return text.replace("$", r"\$")
    for opening in ("$$", r"\[", r"\("):
        text = text.replace(opening, f"{opening[0]}\u200b{opening[1]}")
    return text


def title(text: str, backend: Backend) -> str:
    """A title, in lines of a panel's width; HoloViews formats it, so braces are doubled."""
    return plain(fill(text, TITLE_WIDTH), backend).replace("{", "{{").replace("}", "}}")
