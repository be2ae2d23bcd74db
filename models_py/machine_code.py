"""A ranker's trees as machine code (lleaves, LLVM): the same scores for less time."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models_py import database
from models_py.frames import Pairs
from models_py.ranker import Ranker

try:
    import lleaves
except ImportError:  # there is none for this Python: LightGBM scores
    lleaves = None

# Candidates of a window from which on it pays: compiling takes some three seconds a model.
MIN_PAIRS = 8_000_000
# Rows that are given to it at a time, as doubles in the order of rows: what it needs, and takes
# three times as long to make of columns itself.
PART_ROWS = 50_000


def compiled(fitted: Ranker, variant: int, sample: Pairs) -> Ranker:
    """The ranker, with its first so many trees compiled; as it was where that can't be done.

    Parameters
    ----------
    fitted
        What `ranker.fit` returned.
    variant
        Place in its n_trees.
    sample
        Pairs on which the compiled trees have to give LightGBM's own scores, to the last bit;
        otherwise they are not used.
    """
    if lleaves is None:
        return fitted
    n_trees = fitted.n_trees[variant]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trees.txt"
        fitted.booster.save_model(path, num_iteration=n_trees)
        model = lleaves.Model(model_file=str(path))
        # All trees in one block: they are added up in LightGBM's order.
        model.compile(raw_score=True, fblocksize=n_trees)

    def score(pairs: Pairs) -> npt.NDArray[np.float64]:
        return np.concatenate(
            [np.zeros(0)]
            + [
                model.predict(
                    np.ascontiguousarray(pairs.features[start : start + PART_ROWS], np.float64),
                    n_jobs=database.n_threads(),
                )
                for start in range(0, len(pairs.features), PART_ROWS)
            ]
        )

    own = fitted.booster.predict(sample.features, num_iteration=n_trees, raw_score=True)
    if not np.array_equal(score(sample), np.asarray(own)):
        return fitted
    return replace(fitted, machine_code={variant: score})
