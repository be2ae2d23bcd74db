"""Benchmark what a user would pick instead: ``python -m tests.benchmarks.peers``.

It runs in the peers' own environment (requirements-peers.lock), since their libraries need older
numpy and pandas than this project. ``python -m tests.benchmarks.compare`` then sets the result
beside the project's own systems.
"""

import argparse
import sys
import warnings
from pathlib import Path

import duckdb
import pandas as pd

from tests.benchmarks import heuristics
from tests.benchmarks.inputs import InputError, connect, read_windows
from tests.benchmarks.trials import Peer, Trials, run_trials

SCORES_FILE = "peer_scores.parquet"
TRIALS_FILE = "peer_trials.csv"


def all_peers() -> list[Peer]:
    """Every peer, heuristics first.

    Raises
    ------
    InputError
        If the libraries are not installed.
    """
    try:
        from tests.benchmarks import implicit_peers, rectools_peers
    except ImportError as problem:
        raise InputError(
            f"{problem}; install tests/benchmarks/requirements-peers.lock into an environment of "
            "its own and run with its Python (make bench-peers does)."
        ) from problem
    return [*heuristics.PEERS, *implicit_peers.PEERS, *rectools_peers.PEERS]


def write(trials: Trials, out_dir: Path) -> None:
    """Write the scores of the best parameters, and all that was tried, into a folder."""
    out_dir.mkdir(parents=True, exist_ok=True)
    trials.tried.to_csv(out_dir / TRIALS_FILE, index=False)
    with duckdb.connect() as connection:
        connection.register("scores", trials.scores)
        connection.execute(
            f"copy (select window_id, customer_key, system, ap from scores) "
            f"to '{quoted(out_dir / SCORES_FILE)}' (format parquet)"
        )


def read(out_dir: Path) -> Trials:
    """What `write` wrote.

    Raises
    ------
    InputError
        If it is not there.
    """
    for name in (SCORES_FILE, TRIALS_FILE):
        if not (out_dir / name).is_file():
            raise InputError(
                f"{out_dir / name} is not there; run python -m tests.benchmarks.peers."
            )
    with duckdb.connect() as connection:
        scores = connection.execute(
            f"select * from read_parquet('{quoted(out_dir / SCORES_FILE)}')"
        ).df()
    tried = pd.read_csv(out_dir / TRIALS_FILE, keep_default_na=False)
    return Trials(tried, scores)


def quoted(path: Path) -> str:
    """A path as it stands between the quotes of an SQL text."""
    return str(path).replace("'", "''")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed)."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.peers",
        description="Try each peer with each of its parameters on the backtest windows.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--database",
        type=Path,
        default=Path("out/hm.duckdb"),
        help="DuckDB file that python -m models_py.train published",
    )
    parser.add_argument("--out-dir", type=Path, default=Path("out"), help="folder for the results")
    parser.add_argument("--only", nargs="+", metavar="SYSTEM", help="only these peers")
    parser.add_argument(
        "--leave-out-bought",
        action="store_true",
        help="tell the libraries to leave out what the customer has bought",
    )
    options = parser.parse_args(arguments)
    # The libraries warn about their own insides.
    warnings.simplefilter("ignore")
    try:
        peers = all_peers()
        names = [peer.name for peer in peers]
        unknown = [name for name in options.only or [] if name not in names]
        if unknown:
            parser.error(f"--only {' '.join(unknown)}: the peers are {', '.join(names)}.")
        # After the libraries, whose linear algebra it bounds: one thread, since theirs are threads
        # that wait for each other.
        from threadpoolctl import threadpool_limits

        with connect(options.database) as connection, threadpool_limits(1, user_api="blas"):
            trials = run_trials(
                [peer for peer in peers if not options.only or peer.name in options.only],
                read_windows(connection, options.leave_out_bought),
            )
        write(trials, options.out_dir)
    except InputError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except (duckdb.Error, OSError, MemoryError) as problem:
        print(f"error: the benchmark failed: {problem}", file=sys.stderr)
        return 3
    print(f"Scores and all parameters tried: {options.out_dir}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
