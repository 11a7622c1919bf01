"""Figures in a page of HTML that needs no network: bokeh's script once, and one div per figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from analysis.figures.backend import drawing_with, render
from analysis.figures.figure import Figure
from analysis.figures.legend import legend_html

STYLE = """
.figure-panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,max(340px,40%)),1fr));gap:0.75rem}
.figure-panels>div{min-width:0;background:#fff}
.panel-title{margin:0 0 0.25rem;font-size:0.85rem;font-weight:600;overflow-wrap:anywhere}
.figure-legend{display:flex;flex-wrap:wrap;gap:0.25rem 1.25rem;list-style:none;margin:0.5rem 0 0;padding:0;
max-height:9.5rem;overflow-y:auto;font-size:0.85rem}
.figure-legend li{display:flex;align-items:center;gap:0.4rem;margin:0}
.figure-legend svg{flex:none;background:#fff}
@media print{.figure-legend{max-height:none;overflow:visible}}
"""


@dataclass(frozen=True)
class Embedded:
    """What a page needs.

    Attributes:
        head: elements for the page's head, once: bokeh's script and the style of panels and legends.
        divs: by figure id, where the figure is to be; panels and legend, without title and caption.
        script: the element that draws all of them; after the divs.
    """

    head: str
    divs: Mapping[str, str]
    script: str


def embed(figures: Sequence[Figure]) -> Embedded:
    """Draw figures for a page of HTML."""
    from bokeh.document import Document
    from bokeh.embed import components

    with drawing_with("bokeh"):
        models = {
            (figure.id, index): _untitled(render(panel.draw("bokeh"), "bokeh"))
            for figure in figures
            for index, panel in enumerate(figure.panels)
        }
    if not models:
        return Embedded("", {}, "")
    # bokeh names roots by strings; a figure's own id cannot be split from its panel's number by accident.
    names = {key: f"{key[1]} {key[0]}" for key in models}
    document = Document()
    # bokeh would walk through all models anew for every root that it adds.
    with document.models.freeze():
        for model in models.values():
            document.add_root(model)
    script, roots = components({names[key]: model for key, model in models.items()})
    divs = {
        figure.id: _figure([roots[names[figure.id, index]] for index in range(len(figure.panels))], figure)
        for figure in figures
    }
    return Embedded(f"{_library()}\n<style>{STYLE}</style>", divs, script)


def page(figure: Figure) -> str:
    """A page with one figure."""
    embedded = embed([figure])
    title = escape(figure.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'{embedded.head}</head>\n<body style="font-family:sans-serif;max-width:1400px;margin:1rem auto">'
        f'<figure style="margin:0"><h1>{title}</h1>\n{embedded.divs[figure.id]}\n'
        f"<figcaption>{escape(figure.caption)}</figcaption></figure>\n{embedded.script}</body></html>\n"
    )


def _library() -> str:
    from bokeh.resources import Resources

    # Widgets, tables, WebGL and MathJax, which nothing here uses, would more than treble its size.
    scripts = Resources(mode="inline", components=["bokeh"]).js_raw
    return "\n".join(f"<script>{script}</script>" for script in scripts)


def _figure(roots: Sequence[str], figure: Figure) -> str:
    panels = "".join(_panel(panel.title, root) for panel, root in zip(figure.panels, roots, strict=True))
    return f'<div class="figure-panels">{panels}</div>{legend_html(figure.legend)}'


def _panel(title: str, root: str) -> str:
    heading = f'<p class="panel-title">{escape(title)}</p>' if title else ""
    return f"<div>{heading}{root}</div>"


def _untitled(model: Any) -> Any:
    """A drawing without its title, which the page has as text: that wraps on a phone, and readers can select it."""
    model.title.visible = False
    return model
