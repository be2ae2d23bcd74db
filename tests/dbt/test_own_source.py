"""A source of candidates of one's own, as the README has it: a file, and a line."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt import habits, runs
from tests.dbt.many_builds import ManyBuilds

MOST = 3


def test_the_source_of_the_readme_gives_candidates_up_to_its_most(tmp_path: Path) -> None:
    """Ranks beyond it would stand in the bits of the next source."""
    data, project = habits.make(tmp_path / "data"), runs.copy_of_project(tmp_path)
    readme = (runs.ROOT / "README.md").read_text()
    found = re.search(r"`cand_returning\.sql`.*?```sql\n(.*?)```.*?```yaml\n(.*?)```", readme, re.S)
    assert found is not None
    model, line = found.groups()
    # The README's threshold is for more customers than these.
    assert "n_sold_28d >= 20" in model
    (project / "models" / "candidates" / "cand_returning.sql").write_text(
        model.replace("n_sold_28d >= 20", "n_sold_28d >= 1")
    )
    assert "most: 10" in line
    settings = project / "dbt_project.yml"
    text = settings.read_text()
    assert "  candidate_sources:\n" in text
    settings.write_text(
        text.replace(
            "  candidate_sources:\n",
            "  candidate_sources:\n" + line.replace("most: 10", f"most: {MOST}"),
        )
    )
    done = runs.dbt(
        data, tmp_path / "out", "run", "--select", "+candidates",
        variables=f"{{{habits.SMALL}}}", project=project,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(tmp_path / "out" / "hm_build.duckdb"), read_only=True) as connection:
        given, highest, wrong = connection.execute(
            """
            select (select max(source_rank) from cand_returning), max(returning_rank),
                count(*) filter (where own.source_rank is distinct from own_decayed_rank)
            from candidates
            left join cand_own_decayed as own using (window_id, customer_key, article_key)
            """
        ).fetchall()[0]
    assert given > MOST
    assert highest == MOST
    assert wrong == 0


def test_a_source_that_is_for_others_than_it_says_is_refused(
    builds: ManyBuilds, tmp_path: Path
) -> None:
    """The ranks that all customers have in their own lists would be mixed to one."""
    data = habits.make(tmp_path / "data")
    sources = "{own_count: {for: everyone, most: 9}, own_decayed: {for: customer, most: 9}}"
    done = builds.dbt(
        data, tmp_path / "out", "run", "--select", "+merged_candidates",
        variables=f"{{{habits.SMALL}, candidate_sources: {sources}}}",
    )  # fmt: skip
    assert done.returncode == 1
    assert (
        "candidate_sources: own_count is for everyone, and cand_own_count has customer_key;"
        in done.stdout
    )


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        ("update cand_own_count set source_rank = source_rank - 1", "a rank that is no whole"),
        ("update cand_popular_3d set source_rank = 2 where source_rank = 1", "a rank twice"),
        (
            "insert into cand_popular_age_band by name select * replace (1000 as source_rank) "
            "from cand_popular_age_band where source_rank = 1",
            "an article twice",
        ),
        (
            "delete from candidate_budgets where window_id = 1",
            "customer_key .*, a customer who is not scored in it",
        ),
    ],
)
def test_a_list_that_would_be_mixed_or_is_for_others_is_refused(
    spoil: str, what: str, built: Path, builds: ManyBuilds, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(built / "out", out)
    with duckdb.connect(str(out / "hm_build.duckdb")) as connection:
        connection.execute(spoil)
    done = builds.dbt(
        built / "data", out, "run", "--select", "merged_candidates",
        variables=f"{{{habits.SMALL}}}",
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search(f"cand_[a-z0-9_]+ has, in window .*, {what}", done.stdout), done.stdout[-3000:]


def test_a_list_for_customers_ends_where_their_share_does(
    built: Path, builds: ManyBuilds, tmp_path: Path
) -> None:
    """One of the project ends there by itself; one of a user's own need not."""
    out = tmp_path / "out"
    shutil.copytree(built / "out", out)
    with duckdb.connect(str(out / "hm_build.duckdb")) as connection:
        connection.execute("update candidate_budgets set budget_share = 0.125")
    done = builds.dbt(
        built / "data", out, "run", "--select", "merged_candidates",
        variables=f"{{{habits.SMALL}}}",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(out / "hm_build.duckdb"), read_only=True) as connection:
        (found,) = connection.execute(
            """
            select (select max(source_rank) from cand_similar_customers),
                max(similar_customers_rank), max(popular_overall_rank)
            from candidates
            """
        ).fetchall()
    # The var has 8 and 14.
    assert found == (2, 1, 2)


@pytest.fixture(scope="module")
def built(builds: ManyBuilds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, and out, in which all lists are built."""
    folder = tmp_path_factory.mktemp("lists")
    data = habits.make(folder / "data")
    done = builds.dbt(
        data, folder / "out", "run", "--select", "+candidates",
        variables=f"{{{habits.SMALL}}}",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    return folder
