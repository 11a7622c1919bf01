"""Findings in words: effects with units, intervals, and the headline sentences of a report."""

from collections.abc import Iterator

from analysis.claims.effect import Effect
from analysis.claims.judge import Finding, Scoreboard, Verdict
from analysis.quantities.catalogue import Unit
from analysis.words import count

UNITS: dict[Unit, tuple[float, int, str]] = {
    "%": (100, 2, " points"),
    "events": (1, 2, " events"),
    "epochs": (1, 1, " epochs"),
    "": (1, 4, ""),
}
"""Factor, decimals and name of each unit; differences of percentages are points."""

BASES = {
    "paired": "paired over initialisations",
    "welch": "Welch, from published means",
    "direction": "direction only: no spread was published",
    "too few inits": "fewer than three initialisations",
}


def effect_text(finding: Finding) -> str:
    """The effect with its interval: `+26.47 points (95%: 11.20 to 41.74)`; empty where nothing was measured."""
    effect = finding.effect
    if effect is None:
        return ""
    factor, decimals, unit = UNITS[finding.unit]
    text = f"{factor * effect.mean:+.{decimals}f}{unit}"
    if effect.low is None or effect.high is None:
        return text
    return f"{text} (95%: {factor * effect.low:.{decimals}f} to {factor * effect.high:.{decimals}f})"


def basis_text(finding: Finding) -> str:
    """How an effect was found, on how many initialisations and cells."""
    effect = finding.effect
    if effect is None:
        return "this was not run"
    inits = "" if effect.inits is None else f", {count(effect.inits, 'init')}"
    return f"{BASES[effect.basis]}{inits}, {_cells(effect)}"


def headlines(scoreboard: Scoreboard, most: int = 6) -> tuple[str, ...]:
    """The findings that a reader should know first, surest first, each a sentence; none where nothing is sure."""
    sure = [f for f in scoreboard.findings if f.verdict in ("supported", "contradicted")]
    sure.sort(key=lambda finding: (finding.p is None, finding.p or 0.0))
    first_of_claim = {finding.claim.id: finding for finding in reversed(sure)}
    kept = [finding for finding in sure if first_of_claim[finding.claim.id] is finding]
    return tuple(headline(finding) for finding in kept[:most])


def headline(finding: Finding) -> str:
    """One finding as a sentence."""
    verdict = "Supported" if finding.verdict == "supported" else "Contradicted"
    statement = finding.claim.statement.rstrip(".")
    return f"{verdict}: {statement} ({finding.reading}: {effect_text(finding)}; {basis_text(finding)})."


def tally(scoreboard: Scoreboard) -> str:
    """How many findings have which verdict: `3 supported, 1 contradicted, ...`."""
    return ", ".join(f"{scoreboard.count(verdict)} {verdict}" for verdict in _verdicts())


def _verdicts() -> Iterator[Verdict]:
    yield from ("supported", "contradicted", "inconclusive", "not measured")


def _cells(effect: Effect) -> str:
    return f"as claimed in {effect.as_claimed} of {count(effect.cells, 'cell')}"
