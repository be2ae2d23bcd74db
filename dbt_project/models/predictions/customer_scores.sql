-- depends_on: {{ ref("recommendations") }}
{{ declared_table({
    "window_id": "integer",
    "system": dbt.type_string(),
    "customer_key": "integer",
    "average_precision": "double",
}) }}
