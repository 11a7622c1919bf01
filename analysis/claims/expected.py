"""The verdicts that the paper's own tables must get, with the reasons: a check that is built in."""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

from analysis.claims.judge import Scoreboard
from analysis.claims.statements import Part


class Expected(Part):
    """What a reading of a claim must come to, and the numbers of the paper that make it so."""

    verdict: Literal["supported", "contradicted", "inconclusive"]
    why: str


@cache
def expected_of_the_paper() -> dict[str, Expected]:
    """By `claim/reading`; what is missing is expected not to be measured."""
    text = files("analysis.claims").joinpath("expected.yaml").read_text(encoding="utf-8")
    return {name: Expected.model_validate(expected) for name, expected in yaml.safe_load(text).items()}


def unexpected(scoreboard: Scoreboard) -> list[str]:
    """What is not as expected in a scoreboard of the paper's tables, a line each."""
    known = expected_of_the_paper()
    found = {f"{finding.claim.id}/{finding.reading}": finding.verdict for finding in scoreboard.findings}
    wanted = {name: known[name].verdict if name in known else "not measured" for name in found}
    lines = [
        f"{name} is {found[name]}, and {wanted[name]} was expected" for name in found if found[name] != wanted[name]
    ]
    return [*lines, *(f"{name} is no claim" for name in known if name not in found)]
