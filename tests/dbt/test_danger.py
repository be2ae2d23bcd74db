"""Text in the tables stays text, files are the user's, and nothing leaves the machine.

One whole run and its page of docs, on data whose ids, names and header are SQL, formulas, HTML and
templates; under a umask; in a network of its own without any interface; and, where strace is there,
watched for addresses that it calls.
"""

import csv
import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml

from models_py import database, demo_data
from models_py.submission import check_submission
from tests.dbt import runs
from tests.dbt.killing import TRAIN, VARS

# In each text, so that it can be looked for.
MARK = "zqx"
TEXTS = [
    "');drop/**/table/**/main.stg_articles;--zqx",
    "'||(select/**/1)||'zqx",
    '"zqx"',
    '=HYPERLINK("http://zqx.invalid","zqx")',
    "=1+1zqx",
    "+zqx",
    "-1+1zqx",
    "@SUM(zqx)",
    "<script>alert('zqx')</script>",
    "</script><img/src=x/onerror=alert(1)>zqx",
    "{{1/0}}zqx",
    "{%raw%}zqx",
    "$$zqx;$1",
    "%(zqx)s%s",
    "a,zqx,b",
    "\\x1b[31mzqx\\",
    "\x1b]0;zqx\x07",
    "zqx🧦",
]  # fmt: skip
# Ids have no white space; names may.
NAMES = [text.replace("/**/", " ") for text in TEXTS]
UMASK, FILE_MODE = 0o027, 0o640


def quoted(texts: Sequence[str]) -> str:
    """A list of texts in SQL."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"


def odd_ids(table: str, column: str) -> str:
    """A select of every id of a file as it is and as an odd one: the most bought get those."""
    return f"""
        select {column} as plain_id, {quoted(TEXTS)}[place] as odd_id
        from (
            select {column}, row_number() over (order by count(t.t_dat) desc, {column}) as place
            from {table} left join transactions_train as t using ({column}) group by {column}
        )
        where place <= {len(TEXTS)}
    """


ARTICLES = f"from ({odd_ids('articles', 'article_id')})"
CUSTOMERS = f"from ({odd_ids('customers', 'customer_id')})"
# Column of articles that nothing uses.
HEADER = f"</script><script>alert('{MARK}')</script>"
TABLES = {
    "articles": f"""
        with odd as ({ARTICLES})
        select coalesce(odd_id, article_id) as article_id, * exclude (article_id, odd_id, plain_id)
            replace (
                {quoted(NAMES)}[1 + rowid % {len(NAMES)}] as prod_name,
                {quoted(NAMES)}[1 + rowid % {len(NAMES)}] as colour_group_name,
                {quoted(NAMES)}[1 + rowid % {len(NAMES)}] as department_name
            ),
            'x' as "{HEADER}"
        from articles left join odd on article_id = plain_id
        order by rowid
    """,
    "customers": f"""
        with odd as ({CUSTOMERS})
        select coalesce(odd_id, customer_id) as customer_id,
            * exclude (customer_id, odd_id, plain_id)
            replace ({quoted(NAMES)}[1 + rowid % {len(NAMES)}] as club_member_status)
        from customers left join odd on customer_id = plain_id
        order by rowid
    """,
    "transactions_train": f"""
        with odd_c as ({CUSTOMERS}), odd_a as ({ARTICLES})
        select t_dat, coalesce(odd_c.odd_id, customer_id) as customer_id,
            coalesce(odd_a.odd_id, article_id) as article_id, price, sales_channel_id
        from transactions_train
        left join odd_c on customer_id = odd_c.plain_id
        left join odd_a on article_id = odd_a.plain_id
    """,
}


@dataclass(frozen=True)
class Run:
    data: Path
    out: Path
    printed: str
    trace: Path | None


def alone() -> list[str]:
    """The words before a command that give it a network of its own, which has no interface."""
    for words in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if (
            shutil.which("unshare")
            and not subprocess.run([*words, "true"], capture_output=True, check=False).returncode
        ):
            return words
    return []


def watched(trace: Path) -> list[str]:
    """The words before a command that write down whom it calls."""
    if not shutil.which("strace"):
        return []
    return ["strace", "-f", "--seccomp-bpf", "-A", "-e", "trace=connect,sendto,sendmsg,sendmmsg",
            "-o", str(trace)]  # fmt: skip


def calls(trace: Path) -> list[str]:
    """Lines of a trace that call an address of the internet."""
    return [line for line in trace.read_text(errors="replace").splitlines() if "AF_INET" in line]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("danger")
    size = ["--customers", "1200", "--seed", "5", "--out", str(folder / "plain")]
    assert demo_data.main(size) == 0
    data = runs.write_inputs(folder / "data", TABLES, source=folder / "plain")
    out, trace = folder / "out", folder / "trace"
    environment = runs.environment(data, out)
    # What the project sets must be enough.
    for name in ("DBT_SEND_ANONYMOUS_USAGE_STATS", "DO_NOT_TRACK", "DBT_VERSION_CHECK"):
        environment.pop(name, None)
    dbt = str(Path(sys.executable).parent / "dbt")
    printed = ""
    for command in (
        [dbt, "run", "--vars", VARS],
        TRAIN,
        [dbt, "docs", "generate", "--static", "--vars", VARS],
    ):
        done = subprocess.run(
            [*alone(), *watched(trace), *command],
            cwd=runs.ROOT,
            env=environment,
            umask=UMASK,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        printed += done.stdout + done.stderr
        assert done.returncode == 0, printed[-4000:]
    return Run(data, out, printed, trace if watched(trace) else None)


def file_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_odd_text_comes_out_as_it_went_in(run: Run) -> None:
    articles = file_rows(run.data / "articles.csv")
    customers = file_rows(run.data / "customers.csv")
    assert set(TEXTS) <= {row["article_id"] for row in articles}
    assert set(TEXTS) <= {row["customer_id"] for row in customers}
    with duckdb.connect(str(run.out / "hm.duckdb"), read_only=True) as connection:
        staged = connection.execute("select article_id, prod_name from stg_articles").fetchall()
        ids = connection.execute("select customer_id from stg_customers").fetchall()
        favourites = connection.execute(
            "select distinct favourite_colour from recommended_articles"
        ).fetchall()
    assert sorted(staged) == sorted((row["article_id"], row["prod_name"]) for row in articles)
    assert sorted(ids) == sorted((row["customer_id"],) for row in customers)
    assert {row[0] for row in favourites} - {None} <= set(NAMES)


def test_ids_stand_in_the_submission_letter_for_letter(run: Run) -> None:
    """Also those that a spreadsheet would take for a formula: docs/decisions/0008 says why."""
    articles = [row["article_id"] for row in file_rows(run.data / "articles.csv")]
    customers = [row["customer_id"] for row in file_rows(run.data / "customers.csv")]
    path = run.out / "submission.csv"
    assert check_submission(path, customers, articles) == len(customers)
    recommended = {a for row in file_rows(path) for a in row["prediction"].split(" ")}
    assert recommended & set(TEXTS)
    n = sum(text[0] in "=+-@" for text in TEXTS) * 2
    assert f"{n} ids begin with =, +, - or @" in run.printed


def test_no_text_of_the_data_gets_into_a_page_or_a_file_beside_it(run: Run) -> None:
    for name in ("static_index.html", "catalog.json", "manifest.json", "run_results.json"):
        text = (run.out / "target" / name).read_text(encoding="utf-8")
        assert len(text) > 1000
        assert MARK not in text, name


def test_files_have_the_permissions_that_the_umask_leaves(run: Run) -> None:
    for name in ("hm.duckdb", "submission.csv", "ranker.txt", "hm_build.duckdb"):
        assert stat.S_IMODE((run.out / name).stat().st_mode) == FILE_MODE, name


def test_the_run_called_no_address(run: Run) -> None:
    if run.trace is None:
        pytest.skip("strace is not there")
    assert calls(run.trace) == []


def test_a_call_would_be_seen(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    if not watched(trace):
        pytest.skip("strace is not there")
    code = (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    )
    command = [*alone(), *watched(trace), sys.executable, "-c", code]
    subprocess.run(command, capture_output=True, check=False)
    assert len(calls(trace)) == 1


def test_duckdb_fetches_no_extension(tmp_path: Path) -> None:
    with database.connect(tmp_path / "some.duckdb") as connection:
        assert connection.execute("select '{\"a\": 1}'::json ->> 'a'").fetchall() == [("1",)]
        with pytest.raises(duckdb.Error, match="httpfs"):
            connection.execute("from read_parquet('https://192.0.2.1/x.parquet')")


def test_dbt_is_told_the_same_as_python() -> None:
    profile = yaml.safe_load((runs.ROOT / "profiles.yml").read_text())
    options = profile["next_week"]["outputs"]["duckdb"]["config_options"]
    assert database.OFFLINE.items() <= options.items()
    project = yaml.safe_load((runs.ROOT / "dbt_project" / "dbt_project.yml").read_text())
    assert project["flags"]["send_anonymous_usage_stats"] is False


def test_the_manifest_names_no_package_from_elsewhere(run: Run) -> None:
    """No code of others runs in a build but that of dbt and its adapter."""
    manifest = json.loads((run.out / "target" / "manifest.json").read_text())
    packages = {macro["package_name"] for macro in manifest["macros"].values()}
    assert packages == {"next_week", "dbt", "dbt_duckdb"}
