"""Features of one's own, as the README has them: a line each."""

import re
from pathlib import Path

import duckdb

from tests.dbt import habits, runs

# What stands before the README's line: the first line of the macro, or the column.
PLACES = {
    "article_and_customer_features.sql": "{% do found.update({\n",
    "candidate_features.sql": "    own.n_times as own_n_times,\n",
}


def test_the_features_of_the_readme_are_learnt_from(tmp_path: Path) -> None:
    """Scoring has them from two other places than training (docs/decisions/0012)."""
    data, project = habits.make(tmp_path / "data"), runs.copy_of_project(tmp_path)
    readme = (runs.ROOT / "README.md").read_text()
    section = re.search(r"## A feature more\n(.*?)\n## ", readme, re.S)
    assert section is not None
    lines = re.findall(r"```sql\n(.*?)```", section.group(1), re.S)
    assert len(lines) == len(PLACES)
    for (macro, place), line in zip(PLACES.items(), lines, strict=True):
        path = project / "macros" / macro
        text = path.read_text()
        assert text.count(place) >= 1
        before, after = text.rsplit(place, 1)
        path.write_text(before + place + line + after)
    out = tmp_path / "out"
    built = runs.dbt(data, out, "build", variables=f"{{{habits.SMALL}}}", project=project)
    assert built.returncode == 0, built.stdout[-3000:]
    trained = runs.train(data, out, "--publish-anyway")
    assert trained.returncode == 0, trained.stderr
    with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
        known = connection.execute(
            "select count(week_to_month), count(own_pieces_a_time) from abt_ranker"
        ).fetchall()[0]
        learnt = connection.execute(
            "select distinct feature_name from predictions.ranker_features "
            "where feature_name in ('week_to_month', 'own_pieces_a_time') order by 1"
        ).fetchall()
    assert min(known) > 0
    assert learnt == [("own_pieces_a_time",), ("week_to_month",)]
