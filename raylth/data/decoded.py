"""Decoded image folders on disk, because decoding takes minutes and every trial would do it again."""

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import safetensors
from safetensors.torch import load_file, save_file

from raylth.data.dataset import Dataset, Split
from raylth.errors import DataCorrupt

_FORMAT = 1


def cached(name: str, directory: Path, files: Iterable[Path], root: Path, decode: Callable[[], Dataset]) -> Dataset:
    """Return what `decode()` returns, from ROOT/.decoded when `files` are unchanged since it was written.

    There is one cache file per directory; it is memory-mapped, so that processes share its pages, and replaced
    atomically. A cache that cannot be written costs time and a warning, nothing else.
    """
    place = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
    path = root / ".decoded" / f"{name}-{place}.safetensors"
    listing = _listing_key(directory, files)
    found = _load(path, listing)
    if found is not None:
        return found
    dataset = decode()
    try:
        _save(path, listing, dataset)
    except OSError as error:
        warnings.warn(f"decoded images cannot be kept in {path.parent}: {error}", stacklevel=2)
    return dataset


def _listing_key(directory: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(f"format {_FORMAT}".encode())
    for file in files:
        try:
            status = file.stat()
        except OSError as error:
            raise DataCorrupt(f"{file} cannot be read: {error.strerror}") from error
        name = str(file).removeprefix(str(directory))
        digest.update(f"{len(name)} {name} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _load(path: Path, listing: str) -> Dataset | None:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
        if metadata.get("listing") != listing:
            return None
        tensors = load_file(path)
        facts = json.loads(metadata["facts"])
        train, test = (Split(tensors[f"{side}.images"], tensors[f"{side}.labels"]) for side in ("train", "test"))
        return Dataset(train=train, test=test, **facts)
    # Whatever is wrong with a cache, decoding again mends it.
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError):
        return None


def _save(path: Path, listing: str, dataset: Dataset) -> None:
    facts = {key: getattr(dataset, key) for key in ("name", "classes", "fingerprint", "may_flip")}
    tensors = {
        f"{side}.{part}": getattr(split, part)
        for side, split in (("train", dataset.train), ("test", dataset.test))
        for part in ("images", "labels")
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-", suffix=".tmp")
    os.close(handle)
    try:
        save_file(tensors, temporary, metadata={"listing": listing, "facts": json.dumps(facts)})
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
