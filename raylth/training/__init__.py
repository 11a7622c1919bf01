"""Training: the loop, evaluation, and the workbench that turns trajectories into states."""
