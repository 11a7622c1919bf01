"""What analysis can explain to a person in one sentence; the command line answers with exit code 2."""


class AnalysisError(Exception):
    """A run cannot be read, or what was asked of it makes no sense."""
