"""Figures of a run, drawn with hvPlot: for pages and notebooks through bokeh, as PNG and SVG through matplotlib."""

from analysis.figures.catalogue import all_figures as all_figures
from analysis.figures.embed import Embedded as Embedded
from analysis.figures.embed import embed as embed
from analysis.figures.export import export as export
from analysis.figures.figure import Figure as Figure
