"""Numbers as people read them: time spans, counts and dates. Light, for every command imports it."""

from collections.abc import Iterable
from datetime import UTC, datetime


def duration(seconds: float) -> str:
    """A time span: `42 s`, `3 min 10 s`, `5 h 20 min`, `2 d 4 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def count(number: float, noun: str, nouns: str = "") -> str:
    """A number of things: `1 trial`, `1,200 epochs`."""
    return f"{number:,.0f} {noun if number == 1 else nouns or f'{noun}s'}"


def moment(timestamp: float) -> str:
    """A time in UTC: `2026-03-01 12:30 UTC`."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")


def listed(words: Iterable[str]) -> str:
    """Words with commas, and `and` before the last.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last
