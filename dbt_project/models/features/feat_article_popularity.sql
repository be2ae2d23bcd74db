with article_days as (

    select * from {{ ref("article_days") }}

),

windows as (

    select * from {{ ref("windows") }}

),

counted as (

    select
        windows.window_id,
        article_days.article_key,
        windows.cutoff_on,
        min(article_days.sold_on) as first_sold_on,
        max(article_days.sold_on) as last_sold_on,
        {% for days in var("popularity_days") %}
        {{ sum_of_last("article_days.n_sold", "article_days.sold_on", "windows", days) }} as n_sold_{{ days }}d,
        {% endfor %}
        sum(
            article_days.n_sold
            * {{ decayed_millionths(days_between("article_days.sold_on", "windows.cutoff_on"), var("best_seller_days")) }}
        ) as popularity_score,
        {{ sum_of_last("article_days.n_sold", "article_days.sold_on", "windows", 7) }} as n_sold_last_week,
        {{ sum_of_last("article_days.n_sold", "article_days.sold_on", "windows", 14) }} as n_sold_two_weeks,
        {{ sum_of_last("article_days.n_sold", "article_days.sold_on", "windows", 91) }} as n_sold_quarter,
        {{ sum_of_last("article_days.revenue", "article_days.sold_on", "windows", 7) }} as revenue_last_week,
        {{ sum_of_last("article_days.revenue", "article_days.sold_on", "windows", 91) }} as revenue_quarter,
        {{ sum_of_last("article_days.n_buyers", "article_days.sold_on", "windows", 28) }} as n_buyers_28d,
        {{ sum_of_last("article_days.n_returning", "article_days.sold_on", "windows", 28) }} as n_returning_28d,
        sum(article_days.n_sold) as n_sold,
        sum(article_days.n_buyers) as n_buyers,
        sum(article_days.n_returning) as n_returning,
        sum(article_days.days_since_bought_before) as days_since_bought_before,
        sum(article_days.revenue) as revenue,
        sum(article_days.n_sold_online) as n_sold_online,
        sum(article_days.n_sold_of_known_age) as n_sold_of_known_age,
        sum(article_days.sum_of_ages) as sum_of_ages
    from windows
    inner join article_days on {{ in_history("article_days.sold_on", "windows") }}
    group by windows.window_id, article_days.article_key, windows.cutoff_on

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
    n_sold_online * 1.0 / n_sold as online_share,
    sum_of_ages * 1.0 / nullif(n_sold_of_known_age, 0) as mean_buyer_age,
    {{ days_between("first_sold_on", "cutoff_on") }} as days_since_first_sold,
    {{ days_between("last_sold_on", "cutoff_on") }} as days_since_last_sold
from counted
