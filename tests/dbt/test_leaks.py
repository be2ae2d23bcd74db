"""Nothing that a window knows may depend on its cutoff day or on a later one.

Two builds: of the data as they are, and of the same data with every purchase from the cutoff of
window 1 on given to another customer and article at another price, and purchases added. What
window 1 and the older windows know must be the same in both. The label of window 1, and who is
scored in it, may differ: that is the future which was changed.
"""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt import runs

# The future itself: which articles were bought after the cutoff, and by whom.
LABELS = {"window_labels", "window_customers"}
# They look at the label, to learn from it or to report on it.
LOOK_AT_THE_LABEL = {"scored_customers", "ranker_pairs", "abt_ranker", "source_report"}
# They hold every customer, whoever is scored: compared whole.
OF_ALL_CUSTOMERS = {"recent_purchases"}
# Views on what training writes.
FILLED_BY_TRAINING = {
    "recommended_articles",
    "retrieval_and_ranking",
    "source_shares",
    "system_coverage",
    "system_hits",
    "system_repeats",
}
CHANGED_WINDOW = 1
LAST_DAY = "2020-09-22"
CUTOFF = "2020-09-16"

CHANGED_PURCHASES = f"""
    with customers_turned as (
        select customer_id, lag(customer_id, 7) over (order by customer_id) as other_customer
        from customers
    ),
    articles_turned as (
        select article_id, lag(article_id, 11) over (order by article_id) as other_article
        from articles
    ),
    future as (
        select t_dat, other_customer, other_article, price::double * 3 as price, sales_channel_id
        from transactions_train
        join customers_turned using (customer_id)
        join articles_turned using (article_id)
        where t_dat >= '{CUTOFF}' and other_customer is not null and other_article is not null
    )
    select t_dat, customer_id, article_id, price, sales_channel_id
    from transactions_train where t_dat < '{CUTOFF}'
    union all
    select t_dat, other_customer, other_article, price::varchar, sales_channel_id from future
    union all
    select '{CUTOFF}', other_customer, other_article, '0.5', '1' from future
    union all
    select '{LAST_DAY}', other_customer, other_article, '0.5', '1' from future
    order by all
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, demo: Path) -> Path:
    return runs.write_inputs(
        tmp_path_factory.mktemp("before") / "data",
        {name: f"from {name}" for name in runs.FILES},
        source=demo,
    )


@pytest.fixture(scope="module")
def changed_data(tmp_path_factory: pytest.TempPathFactory, demo: Path) -> Path:
    return runs.write_inputs(
        tmp_path_factory.mktemp("after") / "data",
        {
            "articles": "from articles",
            "customers": "from customers",
            "transactions_train": CHANGED_PURCHASES,
        },
        source=demo,
    )


def build(data: Path, out: Path, project: Path) -> Path:
    done = runs.dbt(data, out, "run", project=project)
    assert done.returncode == 0, done.stdout[-3000:]
    return out


def models_of_a_window(out: Path) -> list[str]:
    """Every model with a column window_id, from dbt's manifest: a new one can't be forgotten."""
    manifest = json.loads((out / "target" / "manifest.json").read_text())
    names = [n["name"] for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    with duckdb.connect(str(out / "hm_build.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select table_name from duckdb_columns() where column_name = 'window_id'"
            " and schema_name = 'main'"
        ).fetchall()
    return sorted({row[0] for row in rows} & set(names) - LABELS)


def changed_models(before: Path, after: Path) -> list[str]:
    """Models whose rows of the changed window or an older one differ between two builds."""
    found = []
    with duckdb.connect() as connection:
        for name, out in {"before": before, "after": after}.items():
            connection.execute(f"attach '{out}/hm_build.duckdb' as {name} (read_only)")
        for model in models_of_a_window(before):
            columns = connection.execute(f"describe before.main.{model}").fetchall()
            names = [str(column[0]) for column in columns]
            selects = []
            for name, other in (("before", "after"), ("after", "before")):
                # Who is scored in the changed window is its label's choice, and so is who may be
                # learnt from: compare customers that both builds score.
                both = (
                    f"and (window_id > {CHANGED_WINDOW} or customer_key in (select customer_key"
                    f" from {other}.main.window_customers where window_id = {CHANGED_WINDOW}))"
                    if "customer_key" in names and model not in OF_ALL_CUSTOMERS
                    else ""
                )
                if model in LOOK_AT_THE_LABEL:
                    both = f"and window_id > {CHANGED_WINDOW}"
                selects.append(
                    f"select * exclude (window_id), window_id from {name}.main.{model}"
                    f" where window_id >= {CHANGED_WINDOW} {both}"
                )
            n_rows, n_changed = connection.execute(
                f"select (select count(*) from ({selects[0]})),"
                f" (select count(*) from (({selects[0]}) except all ({selects[1]})))"
                f" + (select count(*) from (({selects[1]}) except all ({selects[0]})))"
            ).fetchall()[0]
            if n_changed:
                found.append(model)
            assert n_rows > 0 or model in FILLED_BY_TRAINING, f"{model} has no rows to compare"
    return found


def test_the_future_changes_nothing_that_a_window_knows(
    data: Path, changed_data: Path, tmp_path: Path
) -> None:
    project = runs.ROOT / "dbt_project"
    before = build(data, tmp_path / "before", project)
    after = build(changed_data, tmp_path / "after", project)
    with duckdb.connect(str(after / "hm_build.duckdb"), read_only=True) as connection:
        cutoff = connection.execute("select cutoff_on from windows where window_id = 1").fetchone()
    assert cutoff is not None
    assert str(cutoff[0]) == CUTOFF
    assert {"feat_customer_taste", "abt_purchases", "abt_classes"} < set(models_of_a_window(before))
    assert changed_models(before, after) == []


def test_a_model_that_looks_past_its_cutoff_is_caught(
    data: Path, changed_data: Path, tmp_path: Path
) -> None:
    """The test above, on a project whose windows reach a day too far: it must fail there."""
    project = tmp_path / "dbt_project"
    shutil.copytree(
        runs.ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs")
    )
    macro = project / "macros" / "windows.sql"
    right = "{{ sold_on }} < {{ window }}.cutoff_on"
    assert macro.read_text().count(right) == 1
    macro.write_text(macro.read_text().replace(right, right.replace("<", "<=")))
    before = build(data, tmp_path / "before", project)
    after = build(changed_data, tmp_path / "after", project)
    caught = changed_models(before, after)
    assert {
        "feat_article_popularity",
        "feat_customer_activity",
        "feat_customer_article",
        "feat_customer_taste",
        "feat_customer_favourites",
        "cand_popular_overall",
        "cand_popular_age_band",
        "cand_own_decayed",
        "cand_bought_together",
        "recent_purchases",
        "feat_article_pair",
        "candidates",
        "abt_candidates",
        "abt_customers",
        "abt_purchases",
        "abt_classes",
    } <= set(caught)
