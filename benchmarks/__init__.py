"""Measurements of this machine, apart from the package: `python -m benchmarks.training`."""

import os

# Before anything imports NumPy or torch, which read these once: the machine's own kernels, on one thread.
os.environ.pop("OPENBLAS_CORETYPE", None)
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
