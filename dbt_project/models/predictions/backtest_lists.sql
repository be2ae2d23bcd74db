-- depends_on: {{ ref("abt_customers") }}
-- depends_on: {{ ref("abt_purchases") }}
-- depends_on: {{ ref("abt_candidates") }}
-- depends_on: {{ ref("ranker_candidates") }}
-- depends_on: {{ ref("abt_ranker") }}
-- depends_on: {{ ref("window_labels") }}
{{ declared_table({
    "window_id": "integer",
    "customer_key": "integer",
    "recommendation_rank": "integer",
    "article_key": "integer",
    "system": dbt.type_string(),
}) }}
