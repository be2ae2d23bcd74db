-- depends_on: {{ ref("abt_ranker") }}
{{ declared_table({
    "window_id": "integer",
    "model": dbt.type_string(),
    "feature_name": dbt.type_string(),
    "gain_share": "double",
    "n_splits": "integer",
}) }}
