"""From a sweep spec to a plan: trials, trajectories and evaluations with their keys, and what they will cost."""

from raylth.planning.plan import Plan, make_plan

__all__ = ["Plan", "make_plan"]
