-- depends_on: {{ ref("settings") }}
-- depends_on: {{ ref("input_files") }}
-- depends_on: {{ ref("evaluation") }}
{{ declared_table({
    "run_id": dbt.type_string(),
    "started_at": "timestamp",
    "seconds": "double",
    "cutoff_on": "date",
    "horizon_days": "integer",
    "n_backtest_windows": "integer",
    "n_customers": "integer",
    "system": dbt.type_string(),
    "map_at_12": "double",
    "scores": dbt.type_string(),
    "is_published": "boolean",
    "is_gate_overridden": "boolean",
    "gate_decision": dbt.type_string(),
    "build_id": dbt.type_string(),
    "inputs": dbt.type_string(),
    "settings": dbt.type_string(),
    "project_version": dbt.type_string(),
    "versions": dbt.type_string(),
    "submission_sha256": dbt.type_string(),
    "ranker_sha256": dbt.type_string(),
    "repeats_sha256": dbt.type_string(),
    "n_submission_rows": "integer",
    "n_unknown_customers": "integer",
    "warnings": dbt.type_string(),
}) }}
