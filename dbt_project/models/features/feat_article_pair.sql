{{ config(post_hook="{{ insert_other_windows('recent_purchases') }}") }}

with recent as (

    select
        *,
        {{ decayed_millionths("days_since_last_bought", var("pair_days")) }} as weight
    from {{ ref("recent_purchases") }}
    where {{ of_window() }}

),

articles as (

    select
        window_id,
        article_key,
        {{ whole_sum("weight") }} as weight
    from recent
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
    from recent as one
    inner join recent as other
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
