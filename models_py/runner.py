"""Fits and scores past windows and the next days: what training and backtest have in common."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import duckdb
import numpy as np
import pandas as pd

from models_py import (
    blend,
    columns,
    database,
    export,
    machine_code,
    pair_reader,
    ranker,
    systems,
    two_stages,
    warehouse,
)
from models_py.blend import HeldLists
from models_py.evaluation import OUTPUT_COLUMNS, evaluate, without_narrow_intervals
from models_py.frames import Frames, IntArray, Pairs
from models_py.hybrid import Held
from models_py.least_squares import PENALTIES
from models_py.metrics import average_precision
from models_py.prefetch import prefetched
from models_py.progress import Progress
from models_py.ranker import N_LEAVES
from models_py.two_stages import VARIANTS, HeldWindow

EXPORTED = two_stages.BLEND
# Customers scored at a time, and their candidates: bounds memory, changes no result. So many bytes
# of what DuckDB may use are set aside for the joins of a candidate.
MAX_SHARD = 50_000
MAX_SHARD_PAIRS = 500_000
BYTES_A_PAIR = 3_000
# Pairs on which compiled trees are compared with the others.
SAMPLED_PAIRS = 5_000
# Blocks of neighbours in a sample of a window's customers.
HELD_BLOCKS = 8


@dataclass
class Plan:
    """Which windows are fitted, in which order, and on what.

    Attributes
    ----------
    scored
        Windows to fit, the oldest first; the later ones choose on what the earlier ones show.
    training
        By scored window, the windows it learns from.
    backtest
        The windows that are evaluated.
    tuning
        The windows that are older than any that can be: later ones choose on them.
    """

    scored: list[int]
    training: dict[int, list[int]]
    backtest: list[int]
    tuning: list[int]


def plan_windows(windows: pd.DataFrame, n_backtest: int | None = None) -> Plan:
    """Lay out the run: a window learns from as many right before it as are for training alone.

    Parameters
    ----------
    windows
        What `warehouse.read_windows` returns.
    n_backtest
        Plan a backtest alone, which evaluates the latest so many of the windows that can be;
        without it all of them are, and window 0 is scored.
    """
    # All but window 0 and those of the backtest.
    n_training = int((~windows["is_backtest"]).sum()) - 1
    there = windows[~windows["is_left_out"]]
    ids = [int(w) for w in there["window_id"]]
    backtest = [int(w) for w in there.loc[there["is_backtest"], "window_id"]]
    last = max(ids) if ids else 0
    furthest = min(max([0, *backtest]) + systems.N_TUNING_WINDOWS, last)
    scored = list(range(furthest, -1 if n_backtest is None else 0, -1))
    training = {w: list(range(w + 1, min(w + n_training, last) + 1)) for w in scored}
    # All are fitted, however few are evaluated: what a window is given is chosen on older ones.
    tuning = [w for w in scored if w > max([0, *backtest])]
    return Plan(scored, training, backtest[:n_backtest], tuning)


def most_pairs(connection: duckdb.DuckDBPyConnection) -> int:
    """Candidates that are read and scored at a time: fewer where DuckDB may use little memory."""
    return min(MAX_SHARD_PAIRS, database.memory_limit(connection) // BYTES_A_PAIR)


class Runner:
    """Fits and scores the planned windows, the oldest first."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        plan: Plan,
        grains: list[str],
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._grains = grains
        self._progress = progress
        self._names = [*systems.system_names(grains), *two_stages.NAMES]
        self._frames: dict[int, Frames] = {}
        self._pairs: dict[int, Pairs] = {}
        self._held: dict[int, Held] = {}
        self._held_lists: dict[int, HeldWindow] = {}
        self._for_everyone: dict[int, dict[str, IntArray]] = {}
        self._new_customers: dict[int, HeldLists] = {}
        # How many, and the window that chose it.
        self._leaves: tuple[int, list[int]] = (N_LEAVES[0], [])
        # What the tuning windows have in common, and its leaves.
        self._shared: tuple[two_stages.Fitted | None, int] = (None, N_LEAVES[0])
        # The ranker of the next window, where it is there already.
        self._fitted_ahead: dict[int, two_stages.Fitted | None] = {}
        self._scores: list[pd.DataFrame] = []
        self.submission_models: dict[str, str] = {}
        # Windows in which customers with history get what is usual, for want of past ones.
        self.by_default: set[int] = set()

    def run(self) -> pd.DataFrame:
        """Fit each window and write its lists; returns the average precision of each customer."""
        for window_id in self._plan.scored:
            fitted, fitted_ranker, choices = self._fit(window_id)
            self._let_go(window_id)
            if window_id in self._plan.backtest:
                self._progress.start(f"window {window_id}: scoring")
            if window_id == 0 or window_id in self._plan.backtest:
                self._score(window_id, fitted, fitted_ranker, choices)
        if not self._scores:
            return pd.DataFrame(columns=["window_id", "system", "customer_key", "ap"])
        return pd.concat(self._scores, ignore_index=True)

    def _fit(
        self, window_id: int
    ) -> tuple[systems.FittedWindow, two_stages.Fitted | None, two_stages.Choices]:
        """Fit and choose all that scores a window; keep what later windows choose on."""
        self._progress.start("the next days" if window_id == 0 else f"window {window_id}: fitting")
        connection, grains = self._connection, self._grains
        training = self._plan.training[window_id]
        for other in training:
            if other not in self._frames:
                self._frames[other] = warehouse.read_frames(connection, other, grains)
        pairs = self._read_training_pairs(window_id)
        best_sellers = two_stages.choose_best_sellers(
            {w: self._read_new_customers(w) for w in training}
        )
        if window_id > 0 and window_id not in self._frames:
            self._frames[window_id] = warehouse.read_frames(connection, window_id, grains)
        n_leaves, leaves_chosen_on = self._leaves
        to_choose_on = self._to_choose_on()
        held = {w: self._held_lists[w] for w in to_choose_on}
        held_of_twins = {w: self._held[w] for w in to_choose_on}
        classes = warehouse.read_classes(connection, window_id)

        def fit_twins(windows: list[int]) -> systems.FittedWindow:
            frames = [self._frames[w] for w in windows]
            return systems.fit_window(frames, classes, grains, held_of_twins)

        def choose(has_ranker: bool) -> two_stages.Choices:
            return two_stages.choose(held, has_ranker, n_leaves, best_sellers)

        if window_id > 0:
            # Beside each other: the twins take one processor, and the ranker not all of the others.
            with ThreadPoolExecutor(max_workers=1) as pool:
                twins = pool.submit(fit_twins, training)
                fitted_ranker = self._fit_ranker(window_id)
                # The next one can't be fitted before this window has chosen the size of its trees.
                if fitted_ranker is None or not self._is_choosing_leaves(pairs):
                    self._fit_ahead(window_id)
                fitted = twins.result()
            choices = choose(fitted_ranker is not None)
        else:
            # For the next days only what the blend is made of is fitted.
            fitted_ranker = self._fit_ranker(window_id)
            choices = choose(fitted_ranker is not None)
            has_twins = systems.HYBRID in two_stages.needed_parts(choices)
            fitted = fit_twins(training if has_twins else [])
        _write_choices(connection, window_id, fitted, choices, fitted_ranker, leaves_chosen_on)
        if not choices.weights_chosen_on[two_stages.KNOWN]:
            self.by_default.add(window_id)
        if window_id > 0:
            self._hold_out(window_id, fitted, fitted_ranker, pairs)
        elif fitted_ranker is not None:
            self.submission_models = fitted_ranker.texts(choices.variant)
        return fitted, fitted_ranker, choices

    def _to_choose_on(self) -> list[int]:
        """The latest windows held out in which somebody bought: N_TUNING_WINDOWS of them.

        More where these have too few buyers with history for a choice.
        """
        found: list[int] = []
        known: list[HeldLists] = []
        for window_id in sorted(self._held_lists):
            lists = self._held_lists[window_id].lists
            if len(found) >= systems.N_TUNING_WINDOWS and blend.is_enough(known):
                break
            if len(lists.row):
                found.append(window_id)
                known.append(lists.of(~lists.is_new))
        return found

    def _read_training_pairs(self, window_id: int) -> list[Pairs]:
        """The training rows of each window that a window learns from."""
        training = self._plan.training[window_id]
        for other in training:
            if other not in self._pairs:
                self._pairs[other] = pair_reader.read_training_pairs(self._connection, other)
        return [self._pairs[w] for w in training]

    def _fit_ranker(self, window_id: int) -> two_stages.Fitted | None:
        """Fit what orders candidates; once for all windows that later ones choose on alone."""
        if window_id in self._fitted_ahead:
            return self._fitted_ahead.pop(window_id)
        n_leaves = self._leaves[0]
        is_tuning = window_id in self._plan.tuning
        shared, leaves = self._shared
        if is_tuning and shared is not None and leaves == n_leaves:
            return shared
        fitted = two_stages.fit(self._read_training_pairs(window_id), n_leaves)
        if is_tuning:
            self._shared = fitted, n_leaves
        return fitted

    def _fit_ahead(self, window_id: int) -> None:
        """Fit the ranker of the window after this one, while this one's twins are being fitted."""
        later = [w for w in self._plan.scored if w < window_id]
        if later:
            self._fitted_ahead[max(later)] = self._fit_ranker(max(later))

    def _is_choosing_leaves(self, training: list[Pairs], held: HeldWindow | None = None) -> bool:
        """Whether a window that learns from these, and is held so, chooses the size of trees."""
        return (
            not self._leaves[1]
            and not two_stages.is_enough_for_usual_trees(training)
            and (held is None or blend.is_enough([held.lists]))
        )

    def _read_for_everyone(self, window_id: int) -> dict[str, IntArray]:
        if window_id not in self._for_everyone:
            self._for_everyone[window_id] = warehouse.read_for_everyone(
                self._connection, window_id, systems.FOR_EVERYONE
            )
        return self._for_everyone[window_id]

    def _read_new_customers(self, window_id: int) -> HeldLists:
        """What a window that was read says of those without history."""
        if window_id not in self._new_customers:
            self._new_customers[window_id] = two_stages.new_customers(
                self._frames[window_id], self._read_for_everyone(window_id)
            )
        return self._new_customers[window_id]

    def _sample(self, window_id: int) -> tuple[Frames, list[tuple[int, int] | None]]:
        """The customers of a window on whom later ones choose, and the ranges of their keys.

        Of many customers blocks are taken, evenly spaced: reading neighbours costs far less than
        reading one in so many.
        """
        frames = self._frames[window_id]
        keys = frames.customer_keys
        if len(keys) <= two_stages.MAX_HELD_CUSTOMERS:
            return frames, [None]
        size = two_stages.MAX_HELD_CUSTOMERS // HELD_BLOCKS
        starts = np.arange(HELD_BLOCKS) * len(keys) // HELD_BLOCKS
        kept = np.zeros(len(keys), bool)
        kept[(starts[:, None] + np.arange(size)).ravel()] = True
        return frames.take(kept), [(int(keys[at]), int(keys[at + size - 1])) for at in starts]

    def _hold_out(
        self,
        window_id: int,
        fitted: systems.FittedWindow,
        fitted_ranker: two_stages.Fitted | None,
        training: list[Pairs],
    ) -> None:
        connection = self._connection
        self._held[window_id] = systems.hold_out(fitted, self._frames[window_id], self._grains)
        frames, ranges = self._sample(window_id)
        pairs = None
        if fitted_ranker:
            articles = pair_reader.read_known_articles(connection, window_id)
            pairs = [
                piece
                for keys in ranges
                for piece in pair_reader.stream_pairs(
                    connection, window_id, keys, articles=articles
                )
            ]
        held = two_stages.hold_out(
            fitted_ranker,
            fitted,
            frames,
            pairs,
            warehouse.read_own_lists(connection, window_id, frames.customer_keys),
            self._read_for_everyone(window_id),
        )
        self._held_lists[window_id] = held
        # The oldest window that has a ranker, and customers to judge it by, chooses the size of
        # trees for all later ones.
        if fitted_ranker and pairs is not None and self._is_choosing_leaves(training, held):
            leaves, chosen = two_stages.choose_leaves(fitted_ranker, training, frames, pairs, held)
            self._leaves = leaves, [window_id]
            self._shared = chosen, leaves

    def _score(
        self,
        window_id: int,
        fitted: systems.FittedWindow,
        fitted_ranker: two_stages.Fitted | None,
        choices: two_stages.Choices,
    ) -> None:
        """Score a window shard by shard and write what was scored."""
        connection = self._connection
        names = [EXPORTED] if window_id == 0 else self._names
        wanted = two_stages.needed_parts(choices) | set(names)
        seed_names = [
            name
            for name in systems.system_names(self._grains)
            if name in wanted or name == systems.POPULAR_AGE_BAND
        ]
        for_everyone = self._read_for_everyone(window_id)
        # What the twins alone look at is read where one of them is wanted.
        has_twins = not wanted.isdisjoint([*systems.twins(self._grains), systems.HYBRID])
        grains = self._grains if has_twins else []
        customer_columns = "*" if has_twins else ", ".join(columns.SCORED)
        used = (
            fitted_ranker.used_features(choices.variant)
            if fitted_ranker is not None and two_stages.RANKER in wanted
            else None
        )
        keys = warehouse.customer_shards(connection, window_id, MAX_SHARD, most_pairs(connection))
        articles = None if used is None else pair_reader.read_known_articles(connection, window_id)
        read = partial(self._read_shard, window_id, grains, customer_columns, used, articles)
        is_compiled = warehouse.count_pairs(connection, window_id) < machine_code.MIN_PAIRS
        for frames, pairs, own in prefetched(read, keys):
            if fitted_ranker is not None and pairs and not is_compiled:
                # Now, while the next shards are read.
                sample = pairs[0].take(np.arange(min(len(pairs[0].customer_keys), SAMPLED_PAIRS)))
                fitted_ranker = fitted_ranker.compiled(choices.variant, sample)
                is_compiled = True
            seed_lists = systems.recommend(fitted, frames, for_everyone, seed_names)
            lists = {name: seed_lists[name] for name in seed_names if name in names}
            lists |= two_stages.recommend(
                fitted_ranker,
                choices,
                frames,
                pairs,
                own,
                seed_lists,
                [name for name in two_stages.NAMES if name in names],
            )
            self._write(window_id, frames, {name: lists[name] for name in names})

    def _read_shard(
        self,
        window_id: int,
        grains: list[str],
        customer_columns: str,
        used: list[str] | None,
        articles: pair_reader.KnownArticles | None,
        keys: tuple[int, int],
    ) -> tuple[Frames, list[Pairs] | None, IntArray]:
        """Some customers, their candidates where features are used, and what they bought.

        Read with a connection of its own: this runs in another thread, and reads what dbt built.
        """
        with self._connection.cursor() as reader:
            frames = warehouse.read_frames(reader, window_id, grains, keys, customer_columns)
            pairs = (
                None
                if used is None
                else list(pair_reader.stream_pairs(reader, window_id, keys, used, articles))
            )
            return frames, pairs, warehouse.read_own_lists(reader, window_id, frames.customer_keys)

    def _write(self, window_id: int, frames: Frames, lists: dict[str, IntArray]) -> None:
        rows = export.recommendation_rows(window_id, frames, {EXPORTED: lists[EXPORTED]})
        warehouse.write_predictions(self._connection, "recommendations", rows)
        if window_id == 0:
            return
        listed = export.recommendation_rows(window_id, frames, lists)
        warehouse.write_predictions(self._connection, "backtest_lists", listed)
        label = frames.label_pairs()
        scores = pd.DataFrame(
            {
                "window_id": window_id,
                "system": np.repeat(list(lists), len(frames.customers)),
                "customer_key": np.tile(frames.customer_keys, len(lists)),
                "ap": np.concatenate([average_precision(a, *label) for a in lists.values()]),
            }
        )
        self._scores.append(scores)
        warehouse.write_predictions(
            self._connection, "customer_scores", scores.rename(columns={"ap": "average_precision"})
        )

    def _let_go(self, window_id: int) -> None:
        """Drop what no later fit needs."""
        needed = {t for w in self._plan.scored if w < window_id for t in self._plan.training[w]}
        for old in set(self._frames) - needed:
            del self._frames[old]
        for old in set(self._pairs) - needed:
            del self._pairs[old]
        for old in set(self._held) - set(self._to_choose_on()):
            del self._held[old], self._held_lists[old]


def _write_choices(
    connection: duckdb.DuckDBPyConnection,
    window_id: int,
    fitted: systems.FittedWindow,
    choices: two_stages.Choices,
    fitted_ranker: two_stages.Fitted | None,
    leaves_chosen_on: Sequence[int],
) -> None:
    """Keep what was chosen, on which windows, and what each feature brought to the ranker."""
    rows = [
        (window_id, system, "penalty", PENALTIES[variant], _chosen_on(fitted.chosen_on))
        for system, variant in fitted.variants.items()
    ]
    rows += [
        (window_id, systems.HYBRID, f"weight of {part}", weight, _chosen_on(fitted.chosen_on))
        for part, weight in (fitted.weights or {}).items()
    ]
    chosen_on = _chosen_on(choices.chosen_on)
    variant = VARIANTS[choices.variant]
    if fitted_ranker is not None:
        rows += [
            (
                window_id,
                two_stages.RANKER,
                "trees",
                fitted_ranker.ranker.n_trees[variant.trees],
                chosen_on,
            ),
            (
                window_id,
                two_stages.RANKER,
                "corrected by repeats",
                float(variant.is_corrected),
                chosen_on,
            ),
            (
                window_id,
                two_stages.RANKER,
                "leaves",
                choices.n_leaves,
                _chosen_on(leaves_chosen_on),
            ),
        ]
    rows += [
        (
            window_id,
            two_stages.BLEND,
            f"weight of {part}, customers {kind}",
            weight,
            _chosen_on(choices.weights_chosen_on[kind]),
        )
        for kind, weights in choices.weights.items()
        for part, weight in weights.items()
    ]
    names = ["window_id", "system", "choice", "chosen_value", "chosen_on"]
    warehouse.write_predictions(connection, "choices", pd.DataFrame(rows, columns=names))
    if fitted_ranker is not None:
        for name, model in fitted_ranker.models(choices.variant).items():
            features = ranker.importance(model, variant.trees).assign(
                window_id=window_id, model=name
            )
            warehouse.write_predictions(connection, "ranker_features", features)


def _chosen_on(windows: Sequence[int]) -> str:
    return ", ".join(str(w) for w in windows) or "too few past buyers to choose by: default"


def evaluate_scores(
    connection: duckdb.DuckDBPyConnection, scores: pd.DataFrame, n_bootstrap: int
) -> pd.DataFrame:
    """Compare the systems by what `Runner.run` returned; see `evaluation.evaluate`.

    Intervals of slices of few customers are NaN.
    """
    if scores.empty:
        return pd.DataFrame(columns=OUTPUT_COLUMNS)
    slices = warehouse.read_slices(connection)
    table = evaluate(scores, slices, baseline=systems.BASELINE, n_bootstrap=n_bootstrap)
    return without_narrow_intervals(table)
