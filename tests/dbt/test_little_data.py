"""Data with little in them: few days, no training window, few articles, other forms of file."""

import gzip
import re
from pathlib import Path

import duckdb
import yaml

from models_py.submission import check_submission, read_submission
from models_py.systems import system_names
from models_py.two_stages import NAMES
from tests.dbt import runs
from tests.dbt.many_builds import ManyBuilds
from tests.dbt.test_bad_input import ARTICLES, CUSTOMERS, make

# dbt build, without the unit tests, which look at no data.
BUILD = ("build", "--exclude-resource-type", "unit_test")
# All that bears on what is built, with another value.
OTHER = """{
    as_of: '2020-01-05', horizon_days: 5, min_past_windows: 2, n_training_windows: 4,
    extra_training_windows: 3, enough_training_customers: 500, n_backtest_windows: 2,
    history_days: 300, min_history_days: 30, max_training_customers: 700,
    popularity_days: [1, 2, 3, 5, 7, 10, 28], best_seller_days: 5, max_age_band_prior: 10,
    n_popular: 30, n_classes: 40, purchase_grain: [product],
    taste_attributes: {colour_group: colour_group_name, graphical_appearance:
        graphical_appearance_name, product_type: product_type_name, department: department_name,
        index_group: index_group_name, shade: perceived_colour_value_name},
    candidate_sources: {own_decayed: {for: customer, most: 9}, own_count: {for: customer, most:
        5, keep_score: true}, popular_1d: {for: everyone, most: 6}, popular_age_band: {for:
        age_band, most: 7}},
    max_days_unsold: 60, customers_at_once: 300,
    candidate_shares: {within_30_days: 0.6, within_91_days: 0.4, longer_ago: 0.2, never: 0.9},
    customers_in_full: 10, decay_days: [10, 30], own_decay_days: 30, n_favourites: 2,
    n_variants: 3, recent_days: 20, max_recent_articles: 9, max_recent_purchases: 7,
    n_pair_articles: 50, max_pair_customers: 300, pair_penalty: 20, max_pairs_of_customer: 9,
    n_neighbours: 5, max_common_buyers: 6, max_negatives: 8, age_band_ends: [25, 35, 50],
    unknown_postal_code_share: 0.5, max_rejected_share: 0.5, earliest_day: '2019-01-01',
    max_price: 100, max_days_without_purchases: 20, max_stray_share: 0.2
}"""
SMALL = "{n_training_windows: 1, extra_training_windows: 0, n_backtest_windows: 1}"


def recommended(out: Path) -> dict[str, list[str]]:
    rows = read_submission(out / "submission.csv")
    return {
        customer: lists.split()
        for customer, lists in zip(rows["customer_id"], rows["prediction"], strict=True)
    }


def test_four_days_and_a_horizon_of_three(builds: ManyBuilds, demo: Path, tmp_path: Path) -> None:
    """Past windows of one day's label each: three, where there would be one of three days."""
    data = runs.write_inputs(
        tmp_path / "data",
        {
            "articles": "from articles",
            "customers": "from customers",
            "transactions_train": "from transactions_train where t_dat >= '2020-09-19'",
        },
        source=demo,
    )
    out = tmp_path / "out"
    printed = builds.run_and_train(data, out, *BUILD, variables="{horizon_days: 3}")
    assert "Windows 0 to 3, cutoffs 2020-09-23 back to 2020-09-20." in printed
    assert "the past windows look 1 day ahead, not 3 as the recommendations do" in printed
    assert "Left out: windows 4 to 10" in printed
    with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
        systems = connection.execute(
            "select distinct system from predictions.evaluation where window_id = 1"
        ).fetchall()
        chosen_on = connection.execute(
            "select distinct chosen_on from predictions.choices "
            "where window_id = 0 and system = 'blend'"
        ).fetchall()
        articles = connection.execute("select article_id from stg_articles").fetchall()
        customers = connection.execute("select customer_id from stg_customers").fetchall()
    expected = {*system_names(["department", "article"]), *NAMES}
    assert {row[0] for row in systems} == expected
    # Fewer than a hundred buy in these windows.
    assert chosen_on == [("too few past buyers to choose by: default",)]
    ids = [row[0] for row in customers]
    order = [
        row[0]
        for row in duckdb.execute(
            f"select customer_id from read_csv('{data}/customers.csv', all_varchar = true)"
        ).fetchall()
    ]
    assert sorted(order) == sorted(ids)
    assert check_submission(out / "submission.csv", order, [row[0] for row in articles])


def test_one_day(builds: ManyBuilds, tmp_path: Path) -> None:
    """No past window at all: best sellers for everyone, and no word of accuracy."""
    one_day = """
        select '2020-01-01' as t_dat, 'customer' || (i % 10) as customer_id,
               '0' || lpad((100000000 + i % 3)::varchar, 9, '0') as article_id,
               '0.05' as price, '1' as sales_channel_id
        from range(20) as r(i)
    """
    data = runs.write_inputs(
        tmp_path / "data",
        {"articles": ARTICLES, "customers": CUSTOMERS, "transactions_train": one_day},
    )
    printed = builds.run_and_train(data, tmp_path / "out", *BUILD)
    assert "No past window could be scored" in printed
    assert "Before it was published: nothing was checked, as no past window was scored." in printed
    lists = recommended(tmp_path / "out")
    assert len(lists) == 10
    sold = {"0100000000", "0100000001", "0100000002"}
    assert all(set(articles[:3]) == sold for articles in lists.values())
    assert all(len(set(articles)) == 12 for articles in lists.values())


def test_a_source_off_the_list_gives_no_candidates(builds: ManyBuilds, tmp_path: Path) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    sources = "{own_count: {for: customer, most: 20}, popular_3d: {for: everyone, most: 12}}"
    builds.run_and_train(data, out, variables=f"{{candidate_sources: {sources}}}")
    with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
        shown = connection.execute("select distinct source from source_report").fetchall()
        left_out = connection.execute("select count(*) from cand_same_product").fetchall()
        columns = {row[0] for row in connection.execute("describe candidates").fetchall()}
    assert {row[0] for row in shown} == {"own_count", "popular_3d", "all sources"}
    assert left_out == [(0,)]
    assert "own_count_rank" in columns
    assert "own_decayed_rank" not in columns


def test_sample_submission_gives_the_customers_and_their_order(
    builds: ManyBuilds, tmp_path: Path
) -> None:
    data = make(tmp_path / "data")
    wanted = ["customer7", "stranger", "customer0", "customer3"]
    lines = [f"{customer},0100000000" for customer in wanted]
    (data / "sample_submission.csv").write_text("\n".join(["customer_id,prediction", *lines, ""]))
    printed = builds.run_and_train(data, tmp_path / "out", variables=SMALL)
    lists = recommended(tmp_path / "out")
    assert "\n4 customers with twelve articles each: " in printed
    assert "the best sellers are recommended: 1 of them." in printed
    assert "Not in sample_submission, which says who gets a row: 7 customers." in printed
    assert list(lists) == wanted
    assert all(len(set(articles)) == 12 for articles in lists.values())


def test_what_only_compiles_leaves_the_build_as_it_is(builds: ManyBuilds, tmp_path: Path) -> None:
    """dbt docs generate and dbt compile call the hooks of a run, and run nothing."""
    data, out = make(tmp_path / "data"), tmp_path / "out"
    state = "select (select count(*) from raw.unfinished), build_id from raw.build"

    def after(*command: str) -> tuple[int, str]:
        done = builds.dbt(data, out, *command)
        assert done.returncode == 0, done.stdout[-3000:]
        with duckdb.connect(str(out / "hm_build.duckdb"), read_only=True) as connection:
            (found,) = connection.execute(state).fetchall()
        return found

    # Where nothing is built yet, too.
    assert builds.dbt(data, out, "docs", "generate").returncode == 0
    built = after("run")
    assert built[0] == 0
    assert after("compile", "--select", "stg_customers") == built
    assert after("docs", "generate", "--select", "stg_customers") == built
    assert after("run", "--select", "stg_customers") != built


def test_training_warns_of_tables_that_were_not_tested(builds: ManyBuilds, tmp_path: Path) -> None:
    data, out = make(tmp_path / "data"), tmp_path / "out"
    warning = "data tests have not passed on these tables; run dbt test"

    def is_warned(*command: str) -> bool:
        done = builds.dbt(data, out, *command, variables=SMALL)
        assert done.returncode == 0, done.stdout[-3000:]
        trained = runs.train(data, out)
        assert trained.returncode == 0, trained.stderr
        return warning in trained.stderr

    assert not is_warned(*BUILD)
    assert is_warned("run", "--select", "stg_customers")
    assert not is_warned("test", "--select", "stg_customers", "test_type:data")


def test_tables_of_two_inputs_are_no_build(builds: ManyBuilds, tmp_path: Path) -> None:
    data, other, out = make(tmp_path / "data"), make(tmp_path / "other"), tmp_path / "out"
    customers = (other / "customers.csv").read_text()
    (other / "customers.csv").write_text(customers + "one more,,,,,31,\n")
    builds.run_and_train(data, out, variables=SMALL)

    said = []

    def refused(*command: str, folder: Path, variables: str) -> bool:
        done = builds.dbt(folder, out, *command, variables=variables)
        assert done.returncode == 0, done.stdout[-3000:]
        said.extend(re.findall("of the build that is there: (.*?)\\. All models", done.stdout))
        trained = runs.train(folder, out)
        assert ("is not a finished build" in trained.stderr) == (trained.returncode == 2)
        return trained.returncode == 2

    assert not refused("run", "--select", "abt_ranker", folder=data, variables=SMALL)
    # Of no rows.
    assert refused("run", "--empty", "--select", "abt_ranker", folder=data, variables=SMALL)
    assert not refused("run", "--select", "abt_ranker", folder=data, variables=SMALL)
    assert refused("run", "--select", "stg_customers", folder=other, variables=SMALL)
    # Of the other input now: all of it is. Limits of warnings make no table.
    assert not refused("run", folder=other, variables=SMALL)
    limits = SMALL.replace("}", ", max_price_change: 0.5}")
    assert not refused("run", "--select", "settings", folder=other, variables=limits)
    assert refused(
        "run",
        "--select",
        "settings",
        folder=other,
        variables=SMALL.replace("}", ", n_popular: 50}"),
    )
    assert said == ["articles, customers, transactions_train", "n_popular"]


def test_a_model_of_an_earlier_run_goes_where_a_run_has_none(
    builds: ManyBuilds, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("ranker", "repeats"):
        (out / f"{name}.txt").write_text("of an earlier run")
    builds.run_and_train(make(tmp_path / "data"), out, variables=SMALL)
    assert not list(out.glob("*.txt"))
    with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
        digests = connection.execute(
            "select submission_sha256 is null, ranker_sha256, repeats_sha256 from predictions.runs"
        ).fetchall()
    assert digests == [(False, None, None)]


def test_other_forms_of_file_give_the_same_submission(builds: ManyBuilds, tmp_path: Path) -> None:
    data = make(tmp_path / "csv")
    other = tmp_path / "other"
    other.mkdir()
    articles = (data / "articles.csv").read_bytes()
    in_two = gzip.compress(articles[:1000]) + gzip.compress(articles[1000:])
    (other / "articles.csv.gz").write_bytes(in_two)
    with duckdb.connect() as connection:
        for name, ending in {"customers": "parquet", "transactions_train": "csv.zst"}.items():
            rows = connection.read_csv(str(data / f"{name}.csv"), all_varchar=True)
            if ending == "parquet":
                rows.write_parquet(str(other / f"{name}.parquet"))
            else:
                rows.write_csv(str(other / f"{name}.csv.zst"), compression="zstd")
    # A frame to be skipped before it, as pzstd writes it.
    packed = other / "transactions_train.csv.zst"
    packed.write_bytes(b"\x50\x2a\x4d\x18\4\0\0\0size" + packed.read_bytes())
    builds.run_and_train(data, tmp_path / "out", variables=SMALL)
    builds.run_and_train(other, tmp_path / "out2", variables=SMALL)
    first = (tmp_path / "out" / "submission.csv").read_bytes()
    assert (tmp_path / "out2" / "submission.csv").read_bytes() == first
    assert b",0100000" in first


def test_each_grain_is_a_system_of_its_own(demo: Path, tmp_path: Path) -> None:
    # Which models abt_purchases reads hangs on the var, so the project is parsed with it.
    variables = SMALL.replace("}", ", purchase_grain: [product, article]}")
    done = runs.dbt(demo, tmp_path, "run", variables=variables)
    assert done.returncode == 0, done.stdout[-3000:]
    trained = runs.train(demo, tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert purchases_systems(tmp_path) == {"purchases_product", "purchases_article"}


def purchases_systems(out: Path) -> set[str]:
    with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
        systems = connection.execute(
            "select distinct system from predictions.evaluation where system like 'purchases_%'"
        ).fetchall()
    return {row[0] for row in systems}


def test_unit_tests_do_not_depend_on_what_is_set(demo: Path, tmp_path: Path) -> None:
    """`dbt build --vars` has them, as the README says it."""
    done = runs.dbt(demo, tmp_path, "build", variables=OTHER)
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_var_that_bears_on_the_build_has_another_value() -> None:
    rules = yaml.safe_load((runs.ROOT / "dbt_project" / "dbt_project.yml").read_text())["vars"]
    other = yaml.safe_load(OTHER)
    assert {name for name in rules if name not in other} == {
        name for name in rules if name.startswith("max_") and name.endswith("_change")
    }
    assert [name for name in other if other[name] == rules[name]] == []


def test_a_taste_attribute_is_one_line_of_the_list_and_a_grain(demo: Path, tmp_path: Path) -> None:
    project = runs.copy_of_project(tmp_path)
    settings = project / "dbt_project.yml"
    line = "    index_group: index_group_name\n"
    assert settings.read_text().count(line) == 1
    # The second is called as what is made of another.
    more = "    shade: perceived_colour_value_name\n    second_department: colour_group_name\n"
    settings.write_text(settings.read_text().replace(line, line + more))
    out = tmp_path / "out"
    # A grain alone needs no list.
    variables = SMALL.replace("}", ", purchase_grain: shade}")
    done = runs.dbt(demo, out, "build", variables=variables, project=project)
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(out / "hm_build.duckdb"), read_only=True) as connection:
        ((shades, mixed_up),) = connection.execute(
            """
            select count(distinct favourite_shade),
                count(*) filter (where favourite_second_department <> favourite_colour_group)
            from abt_customers where window_id = 0
            """
        ).fetchall()
    assert shades > 3
    assert mixed_up == 0
    trained = runs.train(demo, out)
    assert trained.returncode == 0, trained.stderr
    assert purchases_systems(out) == {"purchases_shade"}
