"""The scoreboard: every reading of every claim with its effect and verdict, and Holm's correction across them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.claims.effect import Effect, average_effect, weakest_effect
from analysis.claims.pairs import Row, pairs_of, rows_of
from analysis.claims.statements import Claim, Reading, known_claims
from analysis.evidence import Evidence
from analysis.quantities import QUANTITIES
from analysis.quantities.catalogue import Unit

Verdict = Literal["supported", "contradicted", "inconclusive", "not measured"]
ALPHA = 0.05


@dataclass(frozen=True)
class Finding:
    """What evidence says of one reading of a claim.

    `p` is corrected by Holm's method for all findings of a scoreboard; None where only a direction is known.
    """

    claim: Claim
    reading: str
    effect: Effect | None
    p: float | None
    verdict: Verdict

    @property
    def test(self) -> Reading:
        """How it was tested."""
        return self.claim.readings[self.reading]

    @property
    def unit(self) -> Unit:
        """Unit of the effect, for people."""
        return QUANTITIES[self.test.quantity].unit


@dataclass(frozen=True)
class Scoreboard:
    """All findings, in the order of the paper; `source` is whose evidence it was."""

    source: str
    findings: tuple[Finding, ...]

    def count(self, verdict: Verdict) -> int:
        """How many findings have this verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)


def judge(evidence: Evidence, claims: Sequence[Claim] | None = None) -> Scoreboard:
    """Test every reading of every claim (all known ones, unless some are named) on a run, or on published numbers.

    At least three initialisations are needed for a verdict. Published numbers without a spread give a direction only,
    which is judged by its sign and marked so.
    """
    readings = [(claim, name) for claim in claims or known_claims() for name in claim.readings]
    rows = {q: rows_of(evidence.of(q)) for q in {claim.readings[name].quantity for claim, name in readings}}
    effects = [_effect(claim.readings[name], rows) for claim, name in readings]
    corrected = holm([effect.p if effect else None for effect in effects])
    return Scoreboard(
        evidence.name,
        tuple(
            Finding(claim, name, effect, p, _verdict(effect, p))
            for (claim, name), effect, p in zip(readings, effects, corrected, strict=True)
        ),
    )


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction (1979) of those p-values that there are.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(ps) if p is not None)
    corrected: list[float | None] = [None] * len(ps)
    highest = 0.0
    for rank, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        corrected[place] = highest
    return corrected


def _effect(reading: Reading, rows: Mapping[str, list[Row]]) -> Effect | None:
    pairs = pairs_of(reading, rows[reading.quantity])
    if not pairs:
        return None
    return average_effect(pairs) if reading.holds == "on average" else weakest_effect(pairs)


def _verdict(effect: Effect | None, p: float | None) -> Verdict:
    if effect is None:
        return "not measured"
    if effect.basis == "direction" and effect.mean != 0:
        return "supported" if effect.mean > 0 else "contradicted"
    if p is None or p >= ALPHA or effect.mean == 0:
        return "inconclusive"
    return "supported" if effect.mean > 0 else "contradicted"
