"""Read a run's Parquet tables and turn them into tables, figures and claims, without torch or Ray."""

from analysis.errors import AnalysisError as AnalysisError
from analysis.run import Run as Run
from analysis.run import load_run as load_run
