"""Sweep specs: the YAML that a person writes, read, checked and turned into cells. Imports no torch."""

from raylth.spec.axes import axis_path
from raylth.spec.check import check, check_against_data
from raylth.spec.editor_schema import json_schema
from raylth.spec.grid import Cell, cells
from raylth.spec.load import dump_sweep, load_sweep
from raylth.spec.schema import SweepSpec
from raylth.spec.smoke import smoke

__all__ = [
    "Cell",
    "SweepSpec",
    "axis_path",
    "cells",
    "check",
    "check_against_data",
    "dump_sweep",
    "json_schema",
    "load_sweep",
    "smoke",
]
