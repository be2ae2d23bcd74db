-- depends_on: {{ ref("abt_customers") }}
-- depends_on: {{ ref("abt_purchases") }}
-- depends_on: {{ ref("abt_classes") }}
-- depends_on: {{ ref("window_labels") }}
{{ declared_table({
    "window_id": "integer",
    "system": dbt.type_string(),
    "choice": dbt.type_string(),
    "chosen_value": "double",
    "chosen_on": dbt.type_string(),
}) }}
