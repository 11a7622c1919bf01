"""A spec's file and the files that it builds on, as one tree: see `read_file`."""

from functools import reduce
from pathlib import Path

from raylth.errors import SpecError
from raylth.spec.reading import parse
from raylth.spec.sentences import shown
from raylth.spec.tree import Located, merge

MAX_BYTES = 1_000_000
MAX_BASES = 10


def read_file(path: Path) -> Located:
    """The mapping in a YAML file, laid over the one that its `base:` names, and so on.

    `base` is relative to the file that names it. Mappings are merged key by key, the including file wins, and any
    other value (a list too, so also the values of a grid axis) is replaced whole.

    Raises:
        SpecError: A file is missing, over 1 MB, not UTF-8 or not a YAML mapping (see `parse`); the files include each
            other in a circle, or more than 10 deep.
    """
    layers: list[Located] = []
    chain: list[Path] = []
    named_at = ""
    here: Path | None = path
    while here is not None:
        _refuse_endless(chain, here, named_at)
        chain.append(here)
        layers.append(_mapping(here, named_at))
        named_at, here = _base(layers[-1], here)
    merged = reduce(merge, reversed(layers))
    assert isinstance(merged.value, dict)
    return Located({key: child for key, child in merged.value.items() if key != "base"}, str(path))


def _refuse_endless(chain: list[Path], here: Path, named_at: str) -> None:
    if any(_same(here, earlier) for earlier in chain):
        raise SpecError(f"{named_at}: base is {shown(str(here))}, which includes this file again; break the circle")
    if len(chain) > MAX_BASES:
        raise SpecError(f"{named_at}: base is {shown(str(here))}, but files may build on {MAX_BASES} others at most")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def _base(layer: Located, path: Path) -> tuple[str, Path | None]:
    assert isinstance(layer.value, dict)
    base = layer.value.get("base")
    if base is None:
        return "", None
    if not isinstance(base.value, str):
        raise SpecError(f"{base.place}: base is not text, but must be the path of another YAML file")
    return base.place, path.parent / base.value


def _mapping(path: Path, named_at: str) -> Located:
    tree = parse(_text(path, named_at), lambda line: f"{path}:{line}")
    if not isinstance(tree.value, dict):
        raise SpecError(f"{tree.place}: the file holds no mapping, but must hold keys such as `name: my-sweep`")
    return tree


def _text(path: Path, named_at: str) -> str:
    prefix = f"{named_at}: base is " if named_at else "the sweep spec is "
    try:
        if not path.is_file():
            raise SpecError(f"{prefix}{shown(str(path))}, but there is no such file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SpecError(f"{prefix}{shown(str(path))}, which cannot be read: {error}") from None
    if len(content) > MAX_BYTES:
        raise SpecError(f"{path}: the file is over 1 MB, which no sweep spec is; is it the right one?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{path}:{line}: the file is not UTF-8 text; save it as UTF-8") from None
