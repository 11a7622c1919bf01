"""Kinds of values in a spec: ranges, and the small rules that one value must keep by itself."""

import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

T = TypeVar("T")

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def _folder_name(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name):
        allowed = "must be 1 to 64 letters, digits, dots, dashes or underscores, the first a letter or a digit"
        raise PydanticCustomError("rule", allowed)
    return name


def odd(points: int) -> int:
    """Refuse an even number of points."""
    if points % 2 == 0:
        raise PydanticCustomError("rule", "must be odd, so that alpha = 0.5 is one of the points")
    return points


def whole_above_one(share: float | str) -> float | str:
    """Refuse 1.5 of a resource."""
    if not isinstance(share, str) and share > 1 and share != int(share):
        raise PydanticCustomError("rule", "must be a whole number if more than 1, because Ray hands out whole ones")
    return share


def not_blank(text: str) -> str:
    """Refuse text without a visible character."""
    if not text.strip():
        raise PydanticCustomError("rule", "must name a folder or a bucket")
    return text


def distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse a list with a value in it twice."""
    if len(set(values)) < len(values):
        raise PydanticCustomError("rule", "must not list a value twice")
    return values


Momentum = Annotated[float, Field(ge=0, lt=1)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Level = Annotated[int, Field(ge=0, le=100)]
PrunedLevel = Annotated[int, Field(ge=1, le=100)]
Name = Annotated[str, AfterValidator(_folder_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$"})]
