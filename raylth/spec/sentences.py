"""The words of errors: keys, values and suggestions as people read them."""

import difflib
import json
from collections.abc import Iterable, Sequence

LONGEST = 60


def dotted(path: Sequence[str | int]) -> str:
    """`("grid", "momentum", 1)` as `grid.momentum[1]`."""
    name = "".join(f"[{key}]" if isinstance(key, int) else f".{_word(key)}" for key in path)
    return name.removeprefix(".")


def _word(key: str) -> str:
    return cut(key) if key and key.isprintable() else shown(key)


def shown(value: object) -> str:
    """A value as JSON, shortened, with nothing in it that could move a terminal's cursor."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return cut(text if text.isprintable() else json.dumps(value, default=str))


def cut(text: str) -> str:
    """At most `LONGEST` characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def joined(words: Sequence[str], last: str = "or") -> str:
    """`a, b or c`."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def did_you_mean(wrong: str, here: Sequence[str], elsewhere: Iterable[str] = ()) -> str:
    """A clause that names the key meant: a like one of `here`, the same one `elsewhere`, or else all of `here`."""
    near = difflib.get_close_matches(wrong[:LONGEST], here, n=1)
    same = [key for key in elsewhere if key.rpartition(".")[2] == wrong]
    if near or same:
        return "did you mean " + joined([f"`{key}`" for key in near or same]) + "?"
    return "known here are " + joined(here, "and")
