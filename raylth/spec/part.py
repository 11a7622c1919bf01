"""The base of every part of a spec."""

from pydantic import BaseModel, ConfigDict

Scalar = str | int | float | bool | None
"""One value of a key, as YAML has it."""


class Part(BaseModel):
    """Immutable, unknown keys refused, no silent type conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
