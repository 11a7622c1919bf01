"""From a sweep spec to a plan: trials, trajectories and lines with their keys, and what they will cost."""

from raylth.planning.plan import Plan, PlannedLine, SiblingGroup, Trial, make_plan

__all__ = ["Plan", "PlannedLine", "SiblingGroup", "Trial", "make_plan"]
