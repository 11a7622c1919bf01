"""Models: the networks that raylth trains, their initial weights, and which of their weights can be pruned."""

from raylth.models.building import build
from raylth.models.classifier import Classifier, pool
from raylth.models.initialisation import initialise
from raylth.models.known import KnownModel, known_models
from raylth.models.own import source_hash
from raylth.models.prunables import prunable

__all__ = ["Classifier", "KnownModel", "build", "initialise", "known_models", "pool", "prunable", "source_hash"]
