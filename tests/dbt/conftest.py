from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models_py import demo_data
from tests.dbt import habits, runs
from tests.dbt.many_builds import ManyBuilds

N_CUSTOMERS = 3000
# Fewer windows than so few customers would be given: the time that they take adds nothing here.
FEW_WINDOWS = "{extra_training_windows: 2, n_backtest_windows: 3}"


@dataclass(frozen=True)
class Run:
    data: Path
    out: Path
    printed: str

    @property
    def database(self) -> Path:
        return self.out / "hm.duckdb"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small demo data, of a seed and size of its own."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    arguments = ["--customers", str(N_CUSTOMERS), "--out", str(folder), "--seed", "5"]
    assert demo_data.main(arguments) == 0
    return folder


@pytest.fixture(scope="session")
def run(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole run on it: dbt build, then training."""
    out = tmp_path_factory.mktemp("run")
    return Run(demo, out, runs.build_and_train(demo, out, FEW_WINDOWS))


@pytest.fixture(scope="session")
def habitual(builds: ManyBuilds, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A whole run on little data with much to learn from: see habits.py. Not to be written into."""
    data = habits.make(tmp_path_factory.mktemp("habits") / "data")
    out = tmp_path_factory.mktemp("habitual")
    return Run(data, out, builds.run_and_train(data, out, variables=f"{{{habits.SMALL}}}"))


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManyBuilds]:
    """dbt, parsed once, for tests of many small builds."""
    builds = ManyBuilds(tmp_path_factory.mktemp("builds"))
    yield builds
    builds.close()
