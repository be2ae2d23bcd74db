"""Whether a run is good enough to take the place of the published one."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_py.evaluation import MIN_CUSTOMERS, evaluate

# Behind each interval, whatever --n-bootstrap says: a decision should not hang on a few draws.
N_BOOTSTRAP = 1000

KEYS = ["window_id", "customer_key"]
OF_CHOSEN = " on the windows that had past buyers enough to choose by"


@dataclass(frozen=True)
class Comparison:
    """How a run compares with something else, on the same windows and customers.

    Attributes
    ----------
    against
        What it is compared with, in words.
    n_windows, n_customers
        What both have scored: windows, and different customers in them.
    difference, low, high
        MAP@12 of the run minus that of the other, mean over the windows, and its 95 % interval.
    """

    against: str
    n_windows: int
    n_customers: int
    difference: float
    low: float
    high: float

    @property
    def is_worse(self) -> bool:
        """Whether the run is worse by more than the noise: all of the interval is below zero."""
        return self.n_customers >= MIN_CUSTOMERS and self.high < 0

    def __str__(self) -> str:
        verdict = (
            "worse than"
            if self.is_worse
            else "too few customers to compare with"
            if self.n_customers < MIN_CUSTOMERS
            else "not worse than"
        )
        return (
            f"{verdict} {self.against} (MAP@12 {self.difference:+.4f} [{self.low:+.4f}, "
            f"{self.high:+.4f}], {self.n_windows} window{'' if self.n_windows == 1 else 's'}, "
            f"{self.n_customers:,} customers)"
        )


@dataclass(frozen=True)
class Decision:
    """What the gate says of a run.

    Attributes
    ----------
    comparisons
        With the baseline and with the last published run, as far as there is something to compare.
    is_unlike_published
        Whether there is a published run with which nothing could be compared.
    """

    comparisons: list[Comparison]
    is_unlike_published: bool = False

    @property
    def is_worse(self) -> bool:
        """Whether the run should not be published."""
        return any(comparison.is_worse for comparison in self.comparisons)

    def __str__(self) -> str:
        if not self.comparisons:
            return "nothing was checked, as no past window was scored"
        worse = [comparison for comparison in self.comparisons if comparison.is_worse]
        said = [str(comparison) for comparison in worse or self.comparisons]
        if self.is_unlike_published and not worse:
            said.append(
                "not compared with the last published run, which has no window and customer in "
                "common with this one"
            )
        return "; ".join(said)


def decide(
    scores: pd.DataFrame,
    published: pd.DataFrame,
    exported: str,
    baseline: str,
    by_default: Collection[int] = (),
    has_published: bool = False,
) -> Decision:
    """Compare what would be exported with the baseline, and with what is published.

    Parameters
    ----------
    scores
        What `Runner.run` returns: window_id, customer_key, system, ap.
    published
        The scores of the last published run: window_id and customer_key of this build, ap. No rows
        where there is none, or none on the same windows.
    exported, baseline
        The systems of `scores` that are compared.
    by_default
        Windows that had nothing to choose on, 0 among them where that is so of what is exported.
        Where it has chosen, these say nothing of it, and the others alone are judged, if they have
        customers enough: a window that chose in the last run can have nothing to choose on in this
        one, which begins a week later.
    has_published
        Whether there is a published run.
    """
    chosen = scores[~scores["window_id"].isin(list(by_default))]
    is_chosen = 0 not in by_default and len(chosen) < len(scores)

    def judge(theirs: pd.DataFrame, name: str, where: str) -> Comparison | None:
        if is_chosen:
            found = compare(_of(chosen, exported), theirs, f"{name}{OF_CHOSEN}")
            if found is not None and found.n_customers >= MIN_CUSTOMERS:
                return found
        return compare(_of(scores, exported), theirs, f"{name}{where}")

    with_baseline = judge(_of(scores, baseline), "the baseline", "")
    with_published = judge(published, "the last published run", " on the same windows")
    found = [one for one in (with_baseline, with_published) if one is not None]
    return Decision(found, has_published and with_published is None)


def _of(scores: pd.DataFrame, system: str) -> pd.DataFrame:
    return scores.loc[scores["system"] == system, [*KEYS, "ap"]]


def compare(ours: pd.DataFrame, theirs: pd.DataFrame, against: str) -> Comparison | None:
    """Paired comparison on the windows and customers that both have scored; None if there are none.

    Parameters
    ----------
    ours, theirs
        window_id, customer_key, and the average precision `ap`; one row a window and customer, in
        any order.
    against
        What `theirs` is, in words.
    """
    if ours.empty or theirs.empty:
        return None
    both = ours.merge(theirs, on=KEYS, suffixes=("", "_theirs"))
    if both.empty:
        return None
    keys = both[KEYS].astype(np.int64)
    ap = pd.concat(
        [
            keys.assign(system="theirs", ap=both["ap_theirs"]),
            keys.assign(system="ours", ap=both["ap"]),
        ],
        ignore_index=True,
    )
    table = evaluate(ap, keys, baseline="theirs", n_bootstrap=N_BOOTSTRAP)
    row = table[(table["system"] == "ours") & table["window_id"].isna()].iloc[0]
    return Comparison(
        against,
        both["window_id"].nunique(),
        int(row["n_customers"]),
        float(row["difference"]),
        float(row["difference_low"]),
        float(row["difference_high"]),
    )
