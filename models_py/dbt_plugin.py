"""Plugin of dbt-duckdb (see profiles.yml): clears what a kill left before dbt opens the file."""

from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from models_py import database, leftovers


class Plugin(BasePlugin):
    """Called by dbt-duckdb before it connects."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Change no setting, but end with a sentence where the build file can't be opened.

        dbt would end with DuckDB's error and a traceback.

        Raises
        ------
        DbtRuntimeError
            If the file is in use, is no DuckDB file, or the disk is full.
        """
        path = Path(creds.path)
        leftovers.clear_build(path)
        try:
            duckdb.connect(creds.path, config=config).close()
        except duckdb.Error as problem:
            raise DbtRuntimeError(database.refusal(path, problem)) from problem
