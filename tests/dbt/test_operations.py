"""The script of docs/operations.md, as cron calls it, and its way back."""

import re
import subprocess
from pathlib import Path

import duckdb

from tests.dbt import habits, runs


def test_the_weekly_script_and_its_way_back(tmp_path: Path) -> None:
    data, out = habits.make(tmp_path / "data"), tmp_path / "out"
    text = (runs.ROOT / "docs" / "operations.md").read_text()
    weekly, way_back = re.findall(r"```sh\n(.*?)```", text, re.S)
    for told, here in {
        "app=/opt/next-week ": f"app={runs.ROOT} ",
        "HM_DATA_DIR=/srv/purchases": f"HM_DATA_DIR={data}",
        "HM_OUT_DIR=/srv/next-week": f"HM_OUT_DIR={out}",
        # As dbt_project.yml would have it.
        "unit_test\n": f"unit_test --vars '{{{habits.SMALL}}}'\n",
    }.items():
        assert weekly.count(told) == 1
        weekly = weekly.replace(told, here)

    def run(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", script], cwd="/", env={"PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip

    def published() -> list[tuple[bool]]:
        with duckdb.connect(str(out / "hm.duckdb"), read_only=True) as connection:
            select = "select is_published from predictions.runs order by started_at"
            return connection.execute(select).fetchall()

    files = ("hm.duckdb", "submission.csv")
    first = run(weekly)
    assert first.returncode == 0, first.stdout + first.stderr
    # Nothing of dbt's where there is nothing wrong.
    assert "PASS" not in first.stdout
    before = {name: (out / name).read_bytes() for name in files}
    # The same purchases once more: the export has stopped.
    stopped = run(weekly)
    assert stopped.returncode == 3
    assert "the cutoff is no later" in stopped.stderr
    assert {name: (out / name).read_bytes() for name in files} == before
    second = run(weekly.replace(" --stop-on-warnings", ""))
    assert second.returncode == 0, second.stderr
    assert published() == [(True,), (False,), (True,)]
    back = run(f"export HM_OUT_DIR={out}\n{way_back}")
    assert back.returncode == 0, back.stderr
    assert {name: (out / name).read_bytes() for name in files} == before
