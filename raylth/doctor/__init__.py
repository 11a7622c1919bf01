"""Whether a machine is fit for sweeps: small measurements, one line each. Starts no Ray, prints nothing."""

from raylth.doctor.check import Check, Outcome
from raylth.doctor.examination import examine
from raylth.doctor.machine import agreement
from raylth.doctor.storage import marker

__all__ = ["Check", "Outcome", "agreement", "examine", "marker"]
