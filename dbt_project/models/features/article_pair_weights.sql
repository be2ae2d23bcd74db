{{ config(post_hook="{{ insert_other_windows('windows') }}") }}

with known_days as (

    {{ days_of_history() | indent(4) }}

),

history as (

    select sold_on
    from known_days
    where {{ of_window() }}

),

popularity as (

    select
        article_key,
        row_number() over (order by n_sold_28d desc, popularity_score desc, article_key asc) as popularity_rank
    from {{ ref("feat_article_popularity") }}
    where {{ of_window() }} and days_since_last_sold <= {{ var("max_days_unsold") }}

),

-- From 0 to 1 for the max_pair_customers who are asked, in the mean.
drawn_customers as (

    select
        customer_key,
        {{ pair_hash("customer_key", "customer_key", 0) }} / 1000003.0
        * greatest(count(*) over () / {{ var("max_pair_customers") }}.0, 1) as drawn
    from {{ ref("stg_customers") }}

),

bought as (

    select distinct
        purchases.customer_key,
        purchases.article_key
    from {{ ref("stg_transactions") }} as purchases
    inner join drawn_customers on purchases.customer_key = drawn_customers.customer_key
    inner join popularity on purchases.article_key = popularity.article_key
    inner join history on purchases.sold_on = history.sold_on
    where
        popularity.popularity_rank <= {{ var("n_pair_articles") }}
        and drawn_customers.drawn < 1

),

-- A struct of two lists, in columns.
fitted as (

    select
        unnest(
            pair_weights(
                list(struct_pack(customer_key := customer_key, article_key := article_key)),
                cast({{ var("pair_penalty") }} as double)
            )
        )
    from bought
    having count(*) > 0

)

select
    windows.window_id,
    fitted.article_keys,
    fitted.weights
from fitted
cross join {{ ref("windows") }} as windows
where {{ of_window() }}
