"""The tidy tables of a run: their schema, their rows, and the folder that holds them."""

from raylth.tables.run import RunFolder
from raylth.tables.schema import SCIENCE, STUDIES, TABLES

__all__ = ["SCIENCE", "STUDIES", "TABLES", "RunFolder"]
