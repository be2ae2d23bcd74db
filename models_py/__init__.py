"""Trains, evaluates and exports on the tables that dbt builds."""

import os

__version__ = "0.1.0"

# Before LightGBM is loaded: its two threads are to sleep while they wait for each other. Where
# another process has a core, threads that spin wait for each other.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
