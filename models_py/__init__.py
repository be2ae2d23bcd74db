"""Trains, evaluates and exports on the tables that dbt builds."""

import os

__version__ = "0.1.0"

# Before LightGBM is loaded: its threads are to sleep, not spin, while they wait for each other,
# since another process may need the core.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
