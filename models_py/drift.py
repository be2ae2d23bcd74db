"""What changed in the input since the last published run."""

from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd

NO_LATER = "the cutoff is no later; are the newest purchases in the file?"
# What `compare` measures by itself, of days that both runs know.
PAST_WEEK = "purchases_of_a_past_week"


def compare(
    connection: duckdb.DuckDBPyConnection,
    earlier: pd.DataFrame,
    earlier_days: pd.DataFrame,
    run_id: str | None,
    cutoff_on: object,
    max_past_change: float,
) -> pd.DataFrame:
    """Rows of predictions.drift: each measure beside its value in the last published run.

    Besides those of input_profile there is one of the past: weeks before the day that the earlier
    run predicted first, as far back as both know, and of them the one whose purchases are other
    ones by most. Weeks that went missing or came twice show in no other measure.

    Parameters
    ----------
    connection
        The build, with its tables input_profile, purchase_days and windows.
    earlier
        measure and measured_value of the last published run.
    earlier_days
        sold_on and n_rows of its purchase_days.
    run_id, cutoff_on
        Which run that is, and the first day that it predicted.
    max_past_change
        The change of a past week above which it is a warning.
    """
    connection.register("earlier_profile", earlier)
    connection.register("earlier_days", earlier_days)
    try:
        return connection.execute(
            """
            with ends as (
                select least(cast($cutoff_on as date), min(cutoff_on)) as ends_on
                from windows where window_id = 0
            ),
            before as (
                select cast(sold_on as date) as sold_on, n_rows from earlier_days
            ),
            known as (
                select
                    sold_on,
                    coalesce(before.n_rows, 0) as n_before,
                    coalesce(now.n_rows, 0) as n_now
                from before
                full join purchase_days as now using (sold_on)
                -- Without an earlier run there is nothing: greatest passes over nulls.
                where exists (from before) and sold_on >= greatest(
                    (select min(sold_on) from before), (select min(sold_on) from purchase_days)
                )
            ),
            weeks as (
                select
                    ends_on - 7 * cast(ceil((ends_on - sold_on) / 7) as integer) as week_from,
                    sum(n_before) as n_before,
                    sum(n_now) as n_now
                from known, ends
                where sold_on < ends_on
                group by week_from
            ),
            most_changed as (
                from weeks order by abs(n_now - n_before) desc, week_from desc limit 1
            ),
            measures as (
                select
                    profile.measure_number,
                    profile.measure,
                    profile.comparison,
                    earlier_profile.measured_value as earlier_value,
                    profile.measured_value as current_value,
                    profile.limit_var,
                    profile.warn_above,
                    cast(null as date) as week_from
                from input_profile as profile
                inner join earlier_profile on profile.measure = earlier_profile.measure
                union all
                select
                    (select max(measure_number) from input_profile) + 1,
                    $past_week,
                    'relative',
                    n_before,
                    n_now,
                    'max_past_change',
                    $max_past_change,
                    week_from
                from most_changed
            ),
            compared as (
                select
                    measure_number,
                    measure,
                    comparison,
                    earlier_value,
                    current_value,
                    case
                        when comparison = 'difference' then current_value - earlier_value
                        else current_value / nullif(earlier_value, 0) - 1
                    end as change,
                    limit_var,
                    warn_above,
                    week_from
                from measures
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
            {
                "run_id": run_id,
                "cutoff_on": cutoff_on,
                "past_week": PAST_WEEK,
                "max_past_change": max_past_change,
            },
        ).df()
    finally:
        connection.unregister("earlier_profile")
        connection.unregister("earlier_days")


def warnings(drift: pd.DataFrame, cutoff_on: object) -> list[str]:
    """What of it a person should look at, a sentence each.

    Parameters
    ----------
    drift
        Rows of predictions.drift; none where there is no earlier run.
    cutoff_on
        The first day that this run predicts.
    """
    found = []
    if not drift.empty and _day(cutoff_on) <= _day(drift["earlier_cutoff_on"].iloc[0]):
        found.append(NO_LATER)
    for row in drift[drift["is_warning"].astype(bool)].to_dict("records"):
        values = f"{_shown(row['earlier_value']).strip()} to {_shown(row['current_value']).strip()}"
        found.append(f"{_name(row)} went from {values}: {_why(row)}.")
    return found


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
    earlier, cutoff = _day(drift["earlier_cutoff_on"].iloc[0]), _day(cutoff_on)
    print(
        f"What changed in the input since the last published run (cutoff {earlier}, now {cutoff})"
    )
    if cutoff <= earlier:
        print(f"  warning: {NO_LATER}")
    rows = drift.to_dict("records")
    width = max(22, *(len(_name(row)) for row in rows))
    for row in rows:
        change = row["change"]
        values = f"{_shown(row['earlier_value'])} {_shown(row['current_value'])}"
        changed = (
            "" if pd.isna(change) else f"{change:+.4f}" if _is_share(row) else f"{change:+.1%}"
        )
        warning = f"   warning: {_why(row)}" if row["is_warning"] else ""
        print(f"  {_name(row):{width}s} {values} {changed:>9s}{warning}")


def _day(value: object) -> date:
    return pd.Timestamp(str(value)).date()


def _is_share(row: dict[Any, Any]) -> bool:
    return bool(row["comparison"] == "difference")


def _name(row: dict[Any, Any]) -> str:
    """The measure, with the days of a past week instead of their being one."""
    week_from = row.get("week_from")
    if pd.isna(week_from):
        return str(row["measure"])
    return f"purchases_{_day(week_from)}_to_{_day(week_from) + timedelta(6)}"


def _why(row: dict[Any, Any]) -> str:
    """Why a change is a warning."""
    if pd.isna(row["change"]):
        return "was or is unknown or 0"
    limit = f"{row['warn_above']:g}" if _is_share(row) else f"{row['warn_above']:.0%}"
    return f"more than {limit} (var {row['limit_var']})"


def _shown(value: float) -> str:
    if pd.isna(value):
        return f"{'unknown':>12s}"
    return f"{value:12,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:12.4f}"
