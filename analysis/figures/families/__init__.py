"""The figures, a file per family."""
