"""Problems of a spec, each one sentence about one key, and pydantic's errors turned into them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from raylth.errors import SpecError
from raylth.spec.allowed import allowed, is_container, known_keys
from raylth.spec.sentences import did_you_mean, dotted, shown
from raylth.spec.tree import KeyPath, Located, nearest_place

MOST_LISTED = 10
BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one key. `complaint` continues a sentence that starts with the key."""

    path: KeyPath
    complaint: str

    @property
    def sentence(self) -> str:
        return f"{dotted(self.path)} {self.complaint}".strip()


def spec_error(problems: Iterable[Problem], tree: Located | None = None) -> SpecError:
    """One error that lists the problems, one line each, with file and line where `tree` knows them."""
    lines = list(dict.fromkeys(_line(problem, tree) for problem in problems))
    hidden = len(lines) - MOST_LISTED
    more = [f"and {hidden} more"] if hidden > 0 else []
    return SpecError("\n".join(lines[:MOST_LISTED] + more))


def _line(problem: Problem, tree: Located | None) -> str:
    return f"{nearest_place(tree, problem.path)}: {problem.sentence}" if tree else problem.sentence


def validation_problems(model: type[BaseModel], error: ValidationError, data: object) -> list[Problem]:
    """What pydantic found wrong with `data`, one problem per key, in the order of the model's fields."""
    first: dict[KeyPath, Problem] = {}
    for detail in error.errors(include_url=False):
        path = _written_path(model, detail, data)
        first.setdefault(path, Problem(path, _complaint(model, detail, path)))
    return list(first.values())


def _written_path(model: type[BaseModel], detail: ErrorDetails, data: object) -> KeyPath:
    """The part of pydantic's location that the user wrote: it goes on with the names of a union's branches."""
    if detail["type"] == "missing":
        return detail["loc"]
    path: list[str | int] = []
    for key in detail["loc"]:
        if not (is_container(model, path) and _holds(data, key)):
            break
        data = data[key]  # type: ignore[index]
        path.append(key)
    return tuple(path)


def _holds(data: object, key: str | int) -> bool:
    if isinstance(data, Mapping):
        return key in data
    return isinstance(data, Sequence) and not isinstance(data, str) and isinstance(key, int) and key < len(data)


def _complaint(model: type[BaseModel], detail: ErrorDetails, path: KeyPath) -> str:
    kind = detail["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"is not a known key; {did_you_mean(str(path[-1]), *known_keys(model, path[:-1]))}"
    if kind == "rule":
        return f"is {shown(detail['input'])}, but {detail['msg']}"
    if kind == "finite_number":
        return f"is {shown(detail['input'])}, but must be a finite number"
    return f"is {shown(detail['input'])}, but must be {allowed(model, path, noun=kind not in BOUNDS)}"
