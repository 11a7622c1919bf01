"""The base of every part of a spec."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Immutable, unknown keys refused, no silent type conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
