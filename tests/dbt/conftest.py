from dataclasses import dataclass
from pathlib import Path

import pytest

from models_py import demo_data
from tests.dbt import runs

N_CUSTOMERS = 3000


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
    return Run(demo, out, runs.build_and_train(demo, out))
