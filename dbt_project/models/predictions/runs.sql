-- depends_on: {{ ref("settings") }}
-- depends_on: {{ ref("evaluation") }}
{{ declared_table({
    "started_at": "timestamp",
    "seconds": "double",
    "cutoff_on": "date",
    "horizon_days": "integer",
    "n_backtest_windows": "integer",
    "n_customers": "integer",
    "system": dbt.type_string(),
    "map_at_12": "double",
    "project_version": dbt.type_string(),
    "settings": dbt.type_string(),
}) }}
