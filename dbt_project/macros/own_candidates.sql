{#- A source of what a customer bought before and others still buy, the highest value of a column of
    feat_customer_article first, of two alike the one bought last; where `least` is given, of those rows alone in which
    it is above that.

    The model has the hook insert_other_pieces.

    Arguments: source; score, the column; least; unit, by what the column is multiplied to be whole. -#}
{% macro own_candidates(source, score, least=none, unit=1) %}
with customer_articles as (

    select * from {{ ref("feat_customer_article") }}
    where {{ of_piece() }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}
    where {{ of_piece() }}

),

-- What nobody has bought for so long is not on sale any more.
articles_on_sale as (

    select
        window_id,
        article_key
    from {{ ref("feat_article_popularity") }}
    where days_since_last_sold <= {{ var("max_days_unsold") }}

),

-- One number orders them: score (29 bits), then how late (12 bits), then the lower article_key.
numbers as (

    select
        customer_articles.window_id,
        customer_articles.customer_key,
        {{ with_article(
            "(cast(least(round(cast(customer_articles." ~ score ~ " as double) * " ~ unit ~ "), 536870911) as bigint) << 12)"
            ~ " | (4095 - least(customer_articles.days_since_last_bought, 4095))",
            "customer_articles.article_key"
        ) }} as number
    from customer_articles
    inner join articles_on_sale
        on
            customer_articles.window_id = articles_on_sale.window_id
            and customer_articles.article_key = articles_on_sale.article_key
    {% if least is not none %}
    where customer_articles.{{ score }} > {{ least }}
    {% endif %}

),

{{ highest_in_budget(source, "(whole_number >> 12) / " ~ unit ~ ".0") }}
{% endmacro %}
