"""Draws by shares: hash-based uniforms, cumulated shares, and tables fitted to their margins.

Everything random comes from the macro `u01`, a hash of keys and seed: DuckDB's random() gives
other numbers when the number of threads changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd


def create_macros(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Create the macros `u01(key, salt)`, uniform in [0, 1), and `gauss(key, salt)`.

    The hash is taken twice: DuckDB joins the hashes of several arguments by exclusive or, so
    with one pass two salts would give two uniforms that determine each other.
    """
    con.execute(f"""
        create or replace macro u01(key, salt) as
            (hash(hash(key, salt, {int(seed)})) >> 11)::double / 9007199254740992.0;
        create or replace macro gauss(key, salt) as
            sqrt(-2 * ln(1 - u01(key, salt))) * cos(2 * pi() * u01(key, salt || '#'));
    """)


def load(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, object]]) -> None:
    """Create a table from rows that share their keys, in their order."""
    frame = pd.DataFrame(list(rows))
    con.register("loading", frame)
    con.execute(f"create or replace table {table} as select * from loading")
    con.unregister("loading")


def cumulated(
    cells: Sequence[tuple[dict[str, object], float]], by: str | None = None
) -> list[dict[str, object]]:
    """Add `lo`, the share before each row within its `by`, so that an asof join draws a row."""
    totals: dict[object, float] = {}
    for row, share in cells:
        key = row[by] if by else None
        totals[key] = totals.get(key, 0.0) + share
    before: dict[object, float] = {}
    out = []
    for row, share in cells:
        key = row[by] if by else None
        out.append({**row, "lo": before.get(key, 0.0)})
        before[key] = before.get(key, 0.0) + share / totals[key]
    return out


def fit_table(
    rows: Mapping[str, float], columns: Mapping[str, float], allowed: set[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Fit cells to row and column totals by iterative proportional fitting.

    Returns a share for each allowed (row, column) pair; the shares sum to 1.
    """
    cells = {(r, c): rows[r] * columns[c] for r in rows for c in columns if (r, c) in allowed}
    for _ in range(60):
        for axis, targets in ((1, columns), (0, rows)):
            sums: dict[str, float] = {}
            for key, share in cells.items():
                sums[key[axis]] = sums.get(key[axis], 0.0) + share
            for key in cells:
                cells[key] *= targets[key[axis]] / sums[key[axis]]
    total = sum(cells.values())
    return {key: share / total for key, share in cells.items()}
