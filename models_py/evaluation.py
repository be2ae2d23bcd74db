"""Compare systems by MAP@12: per window and slice, with paired bootstrap intervals."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

AP_COLUMNS = ["window_id", "customer_key", "system", "ap"]
OUTPUT_COLUMNS = [
    "window_id",
    "system",
    "slice_kind",
    "slice_value",
    "n_customers",
    "map_at_12",
    "map_at_12_low",
    "map_at_12_high",
    "difference",
    "difference_low",
    "difference_high",
]
INTERVAL = (2.5, 97.5)
# The interval of fewer customers is too narrow to say anything: none is published, and the gate
# decides nothing on it.
MIN_CUSTOMERS = 30
# Replicates drawn at a time: bounds memory. Another number draws other weights.
BLOCK = 64
# Within the bootstrap an AP is a whole number of these steps. Every product and sum is then a
# whole number below 2**53 (up to 8 million customers), so exact in float64: the result can't
# depend on the order of the sum, the number of threads or the linear algebra library.
AP_STEPS = 2.0**30
# Multiplications of one matrix product: few enough that OpenBLAS takes one thread. With two on a
# busy machine they wait for each other: fifteen times as long was seen.
PRODUCT_SIZE = 2**18


def evaluate(
    ap: pd.DataFrame,
    slices: pd.DataFrame,
    baseline: str = "baseline",
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """MAP@12 of each system, its difference from the baseline, and 95 % intervals of both.

    The interval is Efron's percentile interval (Efron, "Nonparametric standard errors and
    confidence intervals", 1981) over a Poisson bootstrap (Chamandy et al., "Estimating
    uncertainty for massive data streams", Google, 2012): a replicate gives each customer a
    Poisson(1) weight. The weight is the customer's, the same in all windows, systems and
    slices: a customer's weeks are not independent, and a difference is taken between systems
    on the same customers. It says how much the figures owe to which customers came; that the
    next week may differ from the past ones is not in it. Over a handful of customers it is too
    narrow, and may have no width: see `without_narrow_intervals`.

    Parameters
    ----------
    ap : DataFrame
        One row per window, customer and system, in any order: `window_id` and `customer_key`
        (integers), `system` (text), `ap` (float in [0, 1]). In a window, each system scored
        the same customers.
    slices : DataFrame
        One row per window and customer: `window_id`, `customer_key`, and a text column for each
        kind of slice. Customers who are not in `ap` are ignored.
    baseline : str
        The system that the others are compared with.
    n_bootstrap : int
        Number of replicates.
    seed : int
        Seed of the weights. They are drawn for the customers of `ap` in ascending order of
        `customer_key`, so the same rows in another order give the same numbers.

    Returns
    -------
    DataFrame
        One row per system, window, slice kind and slice value that has customers; the columns
        of OUTPUT_COLUMNS. `window_id` is Int64, and <NA> for the mean over the windows in which
        the slice has customers, each window with equal weight; `n_customers` of that row counts
        a customer once however many windows they are in. The slice kind 'all' has the one value
        'all'. Rows are ordered by system (first appearance in `ap`), window (ascending, the mean
        last), slice kind ('all', then the columns of `slices`) and slice value (text order, or
        the order of the categories of a categorical column). A replicate in which nobody of a
        slice has weight is left out of its interval, which is NaN if none remains.

    Raises
    ------
    ValueError
        A column that is missing or of another kind, a row given twice, a system that did not
        score the customers that others scored in a window, an AP outside [0, 1], a customer
        without slice, or a baseline that is not among the systems.
    """
    if n_bootstrap < 1:
        raise ValueError(f"n_bootstrap must be 1 or more, got {n_bootstrap}")
    _check_columns("ap", ap, AP_COLUMNS)
    _check_columns("slices", slices, ["window_id", "customer_key"])
    systems, windows, customers, pair, score = _score_table(ap)
    if baseline not in systems:
        raise ValueError(f"no baseline {baseline!r} among the systems {', '.join(systems)}")
    window, customer = np.divmod(pair, len(customers))
    codes = _slice_codes(slices, windows, customers, pair)

    # A group is the rows of `score` of one window and slice; (kind, value) names a slice.
    groups: dict[tuple[str, str], dict[int, IntArray]] = {}
    for kind, (values, code) in codes.items():
        for v, value in enumerate(values):
            members = np.flatnonzero(code == v)
            ends = np.searchsorted(window[members], np.arange(len(windows) + 1))
            rows = {w: members[ends[w] : ends[w + 1]] for w in range(len(windows))}
            groups[kind, value] = {w: r for w, r in rows.items() if len(r)}
    ordered = [(name, w, r) for name, by_window in groups.items() for w, r in by_window.items()]
    place = {(name, w): g for g, (name, w, _) in enumerate(ordered)}

    estimate = np.array([score[rows].mean(axis=0) for _, _, rows in ordered])
    replicates = _replicates(
        score, customer, [rows for _, _, rows in ordered], len(customers), n_bootstrap, seed
    )
    at = systems.index(baseline)
    tables: dict[tuple[int | None, tuple[str, str]], tuple[int, list[FloatArray]]] = {}
    for name, by_window in groups.items():
        own = [place[name, w] for w in by_window]
        for w, g in zip(by_window, own, strict=True):
            tables[w, name] = (len(by_window[w]), _summary(estimate[g], replicates[g], at))
        members = np.concatenate(list(by_window.values()))
        tables[None, name] = (
            len(np.unique(customer[members])),
            # A replicate that lacks a window is left out (NaN): its mean would be of another
            # set of windows than the estimate.
            _summary(estimate[own].mean(axis=0), replicates[own].mean(axis=0), at),
        )

    records = [
        (None if w is None else int(windows[w]), system, *name, tables[w, name][0])
        + tuple(figure[s] for figure in tables[w, name][1])
        for s, system in enumerate(systems)
        for w in (*range(len(windows)), None)
        for name in groups
        if (w, name) in tables
    ]
    result = pd.DataFrame.from_records(records, columns=OUTPUT_COLUMNS)
    return result.astype({"window_id": "Int64", "n_customers": "int64"})


def without_narrow_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """What `evaluate` returned, but NaN as the intervals of fewer than MIN_CUSTOMERS."""
    ends = [name for name in OUTPUT_COLUMNS if name.endswith(("_low", "_high"))]
    found = table.copy()
    found.loc[found["n_customers"] < MIN_CUSTOMERS, ends] = np.nan
    return found


def _summary(estimate: FloatArray, replicates: FloatArray, baseline: int) -> list[FloatArray]:
    """MAP, low, high, difference, low, high: each of shape (systems,).

    `estimate` has shape (systems,), `replicates` (systems, n_bootstrap).
    """
    figures = []
    for value, drawn in (
        (estimate, replicates),
        (estimate - estimate[baseline], replicates - replicates[baseline]),
    ):
        # Whether a replicate is missing depends on the customers alone: the same for all systems.
        present = drawn[:, ~np.isnan(drawn[0])]
        if present.shape[1]:
            low, high = np.percentile(present, INTERVAL, axis=1)
        else:
            low = high = np.full(len(value), np.nan)
        figures += [value, low, high]
    return figures


def _replicates(
    score: FloatArray,
    customer: IntArray,
    groups: list[IntArray],
    n_customers: int,
    n_bootstrap: int,
    seed: int,
) -> FloatArray:
    """Weighted means, shape (groups, systems, n_bootstrap); NaN where nobody has weight."""
    # The column of ones becomes the sum of the weights.
    steps = np.column_stack([np.rint(score * AP_STEPS), np.ones(len(score))])
    longest = max(1, PRODUCT_SIZE // (steps.shape[1] * BLOCK))
    stacks = []
    for rows in groups:
        n_rows = min(longest, len(rows))
        n_products = -(-len(rows) // n_rows)
        # Filled up with customer 0 at zero steps, which adds nothing.
        members = np.zeros(n_products * n_rows, dtype=np.int64)
        members[: len(rows)] = customer[rows]
        filled = np.zeros((len(members), steps.shape[1]))
        filled[: len(rows)] = steps[rows]
        stack = filled.reshape(n_products, n_rows, -1).transpose(0, 2, 1)
        stacks.append((np.ascontiguousarray(stack), members.reshape(n_products, n_rows)))
    mean = np.empty((len(groups), score.shape[1], n_bootstrap))
    start = 0
    for weight in _weight_blocks(n_customers, n_bootstrap, seed):
        stop = start + weight.shape[1]
        for g, (stack, members) in enumerate(stacks):
            total = (stack @ weight[members].astype(np.float64)).sum(axis=0)
            with np.errstate(invalid="ignore"):
                mean[g, :, start:stop] = total[:-1] / total[-1] / AP_STEPS
        start = stop
    return mean


def _weight_blocks(
    n_customers: int, n_bootstrap: int, seed: int
) -> Iterator[npt.NDArray[np.uint8]]:
    """Poisson(1) weights, shape (n_customers, <= BLOCK), until n_bootstrap replicates are drawn.

    Inverse of the distribution function on 16 random bits: each probability is right to
    1 / 65,536, and it is several times faster than Generator.poisson. The raw stream of PCG64
    is what NumPy promises to keep; those of Generator's methods may change.
    """
    probability = np.exp(-1.0) / np.cumprod([1.0, *range(1, 12)])
    share = np.cumsum(probability)
    weight_of = np.searchsorted(share, (np.arange(65_536) + 0.5) / 65_536).astype(np.uint8)
    stream = np.random.PCG64(seed)
    for start in range(0, n_bootstrap, BLOCK):
        # The whole block even where fewer are wanted: more replicates begin with the same ones.
        bits = stream.random_raw(n_customers * BLOCK // 4).astype("<u8", copy=False).view("<u2")
        yield weight_of[bits.reshape(n_customers, BLOCK)[:, : n_bootstrap - start]]


def _score_table(
    ap: pd.DataFrame,
) -> tuple[list[str], IntArray, IntArray, IntArray, FloatArray]:
    """Systems, windows, customers, pairs and scores, the last of shape (pairs, systems).

    A pair is window code * number of customers + customer code, ascending; codes follow the
    order of the keys.
    """
    if ap.empty:
        raise ValueError("ap has no rows")
    if ap["system"].isna().any():
        raise ValueError("ap.system has missing values")
    system, names = pd.factorize(ap["system"])
    systems = [str(name) for name in names]
    windows, window = np.unique(_integers("ap", ap, "window_id"), return_inverse=True)
    customers, customer = np.unique(_integers("ap", ap, "customer_key"), return_inverse=True)
    value = ap["ap"].to_numpy(dtype=np.float64, na_value=np.nan)

    # NaN fails the comparison too.
    wrong = np.flatnonzero(~((value >= 0) & (value <= 1)))
    if len(wrong):
        i = wrong[0]
        raise ValueError(
            f"ap.ap must be in [0, 1], got {value[i]} for system {systems[system[i]]!r} in window "
            f"{windows[window[i]]}: customer {customers[customer[i]]} ({len(wrong)} such rows)"
        )
    scored = window * len(customers) + customer
    pair, at = np.unique(scored, return_inverse=True)
    cell = at * len(systems) + system
    n_rows = np.bincount(cell, minlength=len(pair) * len(systems))
    for wrong, what in (
        (np.flatnonzero(n_rows > 1), "scored a customer twice"),
        (np.flatnonzero(n_rows == 0), "did not score a customer that another system scored"),
    ):
        if len(wrong):
            i, s = divmod(int(wrong[0]), len(systems))
            w, c = divmod(int(pair[i]), len(customers))
            raise ValueError(
                f"system {systems[s]!r} {what} in window {windows[w]}: customer {customers[c]} "
                f"({len(wrong)} such cases)"
            )
    score = np.empty(len(cell))
    score[cell] = value
    return systems, windows, customers, pair, score.reshape(len(pair), len(systems))


def _slice_codes(
    slices: pd.DataFrame, windows: IntArray, customers: IntArray, pair: IntArray
) -> dict[str, tuple[list[str], npt.NDArray[np.integer[Any]]]]:
    """For each kind the values and the code of each pair's value, 'all' first."""
    kinds = [str(name) for name in slices.columns if name not in ("window_id", "customer_key")]
    if "all" in kinds:
        raise ValueError("slices must have no column 'all': it names the slice of everyone")
    window, is_window = _code(windows, _integers("slices", slices, "window_id"))
    customer, is_customer = _code(customers, _integers("slices", slices, "customer_key"))
    given = window * len(customers) + customer
    used = np.flatnonzero(is_window & is_customer)
    used = used[np.argsort(given[used], kind="stable")]
    given = given[used]
    for wrong, what in (
        (given[1:][given[1:] == given[:-1]], "has two rows"),
        (np.setdiff1d(pair, given), "has no row"),
    ):
        if len(wrong):
            w, c = divmod(int(wrong[0]), len(customers))
            raise ValueError(
                f"slices {what} for customer {customers[c]} in window {windows[w]} "
                f"({len(wrong)} such customers)"
            )

    codes: dict[str, tuple[list[str], npt.NDArray[np.integer[Any]]]] = {
        "all": (["all"], np.zeros(len(pair), dtype=np.int8))
    }
    for kind in kinds:
        values = pd.Categorical(slices[kind].iloc[used])
        n_missing = int((values.codes < 0).sum())
        if n_missing:
            raise ValueError(f"slices.{kind} is missing for {n_missing} customers")
        texts = list(values.categories)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError(f"slices.{kind} must be text, got {values.categories.dtype}")
        occurring = np.unique(values.codes)
        codes[kind] = ([texts[v] for v in occurring], np.searchsorted(occurring, values.codes))
    return codes


def _code(known: IntArray, keys: IntArray) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Place of each key in the ascending `known`, and whether it is there at all."""
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return place, known[place] == keys


def _check_columns(frame: str, data: pd.DataFrame, wanted: list[str]) -> None:
    missing = [name for name in wanted if name not in data.columns]
    if missing:
        raise ValueError(f"{frame} lacks {', '.join(missing)}; it has {', '.join(data.columns)}")


def _integers(frame: str, data: pd.DataFrame, column: str) -> IntArray:
    values = data[column]
    if not pd.api.types.is_integer_dtype(values.dtype):
        raise ValueError(f"{frame}.{column} must hold integers, got {values.dtype}")
    if values.isna().any():
        raise ValueError(f"{frame}.{column} has missing values")
    return values.to_numpy(dtype=np.int64)
