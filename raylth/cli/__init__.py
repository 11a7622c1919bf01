"""The command line: a thin door to the three floors. Bad input ends with one sentence and exit code 2."""

import sys

from analysis.errors import AnalysisError
from raylth.errors import BadInput, RaylthError

BAD_INPUT, FAILURE = 2, 1


def main() -> None:
    """Entry point of the console script `raylth`."""
    # Imported here, so that a mistake in the installation is reported by the same rules as any other.
    from raylth.cli.app import app

    try:
        app()
    except (BadInput, AnalysisError) as error:
        _complain(str(error))
        sys.exit(BAD_INPUT)
    except RaylthError as error:
        _complain(str(error))
        sys.exit(FAILURE)


def _complain(message: str) -> None:
    print(f"raylth: {message}", file=sys.stderr)
