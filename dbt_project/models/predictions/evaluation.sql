-- depends_on: {{ ref("customer_scores") }}
{{ declared_table({
    "window_id": "integer",
    "system": dbt.type_string(),
    "slice_kind": dbt.type_string(),
    "slice_value": dbt.type_string(),
    "n_customers": "integer",
    "map_at_12": "double",
    "map_at_12_low": "double",
    "map_at_12_high": "double",
    "difference": "double",
    "difference_low": "double",
    "difference_high": "double",
}) }}
