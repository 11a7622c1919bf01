"""Orchestration: turns a plan into Tune trials and evaluator actors. The only code that imports Ray; no science."""
