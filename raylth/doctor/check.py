"""One finding of the doctor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from raylth.errors import RaylthError

Outcome = Literal["pass", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, and one line that says what was found."""

    name: str
    outcome: Outcome
    detail: str


def guarded(name: str, check: Callable[[], Check]) -> Check:
    """The result of `check`, or a failed check called `name` if it raises: one broken thing must not hide others."""
    try:
        return check()
    except RaylthError as error:
        return Check(name, "fail", _one_line(str(error)))
    except Exception as error:
        return Check(name, "fail", _one_line(f"{type(error).__name__}: {error}"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
