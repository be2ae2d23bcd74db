"""What holds for all tests: two processes run them, so each of them takes one thread."""

import os

for name in ("HM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
