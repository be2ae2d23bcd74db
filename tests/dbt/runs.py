"""Runs of the real commands on small data, for the tests of whole builds."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
FILES = ("articles", "customers", "transactions_train")


def environment(data: Path, out: Path, project: Path = ROOT / "dbt_project") -> dict[str, str]:
    """What a user sets, and folders of the run's own for what dbt writes on the side."""
    out.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "HM_DATA_DIR": str(data),
        "HM_OUT_DIR": str(out),
        "DBT_PROJECT_DIR": str(project),
        "DBT_TARGET_PATH": str(out / "target"),
        "DBT_LOG_PATH": str(out / "logs"),
        "NO_COLOR": "1",
        "DBT_USE_COLORS": "false",
    }


def copy_of_project(folder: Path) -> Path:
    """The dbt project, to be changed, in a folder that is not there yet."""
    ignored = shutil.ignore_patterns("target", "logs")
    return Path(shutil.copytree(ROOT / "dbt_project", folder / "dbt_project", ignore=ignored))


def dbt(
    data: Path,
    out: Path,
    *arguments: str,
    variables: str = "{}",
    project: Path = ROOT / "dbt_project",
) -> subprocess.CompletedProcess[str]:
    """Run dbt, as its command line does; never raises."""
    command = [str(Path(sys.executable).parent / "dbt"), *arguments, "--vars", variables]
    return _run(command, environment(data, out, project))


def train(data: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m models_py.train``; never raises."""
    command = [sys.executable, "-m", "models_py.train", *arguments]
    return _run(command, environment(data, out))


def train_compiled(data: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Train with the trees as machine code, as it is at full size; never raises."""
    code = (
        "from models_py import machine_code, train; machine_code.MIN_PAIRS = 0; "
        "raise SystemExit(train.main())"
    )
    return _run([sys.executable, "-c", code, *arguments], environment(data, out))


def backtest(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m models_py.backtest``; never raises."""
    command = [sys.executable, "-m", "models_py.backtest", *arguments]
    return _run(command, environment(out, out))


def build_and_train(data: Path, out: Path, variables: str = "{}") -> str:
    """dbt build, then training; returns what training printed."""
    built = dbt(data, out, "build", variables=variables)
    assert built.returncode == 0, built.stdout[-4000:]
    trained = train(data, out)
    assert trained.returncode == 0, trained.stdout[-4000:] + trained.stderr[-4000:]
    return trained.stdout


def write_inputs(folder: Path, tables: Mapping[str, str], source: Path | None = None) -> Path:
    """Write CSV files from SQL.

    Parameters
    ----------
    folder
        Where to.
    tables
        By file name, the select that gives its rows. In it, articles, customers and
        transactions_train are the files of the source.
    source
        A folder of CSV files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for name in FILES if source else ():
            connection.execute(
                f"create table {name} as select * "
                f"from read_csv('{source}/{name}.csv', header = true, all_varchar = true)"
            )
        for name, select in tables.items():
            connection.sql(select).write_csv(str(folder / f"{name}.csv"))
    return folder


def _run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False
    )
