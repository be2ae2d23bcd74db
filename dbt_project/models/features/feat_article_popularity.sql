-- noqa: disable=LT02
{% set amounts = [
    "n_sold", "n_buyers", "n_returning", "days_since_bought_before", "revenue", "n_sold_online", "n_sold_of_known_channel",
    "n_sold_of_known_age", "sum_of_ages"
] %}
with article_days as (

    select * from {{ ref("article_days") }}

),

windows as (

    select * from {{ ref("windows") }}

),

bounds as (

    {{ bounds_of_sales() | indent(4) }}

),

-- Old days that every window knows are one row of an article.
old as (

    select article_days.*
    from article_days
    cross join bounds
    where article_days.sold_on >= bounds.history_from and article_days.sold_on < bounds.recent_from

),

recent as (

    select article_days.*
    from article_days
    cross join bounds
    where article_days.sold_on < bounds.history_from or article_days.sold_on >= bounds.recent_from

),

known_days as (

    {{ days_of_history() | indent(4) }}

),

history as (

    select
        *,
        {{ decayed_millionths("days_ago", var("best_seller_days")) }} as score_of_one
    from known_days

),

counted_recent as (

    select
        history.window_id,
        recent.article_key,
        min(recent.sold_on) as first_sold_on,
        max(recent.sold_on) as last_sold_on,
        -- All are whole numbers but the revenue, which is decimal.
        {% for days in var("popularity_days") %}
        {{ whole_sum(of_last("recent.n_sold", "history.days_ago", days)) }} as n_sold_{{ days }}d,
        {% endfor %}
        {{ whole_sum("recent.n_sold * history.score_of_one") }} as popularity_score,
        {{ whole_sum(of_last("recent.n_sold", "history.days_ago", 7)) }} as n_sold_last_week,
        {{ whole_sum(of_last("recent.n_sold", "history.days_ago", 14)) }} as n_sold_two_weeks,
        {{ whole_sum(of_last("recent.n_sold", "history.days_ago", 91)) }} as n_sold_quarter,
        sum({{ of_last("recent.revenue", "history.days_ago", 7) }}) as revenue_last_week,
        sum({{ of_last("recent.revenue", "history.days_ago", 91) }}) as revenue_quarter,
        {{ whole_sum(of_last("recent.n_buyers", "history.days_ago", 28)) }} as n_buyers_28d,
        {{ whole_sum(of_last("recent.n_returning", "history.days_ago", 28)) }} as n_returning_28d,
        {% for amount in amounts %}
        {{ "sum(recent.revenue)" if amount == "revenue" else whole_sum("recent." ~ amount) }} as {{ amount }}
        {{ "," if not loop.last }}
        {% endfor %}
    from history
    inner join recent on history.sold_on = recent.sold_on
    group by history.window_id, recent.article_key

),

known_old as (

    select
        windows.window_id,
        old.*
    from windows
    inner join old on {{ in_history("old.sold_on", "windows") }}

),

counted as (

    select
        coalesce(counted_recent.window_id, known_old.window_id) as window_id,
        coalesce(counted_recent.article_key, known_old.article_key) as article_key,
        least(counted_recent.first_sold_on, known_old.first_sold_on) as first_sold_on,
        greatest(counted_recent.last_sold_on, known_old.sold_on) as last_sold_on,
        {% for days in var("popularity_days") %}
        coalesce(counted_recent.n_sold_{{ days }}d, 0) as n_sold_{{ days }}d,
        {% endfor %}
        {% for column in [
            "popularity_score", "n_sold_last_week", "n_sold_two_weeks", "n_sold_quarter", "revenue_last_week",
            "revenue_quarter", "n_buyers_28d", "n_returning_28d"
        ] %}
        coalesce(counted_recent.{{ column }}, 0) as {{ column }},
        {% endfor %}
        {% for amount in amounts %}
        coalesce(counted_recent.{{ amount }}, 0) + coalesce(known_old.{{ amount }}, 0) as {{ amount }}
        {{ "," if not loop.last }}
        {% endfor %}
    from counted_recent
    full outer join known_old
        on counted_recent.window_id = known_old.window_id and counted_recent.article_key = known_old.article_key

),

dated as (

    select
        counted.*,
        windows.cutoff_on
    from counted
    inner join windows on counted.window_id = windows.window_id

)

select
    window_id,
    article_key,
    {% for days in var("popularity_days") %}
    cast(n_sold_{{ days }}d as integer) as n_sold_{{ days }}d,
    {% endfor %}
    cast(n_sold as integer) as n_sold,
    cast(popularity_score as double) / 1e6 as popularity_score,
    -- Last week against the week before, both plus one, so that a week without sales is not a division by zero.
    (n_sold_last_week + 1.0) / (n_sold_two_weeks - n_sold_last_week + 1.0) as trend_7d,
    -- Of the buyers of each day, the share who had bought it before.
    n_returning * 1.0 / n_buyers as returning_share,
    n_returning_28d * 1.0 / nullif(n_buyers_28d, 0) as returning_share_28d,
    days_since_bought_before * 1.0 / nullif(n_returning, 0) as mean_days_to_return,
    cast(revenue as double) / n_sold as mean_price,
    cast(revenue_quarter as double) / nullif(n_sold_quarter, 0) as mean_price_91d,
    cast(revenue_last_week as double) / nullif(n_sold_last_week, 0) as mean_price_7d,
    n_sold_online * 1.0 / nullif(n_sold_of_known_channel, 0) as online_share,
    sum_of_ages * 1.0 / nullif(n_sold_of_known_age, 0) as mean_buyer_age,
    {{ days_between("first_sold_on", "cutoff_on") }} as days_since_first_sold,
    {{ days_between("last_sold_on", "cutoff_on") }} as days_since_last_sold
from dated
