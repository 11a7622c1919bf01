"""What the paper claims, as data: `claims.yaml` read into types."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Value = bool | int | float | str


class Part(BaseModel):
    """Base of all parts of a claim: immutable, and no key unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(Part):
    """Values from `least` on and under `under`."""

    least: float = float("-inf")
    under: float = float("inf")


class End(Part):
    """The lowest or highest of the values there are, in a range."""

    pick: Literal["lowest", "highest"]
    least: float = float("-inf")
    under: float = float("inf")


Side = dict[str, End | Value]
"""Which rows make one side of a comparison, by column: a value, an end of those there are, or the best mean."""


class Reading(Part):
    """One way to test a claim: a comparison of two sides, or a side against a threshold.

    Attributes:
        quantity: what is compared, by its name in `analysis.quantities`.
        where: values or ranges of columns that rows must have.
        more: the side that the claim says is higher; for a threshold, the rows that must be under it.
        than: the side that the claim says is lower. Everything that neither side names is the same on both.
        below: the threshold.
        match: columns that may differ if another stays the same: `{lr: step_length}`.
        free: columns that may differ.
        holds: on average over the cells, or in every one of them.
    """

    quantity: str
    where: dict[str, Range | Value] = {}
    more: Side = {}
    than: Side | None = None
    below: float | None = None
    match: dict[str, str] = {}
    free: tuple[str, ...] = ()
    holds: Literal["on average", "in every cell"] = "on average"

    @model_validator(mode="after")
    def _is_one_test(self) -> "Reading":
        if (self.than is None) == (self.below is None):
            raise ValueError("a reading compares with `than` or with `below`, and not with both")
        return self


class Claim(Part):
    """A statement of the paper, in our words, and its readings by name."""

    id: str
    section: str
    statement: str
    readings: Annotated[dict[str, Reading], Field(min_length=1)]


@cache
def known_claims() -> tuple[Claim, ...]:
    """Every claim, in the order of the paper."""
    text = files("analysis.claims").joinpath("claims.yaml").read_text(encoding="utf-8")
    return tuple(Claim.model_validate(claim) for claim in yaml.safe_load(text))
