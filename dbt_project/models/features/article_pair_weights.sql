{{ config(post_hook="{{ insert_other_windows('windows') }}") }}

with known_days as (

    {{ days_of_history() | indent(4) }}

),

history as (

    select
        window_id,
        sold_on
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

-- max_pair_customers of them, in the mean.
asked as (

    select customer_key
    from {{ ref("stg_customers") }}
    qualify
        {{ pair_hash("customer_key", "customer_key", 0) }} / 1000003.0 * count(*) over ()
        < {{ var("max_pair_customers") }}

),

bought as (

    select distinct
        history.window_id,
        purchases.customer_key,
        purchases.article_key
    from {{ ref("stg_transactions") }} as purchases
    inner join asked on purchases.customer_key = asked.customer_key
    inner join popularity on purchases.article_key = popularity.article_key
    inner join history on purchases.sold_on = history.sold_on
    where popularity.popularity_rank <= {{ var("n_pair_articles") }}

)

-- A struct of two lists, in columns: article_keys and weights.
select
    window_id,
    unnest(
        pair_weights(
            list(struct_pack(customer_key := customer_key, article_key := article_key)),
            cast({{ var("pair_penalty") }} as double)
        )
    ) -- noqa: AL03
from bought
group by window_id
