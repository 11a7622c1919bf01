"""A user's own data set, `module:Name`, imported only when the user allowed it."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from raylth.data.dataset import Dataset, Split, make_dataset
from raylth.errors import BadInput


def read_own(name: str, root: Path, allow_import: bool) -> Dataset:
    """Call `Name(root)` of `module`. What it returns has `train`, `test`, `classes` and `may_flip` as a `Dataset` has.

    Its content is checked and fingerprinted here, whatever fingerprint it claims.
    Raises BadInput when importing is not allowed, when there is no such name, or when the result is no data set.
    """
    if not allow_import:
        raise BadInput(f"data set {name} is code of your own; add --allow-import if you trust it")
    made = _find(name)(root)
    try:
        train, test = (Split(side.images, side.labels) for side in (made.train, made.test))
        return make_dataset(name, train, test, made.classes, made.may_flip)
    except AttributeError as error:
        raise BadInput(f"{name}(root) must return a data set like raylth.data.Dataset: {error}") from error


def _find(name: str) -> Callable[[Path], Any]:
    module, _, attribute = name.partition(":")
    try:
        found: Callable[[Path], Any] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise BadInput(f"data set {name} cannot be imported: {error}") from error
    return found
