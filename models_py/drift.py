"""What changed in the input since the last published run."""

import duckdb
import pandas as pd


def compare(
    connection: duckdb.DuckDBPyConnection,
    earlier: pd.DataFrame,
    run_id: str | None,
    cutoff_on: object,
) -> pd.DataFrame:
    """Rows of predictions.drift: each measure of input_profile beside its earlier value.

    Parameters
    ----------
    connection
        The build, with its table input_profile.
    earlier
        measure and measured_value of the last published run.
    run_id, cutoff_on
        Which run that is, and the first day that it predicted.
    """
    connection.register("earlier_profile", earlier)
    try:
        return connection.execute(
            """
            with compared as (
                select
                    profile.measure_number,
                    profile.measure,
                    profile.comparison,
                    earlier_profile.measured_value as earlier_value,
                    profile.measured_value as current_value,
                    case
                        when profile.comparison = 'difference' then current_value - earlier_value
                        else current_value / nullif(earlier_value, 0) - 1
                    end as change,
                    profile.limit_var,
                    profile.warn_above
                from input_profile as profile
                inner join earlier_profile on profile.measure = earlier_profile.measure
            )
            select
                *,
                coalesce(abs(change) > warn_above, earlier_value is distinct from current_value)
                    as is_warning,
                cast($run_id as varchar) as earlier_run_id,
                cast($cutoff_on as date) as earlier_cutoff_on
            from compared
            order by measure_number
            """,
            {"run_id": run_id, "cutoff_on": cutoff_on},
        ).df()
    finally:
        connection.unregister("earlier_profile")


def print_drift(drift: pd.DataFrame, cutoff_on: object) -> None:
    """Print what changed, and a warning beside each change that is above its limit.

    Parameters
    ----------
    drift
        Rows of predictions.drift; none where there is no earlier run.
    cutoff_on
        The first day that this run predicts: a warning says where it is no later than that of the
        earlier run.
    """
    if drift.empty:
        print("The input: no earlier published run to compare it with.")
        return
    earlier = pd.Timestamp(drift["earlier_cutoff_on"].iloc[0]).date()
    cutoff = pd.Timestamp(str(cutoff_on)).date()
    print(
        f"What changed in the input since the last published run (cutoff {earlier}, now {cutoff})"
    )
    if cutoff <= earlier:
        print("  warning: the cutoff is no later; are the newest purchases in the file?")
    for row in drift.to_dict("records"):
        is_share = row["comparison"] == "difference"
        change = row["change"]
        values = f"{_shown(row['earlier_value'])} {_shown(row['current_value'])}"
        changed = "" if pd.isna(change) else f"{change:+.4f}" if is_share else f"{change:+.1%}"
        limit = f"{row['warn_above']:g}" if is_share else f"{row['warn_above']:.0%}"
        warning = f"   warning: more than {limit} (var {row['limit_var']})"
        if row["is_warning"] and pd.isna(change):
            warning = "   warning: was or is unknown or 0"
        print(
            f"  {row['measure']:22s} {values} {changed:>9s}{warning if row['is_warning'] else ''}"
        )


def _shown(value: float) -> str:
    if pd.isna(value):
        return f"{'unknown':>12s}"
    return f"{value:12,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:12.4f}"
