with candidates as (

    select candidates.*
    from {{ ref("merged_candidates") }} as candidates
    inner join {{ ref("window_customers") }} as window_customers
        on
            candidates.window_id = window_customers.window_id
            and candidates.customer_key = window_customers.customer_key
    where window_customers.is_training

),

windows as (

    select
        window_id,
        {{ day_number("cutoff_on") }} as cutoff_day
    from {{ ref("windows") }}

),

labels as (

    select
        *,
        count(*) over (partition by window_id, customer_key) as n_articles
    from {{ ref("window_labels") }}

),

marked as (

    select
        candidates.*,
        labels.article_key is not null as is_bought,
        -- What it adds to the average precision at 12, if it stands above all that is not bought.
        cast(
            case when labels.article_key is null then 0 else 1.0 / least(labels.n_articles, 12) end as real
        ) as bought_share
    from candidates
    left join labels
        on
            candidates.window_id = labels.window_id
            and candidates.customer_key = labels.customer_key
            and candidates.article_key = labels.article_key

),

-- Who bought no candidate, or nothing else, teaches no order.
counted as (

    select
        window_id,
        customer_key,
        sum(case when is_bought then 0 else 1 end) as n_negatives
    from marked
    group by window_id, customer_key
    having sum(case when is_bought then 1 else 0 end) between 1 and count(*) - 1

)

-- Each negative is kept with the chance that leaves max_negatives of a customer in the mean, drawn by a hash
-- of customer, article and cutoff, not of window_id: the window's number is another one next week.
select marked.*  -- noqa: AM04
from marked
inner join counted on marked.window_id = counted.window_id and marked.customer_key = counted.customer_key
inner join windows on marked.window_id = windows.window_id
where
    marked.is_bought
    or {{ pair_hash("marked.customer_key", "marked.article_key", "windows.cutoff_day") }} * counted.n_negatives
    < 1000003 * {{ var("max_negatives") }}
