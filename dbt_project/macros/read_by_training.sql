{#- For the lineage: what `python -m models_py.train` makes lists of, as the exposure training_run has it. -#}
{% macro read_by_training() %}
    {% for name in [
        "settings", "windows", "windows_planned", "window_customers", "window_labels", "stg_articles", "stg_customers",
        "abt_customers", "abt_purchases", "abt_classes", "abt_ranker", "article_attributes", "candidates", "ranker_candidates",
        "ranker_articles", "ranker_customers", "ranker_tastes", "ranker_age_bands", "feat_customer_pair", "cand_own_decayed",
        "cand_popular_overall", "cand_popular_per_basket", "cand_popular_age_band",
    ] %}
        {% do ref(name) %}
    {% endfor %}
{% endmacro %}
