with article_days as (

    select * from {{ ref("article_days") }}

),

customer_days as (

    select * from {{ ref("customer_days") }}

),

-- The week before the day that is predicted first.
last_week as (

    select
        {{ add_days("cutoff_on", -7) }} as begins_on,
        cutoff_on
    from {{ ref("windows_planned") }}
    where is_submission

),

articles as (

    select
        article_days.article_key,
        min(article_days.first_sold_on) >= min(last_week.begins_on) as is_new,
        sum(case when article_days.sold_on >= last_week.begins_on then article_days.n_sold else 0 end) as n_sold,
        sum(case when article_days.sold_on >= last_week.begins_on then article_days.revenue else 0 end) as sales
    from article_days
    cross join last_week
    where article_days.sold_on < last_week.cutoff_on
    group by article_days.article_key

),

sales as (

    select
        sum(n_sold) as n_sold,
        cast(sum(sales) as double) / nullif(sum(n_sold), 0) as mean_price,
        sum(case when is_new then n_sold else 0 end) * 1.0 / nullif(sum(n_sold), 0) as new_article_share
    from articles

),

customers as (

    select
        customer_days.customer_key,
        min(customer_days.sold_on) >= min(last_week.begins_on) as is_new,
        max(customer_days.sold_on) >= min(last_week.begins_on) as is_buyer
    from customer_days
    cross join last_week
    where customer_days.sold_on < last_week.cutoff_on
    group by customer_days.customer_key

),

buyers as (

    select
        sum(case when is_buyer then 1 else 0 end) as n_buyers,
        avg(case when is_buyer then case when is_new then 1.0 else 0.0 end end) as new_customer_share
    from customers

),

known as (

    select
        count(*) as n_customers,
        avg(case when age is null then 1.0 else 0.0 end) as missing_age_share
    from {{ ref("stg_customers") }}

),

files as (

    select
        max(case when file_name = 'articles' then n_staged end) as n_articles,
        max(case when file_name = 'transactions_train' then n_refused * 1.0 / (n_refused + n_staged) end) as refused_share,
        max(case when file_name = 'transactions_train' then n_refused + n_staged end) as n_rows
    from {{ ref("input_files") }}

),

unknown_articles as (

    select count(*) as n_rows
    from {{ ref("rejected_rows") }}
    where file_name = 'transactions_train' and rejected_because = 'unknown article_id'

),

days as (

    select count(*) as n_days
    from {{ ref("purchase_days") }} as purchase_days
    inner join last_week on purchase_days.sold_on < last_week.cutoff_on
    where purchase_days.stray_because is null

),

measures as (
    {#- Measure, its expression, whether its change is a part of what it was or a difference of shares, and the var
        above which the change is a warning. -#}
    {% set measures = [
        ("purchases_last_week", "sales.n_sold", "relative", "max_size_change"),
        ("buyers_last_week", "buyers.n_buyers", "relative", "max_size_change"),
        ("days_with_purchases", "days.n_days", "relative", "max_size_change"),
        ("articles", "files.n_articles", "relative", "max_size_change"),
        ("customers", "known.n_customers", "relative", "max_size_change"),
        ("mean_price_last_week", "sales.mean_price", "relative", "max_price_change"),
        ("refused_share", "files.refused_share", "difference", "max_refused_change"),
        ("unknown_article_share", "unknown_articles.n_rows * 1.0 / files.n_rows", "difference", "max_refused_change"),
        ("missing_age_share", "known.missing_age_share", "difference", "max_missing_age_change"),
        ("new_article_share", "sales.new_article_share", "difference", "max_new_article_change"),
        ("new_customer_share", "buyers.new_customer_share", "difference", "max_new_customer_change"),
    ] %}
    {% for measure, expression, comparison, limit in measures %}
    select
        {{ loop.index }} as measure_number,
        '{{ measure }}' as measure,
        cast({{ expression }} as double) as measured_value,
        '{{ comparison }}' as comparison,
        '{{ limit }}' as limit_var,
        cast({{ var(limit) }} as double) as warn_above
    from sales
    cross join buyers
    cross join known
    cross join files
    cross join unknown_articles
    cross join days
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select
    measure_number,
    measure,
    measured_value,
    comparison,
    limit_var,
    warn_above
from measures
