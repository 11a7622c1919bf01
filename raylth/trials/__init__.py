"""Trials: what one process of a sweep makes sure of, from its plan to its rows."""
