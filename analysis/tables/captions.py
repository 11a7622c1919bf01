"""What a caption says of the numbers: what the deviation is, and over how many."""

from collections import Counter
from collections.abc import Iterable

from analysis.spread import Spread

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def spread_note(spreads: Iterable[Spread], ddof: int = 1) -> str:
    """A sentence on the spreads over initialisations of a table."""
    known = [spread for spread in spreads if spread.mean is not None and spread.over == "inits"]
    counts = _counts(known)
    if not counts:
        return ""
    usual = counts.most_common(1)[0][0]
    if usual == 1 and len(counts) == 1:
        return "One initialisation per cell: no spread." if _by_init(known) else "No spread is stated."
    others = ", except where n says otherwise" if len(counts) > 1 else ""
    if usual == 1:
        return f"Mean ± standard deviation (ddof {ddof}) over initialisations; one{others}."
    return f"Mean ± standard deviation (ddof {ddof}) over {count_text(usual)}{others}."


def usual_count(spreads: Iterable[Spread]) -> int | None:
    """How many initialisations most spreads have."""
    counts = _counts(spreads)
    return counts.most_common(1)[0][0] if counts else None


def count_text(count: int) -> str:
    """`three initialisations`."""
    number = WORDS[count] if count < len(WORDS) else str(count)
    return f"{number} initialisation{'' if count == 1 else 's'}"


def _by_init(spreads: Iterable[Spread]) -> bool:
    """Whether they were measured, and not printed by others."""
    return any(spread.by_init for spread in spreads)


def _counts(spreads: Iterable[Spread]) -> Counter[int]:
    counts = Counter(spread.n for spread in spreads if spread.mean is not None and spread.over == "inits")
    # The highest count first among equally frequent ones.
    return Counter(dict(sorted(counts.items(), reverse=True)))
