import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from models_py import pair_reader, report, two_stages
from models_py.database import memory_limit
from models_py.evaluation import MIN_CUSTOMERS
from models_py.submission import check_submission, read_submission
from tests.dbt import runs
from tests.dbt.conftest import FEW_WINDOWS, Run
from tests.dbt.many_builds import ManyBuilds

SYSTEMS = [
    "baseline",
    "popular_per_basket",
    "popular_age_band",
    "purchases_department",
    "purchases_article",
    "tastes",
    "hybrid",
    "own_history",
    "ranker",
    "blend",
]


def query(path: Path, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).df()


def ids(folder: Path, name: str, column: str) -> list[str]:
    sql = f"select {column} from read_csv('{folder}/{name}.csv', header = true, all_varchar = true)"
    return [str(row[0]) for row in duckdb.execute(sql).fetchall()]


def test_submission_has_the_form_of_the_contract(run: Run) -> None:
    customers = ids(run.data, "sample_submission", "customer_id")
    articles = ids(run.data, "articles", "article_id")
    assert check_submission(run.out / "submission.csv", customers, articles) == len(customers)


def test_what_is_printed_is_read_within_the_memory_that_is_set(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []
    monkeypatch.setenv("HM_MEMORY_LIMIT", "800MiB")
    monkeypatch.setattr(
        report, "print_details", lambda connection, _: limits.append(memory_limit(connection))
    )
    report.print_run(run.out)
    assert limits == [200 * 2**20]


def test_customers_who_never_bought_have_twelve_articles(run: Run) -> None:
    new = query(
        run.database,
        """
        select customer_id from stg_customers
        where customer_key not in (select customer_key from stg_transactions)
        """,
    )["customer_id"]
    submission = read_submission(run.out / "submission.csv").set_index("customer_id")["prediction"]
    assert len(new) > 0
    assert all(len(set(submission[customer].split())) == 12 for customer in new)


def test_every_system_is_evaluated_in_every_window(run: Run) -> None:
    rows = query(run.database, "from predictions.evaluation where slice_kind = 'all'")
    found = rows.groupby("system", sort=False)["window_id"].apply(list).to_dict()
    assert list(found) == SYSTEMS
    for windows in found.values():
        assert windows[:3] == [1, 2, 3]
        assert len(windows) == 4
        assert pd.isna(windows[3])
    assert ((rows["map_at_12_low"] <= rows["map_at_12"]) & (rows["map_at_12"] <= 1)).all()


def test_few_customers_are_neither_better_nor_worse(run: Run) -> None:
    rows = query(
        run.database,
        "select n_customers, is_better_than_baseline, difference_low, map_at_12_high"
        " from system_comparison",
    )
    is_few = rows["n_customers"] < MIN_CUSTOMERS
    assert 0 < is_few.sum() < len(rows)
    assert rows[is_few].drop(columns="n_customers").isna().all(axis=None)
    assert rows[~is_few].notna().all(axis=None)


def test_scores_of_customers_average_to_the_evaluation(run: Run) -> None:
    gap = query(
        run.database,
        """
        select abs(avg(scores.average_precision) - any_value(evaluation.map_at_12)) as gap
        from predictions.customer_scores as scores
        join predictions.evaluation as evaluation
            on scores.window_id = evaluation.window_id and scores.system = evaluation.system
        where evaluation.slice_kind = 'all'
        group by scores.window_id, scores.system
        """,
    )["gap"]
    assert len(gap) == 3 * len(SYSTEMS)
    assert gap.max() < 1e-12


@pytest.mark.parametrize("used", [None, ["own_n_times", "age", "sold_share", "trend_7d"]])
def test_what_is_scored_are_the_rows_of_abt_candidates(run: Run, used: list[str] | None) -> None:
    """What is read once an article or once a customer, too, and no value of what is not used."""
    with duckdb.connect(str(run.database), read_only=True) as connection:
        first, last = 1, 1000
        pieces = pair_reader.stream_pairs(connection, 0, (first, last), used)
        pairs = pair_reader.in_one(connection, pieces)
        wanted = connection.execute(
            f"from abt_candidates where window_id = 0 and customer_key between {first} and {last} "
            "order by customer_key, article_key"
        ).df()
    order = np.lexsort((pairs.article_keys, pairs.customer_keys))
    assert len(order) > 10_000
    assert (pairs.customer_keys[order] == wanted["customer_key"]).all()
    assert (pairs.article_keys[order] == wanted["article_key"]).all()
    expected = wanted[pairs.names].astype(np.float32)
    if used is not None:
        expected = expected.mask(~expected.columns.isin(used)[None, :].repeat(len(expected), 0))
    assert np.array_equal(pairs.features[order], expected.to_numpy(), equal_nan=True)


@pytest.mark.parametrize(("window_id", "keys"), [(99, None), (0, (10**8, 10**8 + 1))])
def test_where_nobody_is_there_are_no_pairs(
    run: Run, window_id: int, keys: tuple[int, int] | None
) -> None:
    with duckdb.connect(str(run.database), read_only=True) as connection:
        assert list(pair_reader.stream_pairs(connection, window_id, keys)) == []


def test_kept_lists_give_the_scores_that_are_kept(run: Run) -> None:
    """The evaluation can be done again in SQL, from the lists and the labels in the file."""
    gap = query(
        run.database,
        """
        with hits as (
            select r.window_id, r.customer_key, r.recommendation_rank,
                   (l.article_key is not null)::int as is_hit
            from predictions.recommendations as r
            left join window_labels as l using (window_id, customer_key, article_key)
            where r.window_id > 0
        ),
        precisions as (
            select *, sum(is_hit) over (
                partition by window_id, customer_key order by recommendation_rank
            ) / recommendation_rank as precision
            from hits
        ),
        bought as (
            select window_id, customer_key, count(*) as n_bought from window_labels group by all
        )
        select abs(any_value(s.average_precision)
                   - sum(p.precision * p.is_hit) / least(any_value(b.n_bought), 12)) as gap
        from precisions as p
        join bought as b using (window_id, customer_key)
        join predictions.customer_scores as s using (window_id, customer_key)
        where s.system = 'blend'
        group by p.window_id, p.customer_key
        """,
    )["gap"]
    assert len(gap) > 100
    assert gap.max() < 1e-9


def test_reading_tables_name_articles_and_favourites(run: Run) -> None:
    rows = query(
        run.database,
        "from recommended_articles where is_submission and favourite_colour is not null limit 100",
    )
    assert len(rows) == 100
    assert rows[["prod_name", "colour", "pattern", "favourite_pattern"]].notna().all(axis=None)
    assert (rows["article_id"].str.len() == 10).all()


def test_recommended_articles_say_what_was_bought_before_and_when(run: Run) -> None:
    rows = query(
        run.database,
        """
        select
            any_value(listed.n_times_bought) as n_listed,
            any_value(listed.days_since_last_bought) as days_listed,
            count(bought.sold_on) as n_bought,
            any_value(listed.cutoff_on) - max(bought.sold_on) as days
        from recommended_articles as listed
        inner join stg_customers using (customer_id)
        inner join stg_articles using (article_id)
        left join stg_transactions as bought
            on stg_customers.customer_key = bought.customer_key
            and stg_articles.article_key = bought.article_key
            and bought.sold_on < listed.cutoff_on
        group by listed.window_id, customer_id, article_id
        """,
    )
    assert (rows["n_listed"] == rows["n_bought"]).all()
    assert 100 < (rows["n_listed"] > 0).sum() < len(rows)
    pd.testing.assert_series_equal(
        rows["days_listed"], rows["days"], check_names=False, check_dtype=False
    )


def test_favourites_are_what_a_customer_bought_most(run: Run) -> None:
    """Favourite colour and pattern against a count of our own, straight from the purchases."""
    wrong = query(
        run.database,
        """
        with counted as (
            select t.customer_key, a.colour_group, sum(t.quantity) as n
            from stg_transactions as t join stg_articles as a using (article_key)
            group by all
        ),
        most as (select customer_key, max(n) as n from counted group by all)
        select count(*) as n_wrong, (select count(*) from most) as n_customers
        from feat_customer_favourites as f
        join most as m using (customer_key)
        left join counted as c
            on f.customer_key = c.customer_key and f.favourite_colour_group = c.colour_group
        where f.window_id = 0 and c.n is distinct from m.n
        """,
    )
    assert wrong["n_customers"][0] > 1000
    assert wrong["n_wrong"][0] == 0


def test_what_the_submission_is_made_of_is_printed(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    report.print_run(run.out)
    out = capsys.readouterr().out
    for customers in (two_stages.KNOWN, two_stages.NEW):
        parts = query(
            run.database,
            "select choice, chosen_on from predictions.choices where window_id = 0 and system = "
            f"'blend' and chosen_value > 0 and choice like 'weight of %, customers {customers}'",
        )
        who = "new customers" if customers == two_stages.NEW else f"customers {customers}"
        (line,) = [line for line in out.splitlines() if f"In the submission {who} get " in line]
        assert parts["chosen_on"][0] in line
        for choice in parts["choice"]:
            assert choice.removeprefix("weight of ").split(",")[0] in line


def test_every_choice_was_made_on_earlier_windows(run: Run) -> None:
    choices = query(run.database, "select distinct window_id, chosen_on from predictions.choices")
    assert len(choices) >= 5
    for row in choices.to_dict("records"):
        chosen_on = [int(w) for w in str(row["chosen_on"]).split(", ") if w.isdigit()]
        assert chosen_on or "default" in row["chosen_on"]
        assert all(w > row["window_id"] for w in chosen_on)


def test_same_input_gives_the_same_bytes_in_however_many_pieces(
    run: Run, builds: ManyBuilds, tmp_path: Path
) -> None:
    builds.run_and_train(
        run.data, tmp_path, variables=FEW_WINDOWS.replace("}", ", customers_at_once: 999}")
    )
    again = (tmp_path / "submission.csv").read_bytes()
    assert again == (run.out / "submission.csv").read_bytes()
    candidates = "from candidates order by window_id, customer_key, article_key"
    pd.testing.assert_frame_equal(
        query(tmp_path / "hm.duckdb", candidates), query(run.database, candidates), check_exact=True
    )
    everything = "from predictions.evaluation"
    pd.testing.assert_frame_equal(
        query(tmp_path / "hm.duckdb", everything),
        query(run.database, everything),
        check_exact=True,
    )


def test_training_again_replaces_the_predictions_and_keeps_the_list_of_runs(
    demo: Path, tmp_path: Path, run: Run
) -> None:
    shutil.copyfile(run.out / "hm_build.duckdb", tmp_path / "hm_build.duckdb")
    done = runs.train_compiled(demo, tmp_path, "--n-bootstrap", "10")
    assert done.returncode == 0, done.stderr
    # Compiled trees give the same scores.
    again = (tmp_path / "submission.csv").read_bytes()
    assert again == (run.out / "submission.csv").read_bytes()
    n = query(
        tmp_path / "hm.duckdb",
        """
        select (select count(*) from predictions.runs) as n_runs,
               (select count(*) from predictions.recommendations where window_id = 0) as n_lists,
               (select count(*) from stg_customers) as n_customers
        """,
    )
    assert n["n_runs"][0] == 2
    assert n["n_lists"][0] == 12 * n["n_customers"][0]


def test_older_clients_can_open_both_files(run: Run) -> None:
    for path in (run.database, run.out / "hm_build.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            (tags,) = connection.execute(
                "select tags from duckdb_databases() where path is not null"
            ).fetchall()[0]
        assert tags["storage_version"] == "v1.5.0+"


def test_published_file_is_whole_and_free_of_views_on_the_input(run: Run) -> None:
    views = query(run.database, "select view_name from duckdb_views() where not internal")
    assert "recommended_articles" in list(views["view_name"])
    for name in views["view_name"]:
        query(run.database, f"select count(*) from {name}")


def test_every_table_and_column_says_what_it_is_in_the_file(run: Run) -> None:
    for kind in ("table", "view", "column"):
        there = query(
            run.database,
            f"select *, {'column_name' if kind == 'column' else 'null'} as name, "
            f"{'table_name' if kind != 'view' else 'view_name'} as of_table "
            f"from duckdb_{kind}s() where schema_name in ('main', 'predictions') and not internal",
        )
        assert len(there) > 10
        silent = there[there["comment"].isna()]
        assert silent[["of_table", "name"]].to_numpy().tolist() == []


def test_every_model_is_described_and_on_the_way_to_an_exposure(run: Run) -> None:
    manifest = json.loads((run.out / "target" / "manifest.json").read_text())
    models = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] == "model"}
    assert all(model["description"] for model in models.values())
    parents = manifest["parent_map"]
    reached: set[str] = set()
    front = set(manifest["exposures"])
    while front:
        reached |= front
        front = {p for node in front for p in parents.get(node, [])} - reached
    assert {n.split(".")[2] for n in manifest["exposures"]} == {
        "training_run",
        "evaluation_report",
        "submission",
    }
    sources = {n.split(".")[-1] for n in reached if n.startswith("source.")}
    assert sources >= set(runs.FILES)
    unread = {models[m]["name"] for m in set(models) - reached}
    # For analysts: no command reads them.
    assert unread <= {
        "scored_customers",
        "customer_tastes",
        "recommended_articles",
        "system_comparison",
        "abt_candidates",
        "articles_bought_together",
    }


@pytest.mark.parametrize("model", ["recommendations", "backtest_lists"])
def test_the_lineage_of_the_lists_has_all_that_training_reads(run: Run, model: str) -> None:
    manifest = json.loads((run.out / "target" / "manifest.json").read_text())
    parents = {
        node.split(".")[2]: {parent.split(".")[-1] for parent in manifest["parent_map"][node]}
        for node in (f"model.next_week.{model}", "exposure.next_week.training_run")
    }
    # What a run keeps of its input beside the lists.
    assert parents["training_run"] - parents[model] == {"input_files", "input_profile"}
    assert parents[model] <= parents["training_run"]


def test_a_backtest_scores_the_latest_windows_and_leaves_the_submission(
    tmp_path: Path, run: Run
) -> None:
    for name in ("hm_build.duckdb", "hm.duckdb", "submission.csv"):
        shutil.copyfile(run.out / name, tmp_path / name)
    runs_of = "select run_id, is_published from predictions.runs order by started_at"
    before = query(tmp_path / "hm.duckdb", runs_of)
    assert before["is_published"].iloc[-1]
    # As often as one likes: it is of the published run, which stays published.
    for _ in range(2):
        done = runs.backtest(tmp_path, "--windows", "2", "--n-bootstrap", "10")
        assert done.returncode == 0, done.stderr
        assert "mean over 2 past windows" in done.stdout
        assert "stays as it was" not in done.stdout
        assert done.stderr.count("warning") == 0
        pd.testing.assert_frame_equal(query(tmp_path / "hm.duckdb", runs_of), before)
    submission = (tmp_path / "submission.csv").read_bytes()
    assert submission == (run.out / "submission.csv").read_bytes()
    lists = "from predictions.recommendations where window_id {} order by all"
    for windows in ("= 0", "in (1, 2)"):
        pd.testing.assert_frame_equal(
            query(tmp_path / "hm.duckdb", lists.format(windows)),
            query(run.database, lists.format(windows)),
        )
    scored = query(
        tmp_path / "hm.duckdb", "select distinct window_id from predictions.backtest_lists"
    )
    assert sorted(scored["window_id"]) == [1, 2]
    # The next run is compared on all windows that it has in common with the published one.
    compared = query(
        tmp_path / "hm.duckdb", "select distinct window_id from predictions.customer_scores"
    )
    assert sorted(compared["window_id"]) == [1, 2, 3]


def test_a_backtest_before_any_training_is_published_and_so_is_the_next(
    tmp_path: Path, run: Run
) -> None:
    shutil.copyfile(run.out / "hm_build.duckdb", tmp_path / "hm_build.duckdb")
    with duckdb.connect(str(tmp_path / "hm_build.duckdb")) as connection:
        connection.execute("delete from predictions.runs")
    for n_windows in ("1", "2"):
        done = runs.backtest(tmp_path, "--windows", n_windows, "--n-bootstrap", "10")
        assert done.returncode == 0, done.stderr
        assert "stays as it was" not in done.stdout
        scored = query(
            tmp_path / "hm.duckdb", "select distinct window_id from predictions.backtest_lists"
        )
        assert len(scored) == int(n_windows)
    assert report.main(["--out-dir", str(tmp_path)]) == 0


def test_a_backtest_of_more_windows_than_were_built_changes_nothing(
    tmp_path: Path, run: Run
) -> None:
    shutil.copyfile(run.out / "hm_build.duckdb", tmp_path / "hm_build.duckdb")
    done = runs.backtest(tmp_path, "--windows", "99")
    assert done.returncode == 2
    assert "n_backtest_windows: 99" in done.stderr
    assert not (tmp_path / "hm.duckdb").exists()
