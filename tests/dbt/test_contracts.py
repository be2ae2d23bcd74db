"""What people and Python read keeps its shape, or the build fails before they do."""

import re
from pathlib import Path

from tests.dbt import habits, runs
from tests.dbt.many_builds import ManyBuilds

# By model: what is changed in its file, and what the build then says of it.
CHANGES = {
    # A contract of dbt's own.
    "abt_classes": (
        ("    source_rank\n", "    cast(source_rank as varchar) as source_rank\n"),
        r"source_rank \| VARCHAR +\| INTEGER +\| data type mismatch",
    ),
    # One whose columns follow from vars (macros/hold_shape.sql).
    "feat_customer_favourites": (
        ("as favourite_{{ attribute }}_share", "as share_of_{{ attribute }}"),
        r"favourite_colour_group_share is missing and should be real.*"
        r"share_of_colour_group should not be there",
    ),
    "abt_candidates": (
        (
            'ref("merged_candidates"))',
            'ref("merged_candidates")) | replace("as own_share,", "|| \'\' as own_share,")',
        ),
        r"own_share is varchar and should be a number \(the columns are declared in models/abt",
    ),
}  # fmt: skip


def test_another_type_or_name_of_a_column_fails_the_build(tmp_path: Path) -> None:
    data, project = habits.make(tmp_path / "data"), runs.copy_of_project(tmp_path)
    for model, ((before, after), _) in CHANGES.items():
        (path,) = project.rglob(f"{model}.sql")
        text = path.read_text()
        assert before in text, model
        path.write_text(text.replace(before, after))
    # No rows are needed to see it.
    chosen = [f"+{model}" for model in CHANGES if model != "feat_customer_favourites"]
    done = runs.dbt(
        data, tmp_path / "out", "run", "--empty", "--select", *chosen,
        "feat_customer_favourites+1", project=project,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout[-3000:]
    failed = re.findall(r"(?:Failure|Error) in model (\w+)", done.stdout)
    assert set(failed) == set(CHANGES), done.stdout[-3000:]
    words = " ".join(done.stdout.split())
    for _, sentence in CHANGES.values():
        assert re.search(sentence, words), done.stdout[-5000:]
    # What is made from it is not made.
    assert re.search(r"SKIP relation main\.abt_customers ", done.stdout)


def test_a_model_in_pieces_that_does_not_ask_for_its_piece_fails_the_build(tmp_path: Path) -> None:
    """All of its rows would be there once a piece."""
    data, project = habits.make(tmp_path / "data"), runs.copy_of_project(tmp_path)
    path = project / "models" / "staging" / "stg_transactions.sql"
    text = path.read_text()
    assert "where {{ of_piece() }}" in text
    path.write_text(text.replace("where {{ of_piece() }}", ""))
    done = runs.dbt(
        data, tmp_path / "out", "run", "--select", "+stg_transactions",
        variables="{customers_at_once: 100}", project=project,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout[-3000:]
    assert re.findall(r"Failure in model (\w+)", done.stdout) == ["stg_transactions"]
    assert (
        "stg_transactions: its hook adds further pieces, but its SQL has no customer_key between 0 "
        "and 99; put of_piece() or of_window() where it reads."
    ) in done.stdout


def test_every_table_that_is_read_has_a_contract(builds: ManyBuilds) -> None:
    """By Python, by an exposure, by people in a folder for them, or in an example of the README."""
    manifest = builds.manifest()
    named = set(re.findall(r"[`. ]([a-z_]+)\b", (runs.ROOT / "README.md").read_text()))
    for path in (runs.ROOT / "models_py").glob("*.py"):
        named.update(re.findall(r"\b(?:from|join) (?:[a-z]+\.)?([a-z_]+)\b", path.read_text()))
    exposed = {
        node
        for exposure in manifest["exposures"].values()
        for node in exposure["depends_on"]["nodes"]
    }
    read, without = set(), set()
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "model":
            continue
        is_for_people = node["fqn"][1] in ("predictions", "reporting", "inputs")
        if is_for_people or unique_id in exposed or node["name"] in named:
            read.add(node["name"])
            hooks = [hook["sql"] for hook in node["config"]["post-hook"]]
            if not node["config"]["contract"]["enforced"] and "{{ hold_shape() }}" not in hooks:
                without.add(node["name"])
    assert {"abt_customers", "customer_tastes", "runs", "rejected_rows", "settings"} <= read
    assert without == set()
