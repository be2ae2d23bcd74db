"""Nothing that a window knows depends on its cutoff day, a later one, or the day of the build.

The future changed: two builds and trainings, of the data as they are, and of the same data with
every purchase from the cutoff of window 1 on given to another customer and article at another
price, and purchases added. What windows with this cutoff or an older one know must be the same in
both, and so must what is recommended in them.

Replay: two builds of the same data, as of today and as of an earlier day. Windows in common (by
cutoff: their numbers differ) must be the same in both.

The label of the last window compared, and who is scored in it, may differ: that is its future.
Models are found from dbt's manifest; one that fits none of the kinds below is compared whole.
"""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from tests.dbt import runs
from tests.dbt.many_builds import ManyBuilds

# The future itself, and what looks at it, to learn from it or to report on it: the last of the
# windows compared is left out.
LOOK_AT_THE_LABEL = {
    "window_labels",
    "window_customers",
    "scored_customers",
    "ranker_pairs",
    "abt_ranker",
    "source_report",
    "customer_scores",
    "evaluation",
    "retrieval_and_ranking",
    "source_shares",
    "system_coverage",
    "system_hits",
    "system_repeats",
}
# They hold every customer, whoever is scored: compared with all of them.
OF_ALL_CUSTOMERS = {"recent_purchases", "window_labels"}
# They add up a window's customers, who are fewer where a window is for training alone: compared
# where a window is of one kind in both builds.
ADD_UP_CUSTOMERS = {"scored_customers", "source_report"}
# Rows, counts and settings of the input: no window knows of them. stg_transactions is compared.
ABOUT_THE_INPUT = {
    "settings",
    "rejected_rows",
    "typed_transactions",
    "input_counts",
    "input_files",
    "input_profile",
    # It says how purchases are added up, not which of them: what is added up is compared.
    "bought_again",
}
# Which older days are added up follows from the windows, and so differs on another day: what is
# made of them, feat_article_popularity, does not.
OF_THE_WINDOWS = {"article_days"}
# Means over all windows, the list of runs, and what the input was in an earlier one.
OF_THE_RUN = {"system_comparison", "runs", "drift"}
# Columns that say what a window is today, or who was drawn by its label (window_customers says so
# too); and intervals, whose draws depend on which customers there are in all windows.
NOT_COMPARED = {
    "window_id",
    "is_submission",
    "is_backtest",
    "map_at_12_low",
    "map_at_12_high",
    "difference_low",
    "difference_high",
}

LAST_DAY = "2020-09-22"
CUTOFF = "2020-09-16"
# One horizon before the last: window 0 is then what window 1 is today.
EARLIER_DAY = "2020-09-15"
# So few customers that who is drawn for training matters.
VARS = (
    "n_training_windows: 4, extra_training_windows: 0, n_backtest_windows: 2, "
    "max_training_customers: 150"
)

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


def build(builds: ManyBuilds, data: Path, out: Path, more: str = "") -> Path:
    done = builds.dbt(data, out, "run", variables=f"{{{VARS}{more}}}")
    assert done.returncode == 0, done.stdout[-3000:]
    return out


@pytest.fixture(scope="module")
def before(builds: ManyBuilds, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data as they are, built and trained on."""
    out = build(builds, data, tmp_path_factory.mktemp("before") / "out")
    train(data, out)
    return out


def train(data: Path, out: Path) -> None:
    done = runs.train(data, out, "--n-bootstrap", "2")
    assert done.returncode == 0, done.stderr[-3000:]


@dataclass
class Compared:
    """What a comparison found: the models that differ, and those that it looked at."""

    changed: set[str] = field(default_factory=set)
    same: set[str] = field(default_factory=set)


def models(builds: ManyBuilds) -> dict[str, str]:
    """The schema of every model with rows, from dbt's manifest: a new one can't be forgotten.

    An ephemeral one has none: it is a part of those that read it.
    """
    manifest = builds.manifest()
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return {
        node["name"]: node["schema"]
        for node in nodes
        if node["config"]["materialized"] != "ephemeral"
    }


def filled_by_training(builds: ManyBuilds) -> set[str]:
    """The tables that training writes and the views on them."""
    manifest = builds.manifest()
    nodes = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] == "model"}
    front = {key for key, node in nodes.items() if node["schema"] == "predictions"}
    found: set[str] = set()
    while front:
        found |= front
        front = {child for key in front for child in manifest["child_map"][key]} & set(nodes)
    return {nodes[key]["name"] for key in found}


def compare(
    builds: ManyBuilds, one: Path, other: Path, last_cutoff: str, skipped: set[str]
) -> Compared:
    """Compare every model of two builds, in the windows up to the one with the last cutoff.

    Parameters
    ----------
    builds
        What made them.
    one, other
        Folders of two builds.
    last_cutoff
        Cutoff of the last window to compare, yyyy-mm-dd.
    skipped
        Models that one of the builds does not fill.
    """
    found = Compared()
    with duckdb.connect() as connection:
        for name, out in {"one": one, "other": other}.items():
            connection.execute(f"attach '{out}/hm_build.duckdb' as {name} (read_only)")
        for model, schema in models(builds).items():
            if model in ABOUT_THE_INPUT | OF_THE_RUN | skipped:
                continue
            described = connection.execute(f"describe one.{schema}.{model}").fetchall()
            columns = [str(column[0]) for column in described]
            selects = [
                select_of(model, schema, columns, build, beside, last_cutoff)
                for build, beside in (("one", "other"), ("other", "one"))
            ]
            n_rows, n_changed = connection.execute(
                f"select (select count(*) from ({selects[0]})),"
                f" (select count(*) from (({selects[0]}) except all ({selects[1]})))"
                f" + (select count(*) from (({selects[1]}) except all ({selects[0]})))"
            ).fetchall()[0]
            assert n_rows > 0, f"{model} has no rows to compare"
            (found.changed if n_changed else found.same).add(model)
    return found


def select_of(
    model: str, schema: str, columns: list[str], build: str, beside: str, last_cutoff: str
) -> str:
    """The rows of a model that may be compared with those of the build beside it."""
    table = f"{build}.{schema}.{model}"
    if "window_id" not in columns:
        known = f"where sold_on < '{last_cutoff}'" if "sold_on" in columns else ""
        return f"select * from {table} {known}"
    looks = model in LOOK_AT_THE_LABEL
    left_out = NOT_COMPARED if looks else NOT_COMPARED | {"is_training"}
    kept = ", ".join(f"rows_of.{column}" for column in columns if column not in left_out)
    conditions = [f"own.cutoff_on {'<' if looks else '<='} '{last_cutoff}'"]
    if model in ADD_UP_CUSTOMERS:
        conditions.append("own.is_backtest = its.is_backtest")
    for key in {"customer_key", "customer_id"} & set(columns):
        # Who is scored is the label's choice, and so is who may be learnt from; and of a window for
        # training alone some are drawn: compare customers that both builds score.
        if model not in OF_ALL_CUSTOMERS:
            conditions.append(
                f"(its.window_id, rows_of.{key}) in (select (scored.window_id, customers.{key})"
                f" from {beside}.main.window_customers as scored"
                f" join {beside}.main.stg_customers as customers using (customer_key))"
            )
    return (
        f"select own.cutoff_on as cutoff, {kept} from {table} as rows_of"
        f" join {build}.main.windows as own using (window_id)"
        f" join {beside}.main.windows as its on own.cutoff_on = its.cutoff_on"
        f" where {' and '.join(conditions)}"
    )


def test_every_list_of_this_file_names_models_that_exist(builds: ManyBuilds) -> None:
    lists = [LOOK_AT_THE_LABEL, OF_ALL_CUSTOMERS, ADD_UP_CUSTOMERS, ABOUT_THE_INPUT]
    listed = set().union(*lists, OF_THE_WINDOWS, OF_THE_RUN)
    assert listed <= set(models(builds))


def test_the_future_changes_nothing_that_a_window_knows(
    builds: ManyBuilds, before: Path, changed_data: Path, tmp_path: Path
) -> None:
    after = build(builds, changed_data, tmp_path / "after")
    train(changed_data, after)
    with duckdb.connect(str(after / "hm_build.duckdb"), read_only=True) as connection:
        cutoff = connection.execute("select cutoff_on from windows where window_id = 1").fetchone()
    assert cutoff is not None
    assert str(cutoff[0]) == CUTOFF
    found = compare(builds, before, after, CUTOFF, skipped=set())
    assert found.changed == set()
    assert found.same == set(models(builds)) - ABOUT_THE_INPUT - OF_THE_RUN


def test_a_replay_of_an_earlier_day_gives_the_same_windows(
    builds: ManyBuilds, data: Path, before: Path, tmp_path: Path
) -> None:
    earlier = build(builds, data, tmp_path / "earlier", f", as_of: {EARLIER_DAY}")
    with duckdb.connect(str(earlier / "hm_build.duckdb"), read_only=True) as connection:
        cutoff = connection.execute("select cutoff_on from windows where window_id = 0").fetchone()
    assert cutoff is not None
    assert str(cutoff[0]) == CUTOFF
    skipped = filled_by_training(builds) | OF_THE_WINDOWS
    found = compare(builds, before, earlier, CUTOFF, skipped)
    assert found.changed == set()
    assert found.same == set(models(builds)) - ABOUT_THE_INPUT - OF_THE_RUN - skipped


def test_a_model_that_looks_past_its_cutoff_is_caught(
    data: Path, changed_data: Path, tmp_path: Path
) -> None:
    """The test above, on a project whose windows reach a day too far: it must fail there."""
    project = runs.copy_of_project(tmp_path)
    macro = project / "macros" / "windows.sql"
    right = "{{ sold_on }} < {{ window }}.cutoff_on"
    assert macro.read_text().count(right) == 1
    macro.write_text(macro.read_text().replace(right, right.replace("<", "<=")))
    with closing(ManyBuilds(tmp_path / "dbt", project)) as wrong:
        before = build(wrong, data, tmp_path / "before")
        after = build(wrong, changed_data, tmp_path / "after")
        caught = compare(wrong, before, after, CUTOFF, filled_by_training(wrong)).changed
    assert {
        "feat_article_popularity",
        "feat_customer_activity",
        "feat_customer_article",
        "feat_customer_taste",
        "feat_customer_favourites",
        "cand_popular_overall",
        "cand_popular_per_basket",
        "cand_popular_age_band",
        "cand_own_decayed",
        "cand_bought_together",
        "recent_purchases",
        "article_pair_weights",
        "candidates",
        "abt_candidates",
        "abt_customers",
        "abt_purchases",
        "abt_classes",
    } <= caught
