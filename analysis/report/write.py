"""Writing the report: whole or not at all."""

import os
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.report.page import report_html
from analysis.run import Run


def write_report(run: Run, path: Path) -> None:
    """Write the report of a run to a file, which is replaced at once when the whole report is there.

    Raises:
        AnalysisError: the file cannot be written.
    """
    if path.is_dir():
        raise AnalysisError(f"{path} is a folder; name a file for the report, such as {path / 'report.html'}.")
    _replace(path, report_html(run))


def _replace(path: Path, text: str) -> None:
    # In the same folder, because a rename is only atomic within one file system.
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        raise AnalysisError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)
