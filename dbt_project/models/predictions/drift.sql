-- depends_on: {{ ref("input_profile") }}
-- depends_on: {{ ref("purchase_days") }}
{{ declared_table({
    "measure_number": "integer",
    "measure": dbt.type_string(),
    "comparison": dbt.type_string(),
    "earlier_value": "double",
    "current_value": "double",
    "change": "double",
    "limit_var": dbt.type_string(),
    "warn_above": "double",
    "is_warning": "boolean",
    "earlier_run_id": dbt.type_string(),
    "earlier_cutoff_on": "date",
    "week_from": "date",
}) }}
