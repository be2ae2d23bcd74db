"""Set the peers beside this project's systems: ``python -m tests.benchmarks.compare``."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from models_py.evaluation import evaluate
from models_py.runner import EXPORTED
from tests.benchmarks.inputs import InputError, connect
from tests.benchmarks.peers import read
from tests.benchmarks.trials import Trials

OURS = "this project"
KINDS = ["library", "heuristic"]
TABLE_FILE = "bench_peers.json"


@dataclass(frozen=True)
class Against:
    """The exported system and the best peer of a kind.

    `ratio` is of the two mean MAP@12; difference, low and high are of the exported system less
    the peer, paired by customer, with a 95 % interval.
    """

    kind: str
    system: str
    ratio: float | None
    difference: float
    difference_low: float
    difference_high: float


@dataclass(frozen=True)
class Comparison:
    """All systems, best first, and the exported one against the best peer of each kind.

    Attributes
    ----------
    systems
        One row per system: system, kind, map_at_12, map_at_12_low, map_at_12_high, seconds
        (a window), difference, difference_low, difference_high (of the exported system less this
        one), n_tried, parameters, n_failed, failure, and by_window (MAP@12 by window_id).
    against
        Best peers, library first.
    n_windows, n_customers
        How many windows, and how many different customers in them.
    """

    exported: str
    systems: pd.DataFrame
    against: list[Against]
    n_windows: int
    n_customers: int


def compare(
    ours: pd.DataFrame,
    trials: Trials,
    exported: str,
    seconds: float | None = None,
    n_bootstrap: int = 1000,
) -> Comparison:
    """Compare on the same customers of the same windows.

    Parameters
    ----------
    ours
        This project's scores: window_id, customer_key, system, ap.
    trials
        The peers' scores, and what was tried.
    exported
        The system of this project that the peers are held against.
    seconds
        What a window took this project, all its systems together.
    n_bootstrap
        Replicates of each interval.

    Raises
    ------
    InputError
        If there is no such system, or the two were not scored on the same customers.
    """
    names = list(dict.fromkeys(ours["system"]))
    if exported not in names:
        raise InputError(f"the file has no scores of {exported!r}; it has {', '.join(names)}.")
    keys = ["window_id", "customer_key"]
    peers = trials.scores
    of_ours, of_peers = (
        set(map(tuple, frame[keys].drop_duplicates().to_numpy().tolist()))
        for frame in (ours, peers)
    )
    if of_ours != of_peers:
        raise InputError(
            f"{len(of_ours ^ of_peers)} customers of a window were scored by only one side; run "
            "dbt build, python -m models_py.train and python -m tests.benchmarks.peers again, in "
            "that order."
        )
    both = pd.concat([ours, peers], ignore_index=True)
    table = evaluate(both, both[keys].drop_duplicates(), exported, n_bootstrap)
    mean = table[table["window_id"].isna()]
    windows = table[table["window_id"].notna()]
    best = {row["system"]: row for row in _records(trials.tried[trials.tried["is_best"]])}
    rows = []
    for row in _records(mean):
        system = row["system"]
        peer = best.get(system, {"kind": OURS, "seconds": seconds})
        own = windows[windows["system"] == system]
        rows.append(
            {
                "system": system,
                "kind": peer["kind"],
                **{name: row[name] for name in ("map_at_12", "map_at_12_low", "map_at_12_high")},
                # The evaluation takes the exported system away from this one: turned round here.
                "difference": 0 - row["difference"],
                "difference_low": 0 - row["difference_high"],
                "difference_high": 0 - row["difference_low"],
                "seconds": peer["seconds"],
                "n_tried": int((trials.tried["system"] == system).sum()),
                "parameters": peer.get("parameters", ""),
                "n_failed": int(peer.get("n_failed", 0)),
                "failure": peer.get("failure", ""),
                "by_window": {str(one["window_id"]): one["map_at_12"] for one in _records(own)},
            }
        )
    systems = pd.DataFrame(rows).sort_values("map_at_12", ascending=False, kind="stable")
    n_windows = windows["window_id"].nunique()
    return Comparison(
        exported=exported,
        systems=systems.reset_index(drop=True),
        against=_against(systems, exported, n_windows),
        n_windows=n_windows,
        n_customers=int(both["customer_key"].nunique()),
    )


def _against(systems: pd.DataFrame, exported: str, n_windows: int) -> list[Against]:
    own = float(systems.loc[systems["system"] == exported, "map_at_12"].iloc[0])
    found = []
    for kind in KINDS:
        # One that failed on every window is nothing but best sellers.
        peers = systems[(systems["kind"] == kind) & (systems["n_failed"] < n_windows)]
        if len(peers):
            best = peers.iloc[0]
            found.append(
                Against(
                    kind=kind,
                    system=str(best["system"]),
                    ratio=own / best["map_at_12"] if best["map_at_12"] else None,
                    difference=float(best["difference"]),
                    difference_low=float(best["difference_low"]),
                    difference_high=float(best["difference_high"]),
                )
            )
    return found


def text_of(comparison: Comparison) -> str:
    """The comparison as it is printed."""
    systems, exported = comparison.systems, comparison.exported
    lines = [
        f"MAP@12, mean over {comparison.n_windows} past windows "
        f"({comparison.n_customers:,} different customers), 95 % intervals in brackets;",
        f"{exported} less each, paired by customer; seconds a window",
        f"({OURS}: of the whole training, all its systems together, dbt build apart).",
        "",
        f"{'':29s}{'':14s}{'MAP@12':26s}{f'{exported} less it':29s}{'seconds':>8s}{'tried':>7s}",
    ]
    for row in _records(systems):
        seconds = "" if pd.isna(row["seconds"]) else f"{row['seconds']:.1f}"
        tried = str(row["n_tried"] or "")
        difference = "" if row["system"] == exported else _interval(row, "difference", "+.4f")
        lines.append(
            f"{row['system']:29s}{row['kind']:14s}{_interval(row, 'map_at_12', '.4f'):26s}"
            f"{difference:29s}{seconds:>8s}{tried:>7s}"
        )
    lines.append("")
    for one in comparison.against:
        ratio = "" if one.ratio is None else f"{one.ratio:.3f} times "
        lines.append(
            f"{exported} is {ratio}the best {one.kind}, {one.system}: "
            f"{_interval(asdict(one), 'difference', '+.4f')}"
        )
    lines += ["", "Best parameters, chosen on these very windows, which flatters the peers:"]
    lines += [
        f"  {row['system']:29s}{row['parameters']}"
        for row in _records(systems)
        if row["kind"] != OURS
    ]
    lines += [
        f"{row['system']} could not be fitted in {row['n_failed']} of {comparison.n_windows} "
        f"windows, where best sellers take its place ({row['failure']})."
        for row in _records(systems)
        if row["n_failed"]
    ]
    return "\n".join(lines)


def _interval(row: dict[Any, Any], name: str, form: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:{form}} [{low:{form}}, {high:{form}}]"


def _records(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    return rows.to_dict("records")


def write_json(comparison: Comparison, path: Path) -> None:
    """Write the comparison; what is not known is null."""
    rows = comparison.systems.astype(object).where(comparison.systems.notna(), None)
    document = {
        "exported": comparison.exported,
        "n_windows": comparison.n_windows,
        "n_customers": comparison.n_customers,
        "against": [asdict(one) for one in comparison.against],
        "systems": [
            {**row, "parameters": json.loads(row["parameters"]) if row["parameters"] else None}
            for row in _records(rows)
        ],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def read_ours(database: Path) -> tuple[pd.DataFrame, float | None]:
    """This project's scores in a published file, and the seconds that training took a window.

    Raises
    ------
    InputError
        If the file has no scores.
    """
    with connect(database) as connection:
        try:
            scores = connection.execute(
                """
                select window_id, customer_key, system, average_precision as ap
                from predictions.customer_scores
                where window_id in (select window_id from windows where is_backtest)
                order by rowid
                """
            ).df()
            run = connection.execute(
                "select seconds from predictions.runs order by started_at desc limit 1"
            ).fetchone()
        except duckdb.Error as problem:
            raise InputError(
                f"{database} holds no evaluation ({str(problem).splitlines()[0]}); run "
                "python -m models_py.train."
            ) from problem
    if scores.empty:
        raise InputError(f"{database} holds no scores of a past window; run models_py.train.")
    n_windows = scores["window_id"].nunique()
    return scores, float(run[0]) / n_windows if run else None


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed)."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.compare",
        description="Print, and write as JSON, the peers beside this project's systems.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--database",
        type=Path,
        default=Path("out/hm.duckdb"),
        help="DuckDB file that python -m models_py.train published",
    )
    parser.add_argument(
        "--out-dir",
        type=Path,
        default=Path("out"),
        help=f"folder with the peers' results; receives {TABLE_FILE}",
    )
    parser.add_argument("--exported", default=EXPORTED, help="system that the peers are held to")
    parser.add_argument(
        "--n-bootstrap", type=int, default=1000, help="replicates behind each interval"
    )
    options = parser.parse_args(arguments)
    if options.n_bootstrap < 1:
        parser.error(f"--n-bootstrap is {options.n_bootstrap}; it must be at least 1.")
    try:
        ours, seconds = read_ours(options.database)
        comparison = compare(
            ours, read(options.out_dir), options.exported, seconds, options.n_bootstrap
        )
        write_json(comparison, options.out_dir / TABLE_FILE)
    except InputError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except (duckdb.Error, OSError, MemoryError) as problem:
        print(f"error: the comparison failed: {problem}", file=sys.stderr)
        return 3
    print(text_of(comparison))
    print(f"\nThe same as JSON: {options.out_dir / TABLE_FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
