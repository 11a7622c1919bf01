"""Quantities: what the paper reports, one value per initialisation and cell, from the tables of a run."""

from analysis.quantities.catalogue import QUANTITIES as QUANTITIES
from analysis.quantities.catalogue import Quantity as Quantity
from analysis.quantities.catalogue import Unit as Unit
