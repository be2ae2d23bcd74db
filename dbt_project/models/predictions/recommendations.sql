-- depends_on: {{ ref("abt_customers") }}
-- depends_on: {{ ref("abt_purchases") }}
-- depends_on: {{ ref("abt_classes") }}
-- depends_on: {{ ref("abt_candidates") }}
-- depends_on: {{ ref("ranker_candidates") }}
-- depends_on: {{ ref("abt_ranker") }}
-- depends_on: {{ ref("cand_own_decayed") }}
-- depends_on: {{ ref("cand_popular_overall") }}
-- depends_on: {{ ref("cand_popular_per_basket") }}
-- depends_on: {{ ref("cand_popular_age_band") }}
-- depends_on: {{ ref("window_labels") }}
{{ declared_table({
    "window_id": "integer",
    "customer_key": "integer",
    "recommendation_rank": "integer",
    "article_key": "integer",
    "system": dbt.type_string(),
}) }}
