"""Time, memory and bytes of a whole run: ``python -m tests.benchmarks.full_size``.

The real commands run as a user runs them, on made-up data of a given size. Every figure of time is
also given in scans: how often DuckDB could have read the purchases once in that time.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psutil

from models_py import database, demo_data

FULL_SIZE = 1_371_980
VARS = {"n_training_windows": 6, "extra_training_windows": 0, "n_backtest_windows": 1}
SAMPLE_SECONDS = 0.25
RESULT_FILE = "bench_full.json"
PHASE = re.compile(r"\[\d+/\d+\] (?P<name>.*): (?P<seconds>[\d.]+) s$")


@dataclass
class Step:
    """A command, or a part of one.

    Attributes
    ----------
    name
        What ran.
    seconds
        Wall-clock time.
    peak_mib
        Most resident memory, all processes of the command together; MiB.
    parts
        Phases or models of it, in the order in which they ran.
    """

    name: str
    seconds: float
    peak_mib: float
    parts: list["Step"] = field(default_factory=list)


class Memory:
    """Samples of the resident memory of a process and its children."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.samples: list[tuple[float, float]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopped.wait(SAMPLE_SECONDS):
            try:
                processes = [self._process, *self._process.children(recursive=True)]
                total = sum(one.memory_info().rss for one in processes)
            except psutil.NoSuchProcess:
                continue
            self.samples.append((time.time(), total / 2**20))

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def peak(self, since: float = 0.0, until: float = float("inf")) -> float:
        """The highest sample of a span of time.time(); 0 where there was none."""
        return max((mib for at, mib in self.samples if since <= at <= until), default=0.0)


def run(name: str, command: Sequence[str], environment: Mapping[str, str]) -> tuple[Step, Memory]:
    """Run a command to its end; its phases are taken from what it prints.

    Raises
    ------
    subprocess.CalledProcessError
        With what it printed last, if it failed.
    """
    print(f"{name} ...", file=sys.stderr, flush=True)
    started = time.time()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    memory = Memory(psutil.Process(process.pid))
    parts: list[Step] = []
    last: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        last = [*last[-30:], line]
        found = PHASE.search(line)
        if found:
            now, seconds = time.time(), float(found["seconds"])
            parts.append(Step(found["name"], seconds, memory.peak(now - seconds, now)))
            print(line, end="", file=sys.stderr, flush=True)
    status = process.wait()
    memory.stop()
    if status:
        raise subprocess.CalledProcessError(status, command, "".join(last))
    return Step(name, time.time() - started, memory.peak(), parts), memory


def scan_seconds(purchases: Path) -> list[float]:
    """Seconds in which DuckDB reads the purchases once, for each of three times."""
    found = []
    for _ in range(3):
        started = time.perf_counter()
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(
                "select count(*), sum(price), count(distinct article_id) from read_csv(?)",
                [str(purchases)],
            ).fetchall()
        found.append(time.perf_counter() - started)
    return found


def models_of(run_results: Path, memory: Memory) -> list[Step]:
    """dbt's models and tests, each with the memory while it ran."""
    steps = []
    for result in json.loads(run_results.read_text())["results"]:
        spans = [timing for timing in result["timing"] if timing["name"] == "execute"]
        if not spans:
            continue
        since, until = (
            datetime.fromisoformat(spans[0][end]).timestamp()
            for end in ("started_at", "completed_at")
        )
        name = result["unique_id"].split(".", 2)[2]
        steps.append(Step(name, until - since, memory.peak(since, until)))
    return steps


def tables_of(path: Path) -> list[dict[str, Any]]:
    """Rows and bytes of each table, the largest first."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
        ).fetchall()
        tables = []
        for name, rows in names:
            blocks = connection.execute(
                "select count(distinct block_id) from pragma_storage_info(?) where persistent",
                [name],
            ).fetchall()[0][0]
            tables.append({"table": name, "rows": rows, "bytes": blocks * 262144})
    return sorted(tables, key=lambda table: -table["bytes"])


def whole_run(n_customers: int, data: Path, folder: Path, memory_limit: str) -> dict[str, Any]:
    """Make data, build, train; everything that was measured."""
    out = folder / f"out-{n_customers}-{memory_limit}"
    if not (data / "transactions_train.csv").is_file():
        run(
            "demo data",
            [sys.executable, "-m", "models_py.demo_data", "--customers", str(n_customers)]
            + ["--out", str(data)],
            {},
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    purchases = data / "transactions_train.csv"
    scans = scan_seconds(purchases)
    environment = {
        "HM_DATA_DIR": str(data),
        "HM_OUT_DIR": str(out),
        "HM_MEMORY_LIMIT": memory_limit,
        "DBT_PROJECT_DIR": "dbt_project",
        "DBT_TARGET_PATH": str(out.resolve() / "target"),
        "DBT_LOG_PATH": str(out.resolve() / "logs"),
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    # As in make run.
    build, memory = run(
        "dbt build",
        [dbt, "build", "--exclude-resource-type", "unit_test", "--vars", json.dumps(VARS)],
        environment,
    )
    build.parts = models_of(out / "target" / "run_results.json", memory)
    scans += scan_seconds(purchases)
    # However it compares: it is measured, not used.
    command = [sys.executable, "-m", "models_py.train", "--publish-anyway"]
    training, _ = run("training", command, environment)
    scans += scan_seconds(purchases)
    # Before, between and after, as a machine that is shared is not as fast all the time.
    scan = statistics.median(scans)
    with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
        n_rows = connection.execute("select count(*) from stg_transactions").fetchall()[0][0]
        scores = connection.execute(
            "select system, map_at_12 from predictions.evaluation where window_id is null"
            " and slice_kind = 'all'"
        ).fetchall()
    result = {
        "n_customers": n_customers,
        "memory_limit": memory_limit,
        "csv_bytes": purchases.stat().st_size,
        "n_purchases": n_rows,
        "scan_seconds": scan,
        "all_scan_seconds": scans,
        "seconds": build.seconds + training.seconds,
        "scans": (build.seconds + training.seconds) / scan,
        "peak_mib": max(build.peak_mib, training.peak_mib),
        "file_bytes": (out / "hm.duckdb").stat().st_size,
        "submission_sha256": hashlib.sha256((out / "submission.csv").read_bytes()).hexdigest(),
        "steps": [asdict(build), asdict(training)],
        "tables": tables_of(out / "hm.duckdb"),
        "map_at_12": dict(scores),
    }
    shutil.rmtree(out)
    return result


def peers(data: Path, folder: Path, python: str) -> list[dict[str, Any]]:
    """What a user would run instead, from the same files to the same submission."""
    found = []
    for name in ("item_knn", "als", "pandas"):
        command = [python, "-m", "tests.benchmarks.full_peers", name]
        command += ["--data-dir", str(data), "--out", str(folder / f"submission-{name}.csv")]
        try:
            step, _ = run(name, command, {"OPENBLAS_NUM_THREADS": "1"})
            found.append({**asdict(step), "failure": ""})
        except subprocess.CalledProcessError as error:
            last = (error.output or "").strip().splitlines()[-1:] or ["killed"]
            found.append({"name": name, "failure": f"status {error.returncode}: {last[0]}"})
    return found


def text_of(result: Mapping[str, Any], n_parts: int = 10) -> str:
    """The figures in lines; of models and tables the dearest alone."""
    scan = result["scan_seconds"]
    lines = [
        f"{result['n_customers']:,} customers, {result['n_purchases']:,} rows of purchases, "
        f"memory limit {result['memory_limit']}",
        f"one scan of the purchases: {scan:.2f} s, the median of "
        f"{len(result['all_scan_seconds'])} "
        f"({min(result['all_scan_seconds']):.2f} to {max(result['all_scan_seconds']):.2f} s)",
        f"whole run: {result['seconds']:.0f} s = {result['scans']:.0f} scans, "
        f"peak {result['peak_mib']:,.0f} MiB, hm.duckdb {result['file_bytes'] / 1e9:.2f} GB",
    ]
    for step in result["steps"]:
        lines.append(
            f"{step['name']}: {step['seconds']:.0f} s = {step['seconds'] / scan:.0f} scans, "
            f"peak {step['peak_mib']:,.0f} MiB"
        )
        for part in sorted(step["parts"], key=lambda part: -part["seconds"])[:n_parts]:
            lines.append(
                f"  {part['name']:<40} {part['seconds']:7.1f} s {part['peak_mib']:8,.0f} MiB"
            )
    lines.append("tables")
    for table in result["tables"][:n_parts]:
        lines.append(
            f"  {table['table']:<40} {table['rows']:12,} rows {table['bytes'] / 1e6:8,.0f} MB"
        )
    for peer in result.get("peers", []):
        figures = peer["failure"] or f"{peer['seconds']:.0f} s, peak {peer['peak_mib']:,.0f} MiB"
        lines.append(f"peer {peer['name']}: {figures}")
    return "\n".join(lines)


def write(results: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write what was measured so far into the folder."""
    (folder / RESULT_FILE).write_text(json.dumps(results, indent=1))


def main(arguments: list[str] | None = None) -> int:
    """Run each size in turn, print it, and write all as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("out/bench-full"), help="for all files")
    parser.add_argument(
        "--parts", default="1", help="shares of the full size, as 16,4,1 for 1/16, 1/4 and 1"
    )
    parser.add_argument(
        "--memory-limits", default="6GB", help="of HM_MEMORY_LIMIT, as 6GB,3GB; a run each"
    )
    parser.add_argument("--peers", help="python of the peers' environment: run them as well")
    parser.add_argument("--keep-data", action="store_true", help="for the next run")
    options = parser.parse_args(arguments)
    parts = options.parts.split(",")
    most = FULL_SIZE // demo_data.MIN_CUSTOMERS
    if not all(part.isdecimal() and 1 <= int(part) <= most for part in parts):
        parser.error(
            f"--parts is {options.parts!r}; it must be whole numbers from 1 to {most}, as 16,4."
        )
    limits = options.memory_limits.split(",")
    for limit in limits:
        if (database.bytes_of(limit) or 0) < database.LEAST_MEMORY:
            parser.error(f"--memory-limits has {limit!r}; each must be a size such as 6GB.")
    if options.peers and not shutil.which(options.peers):
        parser.error(f"--peers is {options.peers!r}; it must be a Python that can be run.")
    options.folder.mkdir(parents=True, exist_ok=True)
    results: list[dict[str, Any]] = []
    for part in parts:
        n_customers = FULL_SIZE // int(part)
        data = options.folder / f"data-{n_customers}"
        for limit in limits:
            try:
                result = whole_run(n_customers, data, options.folder, limit)
            except subprocess.CalledProcessError as error:
                print(f"error: a step ended with status {error.returncode}:\n{error.output}")
                return 1
            results.append(result)
            write(results, options.folder)
            if options.peers and limit == limits[0]:
                result["peers"] = peers(data, options.folder, options.peers)
                write(results, options.folder)
            print(text_of(result), flush=True)
        if not options.keep_data:
            shutil.rmtree(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
