"""What dbt does before it opens its database (profiles.yml): it takes the lock of the folder."""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from models_py import run_lock


class Plugin(BasePlugin):
    """Holds the folder of the database until dbt ends."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Take the lock, right before the database is opened."""
        database = Path(creds.path)
        if not database.parent.is_dir():
            # dbt-duckdb says so itself.
            return
        try:
            run_lock.hold(database.parent, "dbt")
            run_lock.check_not_open(database)
        except (run_lock.InUseError, OSError) as problem:
            raise DbtRuntimeError(str(problem)) from problem
