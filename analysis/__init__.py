"""Read a run's Parquet tables and turn them into tables, figures and claims, without torch or Ray."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError as AnalysisError

if TYPE_CHECKING:
    from analysis.run import Run as Run
    from analysis.run import load_run as load_run

__all__ = ["AnalysisError", "Run", "load_run"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: the command line knows the errors, and should not load pandas to refuse a typing error.
    if name not in ("Run", "load_run"):
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module("analysis.run"), name)
