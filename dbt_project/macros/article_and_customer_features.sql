{#- What the ranker knows of an article, whoever the customer: a column's name and what it is, by feat_article as
    `articles`. -#}
{% macro article_features() %}
{% set found = {} %}
{% for days in var("popularity_days") %}
{% do found.update({"sold_share_" ~ days ~ "d": "articles.sold_share_" ~ days ~ "d"}) %}
{% endfor %}
{% do found.update({
    "popularity_place": "articles.popularity_place",
    "trend_7d": "articles.trend_7d",
    "returning_share": "articles.returning_share",
    "returning_share_28d": "articles.returning_share_28d",
    "mean_days_to_return": "articles.mean_days_to_return",
    "sold_share": "articles.sold_share",
    "sold_share_28d_to_all": "articles.sold_share_28d / articles.sold_share",
    "days_since_first_sold": "articles.days_since_first_sold",
    "days_since_last_sold": "articles.days_since_last_sold",
    "price_now_to_91d": "articles.mean_price_7d / nullif(articles.mean_price_91d, 0)",
}) %}
{{ return(found) }}
{% endmacro %}


{#- What the ranker knows of a customer, whatever the article: the same, by stg_customers as `customers` and
    feat_customer_activity as `activity`. -#}
{% macro customer_features() %}
{{ return({
    "age": "customers.age",
    "n_shopping_days": "activity.n_shopping_days",
    "n_bought": "activity.n_bought",
    "n_bought_28d": "activity.n_bought_28d",
    "n_bought_91d": "activity.n_bought_91d",
    "days_since_last_bought": "activity.days_since_last_bought",
    "mean_days_between": "activity.mean_days_between",
    "small_basket_share": "activity.small_basket_share",
    "pieces_a_day": "activity.n_bought * 1e0 / activity.n_shopping_days",
    "online_share": "activity.online_share",
}) }}
{% endmacro %}


{#- What the ranker knows of a customer's taste for a value, by a row of feat_customer_taste, and by feat_customer_activity as
    `activity`. -#}
{% macro taste_share(taste) %}{{ taste }}.n_bought * 1e0 / activity.n_bought{% endmacro %}


{#- And of an article among the buyers of an age, by feat_article_age_band as `bands`, and by feat_article as `articles`. -#}
{% macro age_band_share() %}bands.n_sold * 1e0 / articles.n_sold_{{ var("best_seller_days") }}d{% endmacro %}
