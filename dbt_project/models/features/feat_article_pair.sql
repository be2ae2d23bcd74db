{{ config(post_hook="{{ insert_other_windows('windows') }}") }}

with known_days as (

    {{ days_of_history() | indent(4) }}

),

history as (

    select
        window_id,
        sold_on,
        {{ decayed_millionths("days_ago", var("pair_decay_days")) }} as weight
    from known_days
    where {{ of_window() }}

),

popularity as (

    select
        article_key,
        row_number() over (order by popularity_score desc, article_key asc) as popularity_rank
    from {{ ref("feat_article_popularity") }}
    where {{ of_window() }}

),

-- From 0 to 1 for the max_pair_customers who are looked at, in the mean.
drawn_customers as (

    select
        customer_key,
        {{ pair_hash("customer_key", "customer_key", 0) }} / 1000003.0
        * greatest(count(*) over () / {{ var("max_pair_customers") }}.0, 1) as drawn
    from {{ ref("stg_customers") }}

),

bought as (

    select
        history.window_id,
        purchases.customer_key,
        purchases.article_key,
        max(history.weight) as weight
    from {{ ref("stg_transactions") }} as purchases
    inner join drawn_customers on purchases.customer_key = drawn_customers.customer_key
    inner join popularity on purchases.article_key = popularity.article_key
    inner join history on purchases.sold_on = history.sold_on
    where
        popularity.popularity_rank <= {{ var("n_pair_articles") }}
        and history.weight > 0
        and drawn_customers.drawn < 1
    group by history.window_id, purchases.customer_key, purchases.article_key

),

sizes as (

    select
        customer_key,
        count(*) as n_articles
    from bought
    group by customer_key

),

totals as (

    select sum(n_articles * (n_articles - 1.0) / 2) as n_pairs from sizes

),

-- Of them as many as have max_customer_pairs pairs in the mean.
asked as (

    select drawn_customers.customer_key
    from drawn_customers
    cross join totals
    where drawn_customers.drawn * totals.n_pairs < {{ var("max_customer_pairs") }}

),

asked_about as (

    select bought.*
    from bought
    inner join asked on bought.customer_key = asked.customer_key

),

articles as (

    select
        window_id,
        article_key,
        {{ whole_sum("weight") }} as weight
    from asked_about
    group by window_id, article_key

),

-- Each pair once, whichever of the two is asked about.
together as (

    select
        one.window_id,
        one.article_key,
        other.article_key as other_article_key,
        count(*) as n_customers,
        {{ whole_sum("least(one.weight, other.weight)") }} as weight
    from asked_about as one
    inner join asked_about as other
        on
            one.window_id = other.window_id
            and one.customer_key = other.customer_key
            and one.article_key < other.article_key
    group by one.window_id, one.article_key, other.article_key
    having count(*) >= 2

),

-- The cosine of the two articles' weighted buyers, shrunk: a pair of rare articles is not trusted.
scored as (

    select
        together.window_id,
        together.article_key,
        together.other_article_key,
        together.n_customers,
        together.weight / (
            sqrt(one.weight * other.weight) + {{ var("pair_shrinkage") }} * 1e6
        ) as pair_score
    from together
    inner join articles as one
        on together.window_id = one.window_id and together.article_key = one.article_key
    inner join articles as other
        on together.window_id = other.window_id and together.other_article_key = other.article_key

),

either_way as (

    select
        window_id,
        article_key,
        other_article_key,
        n_customers,
        pair_score
    from scored

    union all

    select
        window_id,
        other_article_key as article_key,
        article_key as other_article_key,
        n_customers,
        pair_score
    from scored

),

ranked as (

    select
        *,
        row_number() over (
            partition by window_id, article_key
            order by pair_score desc, other_article_key asc
        ) as pair_rank
    from either_way

)

select
    window_id,
    article_key,
    other_article_key,
    cast(n_customers as integer) as n_customers,
    cast(pair_score as real) as pair_score,
    cast(pair_rank as integer) as pair_rank
from ranked
where pair_rank <= {{ var("max_partners") }}
