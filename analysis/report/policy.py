"""The Content-Security-Policy of the report: no network at all, and no script but those that it was written with."""

import base64
import hashlib
import re
from collections.abc import Iterable

SCRIPT = re.compile(r"<script[^>]*>(.*?)</script", re.DOTALL | re.IGNORECASE)


def content_policy(scripts: Iterable[str]) -> str:
    """A policy under which a page runs these inline scripts, and no others.

    Bokeh puts its own style sheets into the page, so inline styles are allowed.
    """
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def scripts_of(html: str) -> list[str]:
    """The texts of the script elements in some HTML."""
    return SCRIPT.findall(html)


def _digest(script: str) -> str:
    # What a browser reads, it reads with line feeds alone.
    seen = script.replace("\r\n", "\n").replace("\r", "\n")
    return base64.b64encode(hashlib.sha256(seen.encode()).digest()).decode()
