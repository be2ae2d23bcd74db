{{ read_by_training() }}
{{ declared_table({
    "window_id": "integer",
    "customer_key": "integer",
    "recommendation_rank": "integer",
    "article_key": "integer",
    "system": dbt.type_string(),
}) }}
