"""The claims as rows of a table for people: verdicts by word and shape, effects with their intervals."""

from dataclasses import dataclass

from analysis.claims import Finding, Scoreboard
from analysis.claims.sentences import basis_text, effect_text

SHAPES = {"supported": "▲", "contradicted": "▼", "inconclusive": "○", "not measured": "-"}


@dataclass(frozen=True)
class ScoreRow:
    """One reading of a claim; `order` and `effect_order` are what its columns sort by."""

    claim: str
    section: str
    statement: str
    reading: str
    verdict: str
    shape: str
    order: int
    effect: str
    effect_order: float | None
    p: str
    p_order: float | None
    basis: str


def score_rows(scoreboard: Scoreboard) -> tuple[ScoreRow, ...]:
    """All findings, in the order of the paper."""
    return tuple(map(_row, scoreboard.findings))


def _row(finding: Finding) -> ScoreRow:
    effect, verdict = finding.effect, finding.verdict
    return ScoreRow(
        claim=finding.claim.id,
        section=finding.claim.section,
        statement=finding.claim.statement,
        reading=finding.reading,
        verdict=verdict,
        shape=SHAPES[verdict],
        order=list(SHAPES).index(verdict),
        effect=effect_text(finding),
        effect_order=effect.mean if effect else None,
        p=_p(finding.p),
        p_order=finding.p,
        basis=basis_text(finding),
    )


def _p(p: float | None) -> str:
    if p is None:
        return "-"
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"
