"""Heuristics: the best sellers, overall and by age band."""

import numpy as np
import pandas as pd

from models_py import columns
from models_py.frames import Frames, IntArray
from models_py.ranking import LIST_LENGTH, merge_lists


def best_sellers(frames: Frames, overall: IntArray) -> IntArray:
    """The same list for everyone: the seed's baseline.

    Parameters
    ----------
    frames
        The window's customers.
    overall
        (>= 12,) article keys, best seller first.

    Returns
    -------
    int64 array
        (n_customers, 12) article keys, best first.
    """
    return np.tile(overall[:LIST_LENGTH], (len(frames.customers), 1))


def best_sellers_of_age_band(frames: Frames, overall: IntArray) -> IntArray:
    """The best sellers of each customer's age band, filled up with the overall ones.

    Parameters and returns are those of `best_sellers`.
    """
    by_band = {
        band: rows.sort_values("source_rank")[columns.ARTICLE].to_numpy(np.int64)
        for band, rows in frames.popular.groupby(columns.AGE_BAND)
    }
    bands = pd.Categorical(frames.customers[columns.AGE_BAND])
    lists = np.stack(
        [
            merge_lists(by_band.get(band, overall)[None, :LIST_LENGTH], overall)[0]
            for band in bands.categories
        ]
        or [overall[:LIST_LENGTH]]
    )
    return np.asarray(lists[bands.codes], np.int64)
