"""What dbt does when it opens its database (profiles.yml): a lock, a limit, functions for SQL."""

import gc
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from models_py import compressed, database, leftovers, pair_weights, run_lock

# DuckDB's part of HM_MEMORY_LIMIT: a build takes up to 1.44 times what DuckDB is told
# (docs/full_size.md).
BUILD_SHARE = 0.65


class Plugin(BasePlugin):
    """Holds the folder of the database until dbt ends."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Make the folder, take its lock, clear what a killed run left, and try to open the file.

        Where that fails, dbt would end with DuckDB's error and a traceback.

        Raises
        ------
        DbtRuntimeError
            If the folder can't be made or written into, it or the file is in use, the file is no
            DuckDB file, the disk is full, or HM_THREADS or HM_MEMORY_LIMIT can't be used.
        """
        path = Path(creds.path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            run_lock.hold(path.parent, "dbt")
            run_lock.check_not_open(path)
        except OSError as problem:
            raise DbtRuntimeError(
                f"{problem.filename}, which HM_OUT_DIR ({path.parent}) needs, can't be made or "
                f"opened: {problem.strerror}."
            ) from problem
        except run_lock.InUseError as problem:
            raise DbtRuntimeError(str(problem)) from problem
        leftovers.clear_build(path)
        try:
            database.bounds()
            duckdb.connect(creds.path, config=config).close()
        except database.SettingError as problem:
            raise DbtRuntimeError(str(problem)) from problem
        except duckdb.Error as problem:
            raise DbtRuntimeError(database.refusal(path, problem)) from problem

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Leave a part of HM_MEMORY_LIMIT to what DuckDB does not count as its own, and to dbt.

        SQL gets the functions `content_bytes`, `pair_weights` and `best_partners`.
        """
        # All that dbt has read of the project stays until it ends: the collector need not look
        # through it again and again.
        gc.freeze()
        database.limit_memory(conn, BUILD_SHARE)
        database.keep_blocks(conn)
        conn.create_function("content_bytes", compressed.content_bytes, [str], int)
        pair_weights.register(conn)
