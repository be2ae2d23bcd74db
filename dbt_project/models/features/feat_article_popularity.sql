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
        {{ sum_of_last("article_days.n_sold", "article_days.sold_on", "windows", 7) }} as n_sold_last_week,
        {{ sum_of_last("article_days.n_sold", "article_days.sold_on", "windows", 14) }} as n_sold_two_weeks,
        sum(article_days.n_sold) as n_sold
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
    -- Last week against the week before, both plus one, so that a week without sales is not a division by zero.
    (n_sold_last_week + 1.0) / (n_sold_two_weeks - n_sold_last_week + 1.0) as trend_7d,
    {{ days_between("first_sold_on", "cutoff_on") }} as days_since_first_sold,
    {{ days_between("last_sold_on", "cutoff_on") }} as days_since_last_sold
from counted
