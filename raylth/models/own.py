"""A user's own network, named `module:Name`: found, hashed and made."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec

import torch
from torch import nn

from raylth.errors import BadInput
from raylth.spec.schema import ModelSpec


def is_own(name: str) -> bool:
    """Whether a model's name means a class of the user's."""
    return ":" in name


def source_hash(spec: ModelSpec) -> str | None:
    """SHA-256 of the source file of a user's own model, or None for a known architecture.

    Nothing is imported, so that a spec can be planned before its code is trusted. What the file itself imports is not
    part of the hash. Raises BadInput if there is no such module, or if its source cannot be read.
    """
    if not is_own(spec.name):
        return None
    module, _ = _parts(spec.name)
    found = _find(module)
    source = found.loader.get_source(module) if found and isinstance(found.loader, InspectLoader) else None
    if not source:
        raise BadInput(f"model.name `{spec.name}`: no Python source of `{module}` is on the import path.")
    return hashlib.sha256(source.encode()).hexdigest()


def build_own(spec: ModelSpec, image: tuple[int, int, int], classes: int, allow_import: bool) -> nn.Module:
    """Import a user's class and call it as `Name(image, classes)`. Raises BadInput if that is not allowed or fails."""
    if not allow_import:
        raise BadInput(f"model.name `{spec.name}` runs code of your own; add `--allow-import` if you trust it.")
    if spec.width is not None:
        raise BadInput(f"model.width has no meaning for your own model `{spec.name}`; remove it.")
    make = _load(spec.name)
    # A constructor may fill constant buffers, so it runs for real; whatever it draws at random must not disturb others.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model = make(image, classes)
    if not isinstance(model, nn.Module):
        raise BadInput(f"model.name `{spec.name}` gave a {type(model).__name__}; it must be a torch.nn.Module.")
    return model


def _load(name: str) -> Callable[..., object]:
    module, attribute = _parts(name)
    try:
        imported = import_module(module)
    except ImportError as error:
        raise BadInput(f"model.name `{name}`: `{module}` cannot be imported ({error}).") from error
    make: Callable[..., object] | None = getattr(imported, attribute, None)
    if not callable(make):
        raise BadInput(f"model.name `{name}`: `{module}` has no class `{attribute}`.")
    return make


def _parts(name: str) -> tuple[str, str]:
    module, _, attribute = name.partition(":")
    if not (attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise BadInput(f"model.name `{name}` is malformed; your own class is written `package.module:Name`.")
    return module, attribute


def _find(module: str) -> ModuleSpec | None:
    # importlib.util.find_spec would run the code of the parent packages.
    parent, _, _ = module.rpartition(".")
    if not parent:
        return _find_in(module, None)
    package = _find(parent)
    if package is None or package.submodule_search_locations is None:
        return None
    return _find_in(module, package.submodule_search_locations)


def _find_in(module: str, path: Sequence[str] | None) -> ModuleSpec | None:
    found = (finder.find_spec(module, path) for finder in sys.meta_path)
    return next((spec for spec in found if spec is not None), None)
