with recent as (

    select * from {{ ref("recent_purchases") }}

),

budgets as (

    select * from {{ ref("candidate_budgets") }}

),

-- What few bought says most about who is alike.
buyers as (

    select
        window_id,
        article_key,
        count(*) as n_buyers
    from recent
    group by window_id, article_key
    having count(*) between 2 and {{ var("max_common_buyers") }}

),

own as (

    select
        recent.window_id,
        recent.customer_key,
        recent.article_key,
        cast(round(1000000.0 / buyers.n_buyers) as bigint) as weight
    from recent
    inner join budgets on recent.window_id = budgets.window_id and recent.customer_key = budgets.customer_key
    inner join buyers on recent.window_id = buyers.window_id and recent.article_key = buyers.article_key
    where recent.recent_rank <= {{ var("max_recent_purchases") }}

),

alike as (

    select
        own.window_id,
        own.customer_key,
        recent.customer_key as other_customer_key,
        {{ whole_sum("own.weight") }} as likeness
    from own
    inner join recent
        on
            own.window_id = recent.window_id
            and own.article_key = recent.article_key
            and own.customer_key <> recent.customer_key
    group by own.window_id, own.customer_key, recent.customer_key

),

neighbours as (

    select
        *,
        row_number() over (
            partition by window_id, customer_key
            order by likeness desc, other_customer_key asc
        ) as neighbour_rank
    from alike

),

scored as (

    select
        neighbours.window_id,
        neighbours.customer_key,
        recent.article_key,
        {{ whole_sum("neighbours.likeness") }} as likeness
    from neighbours
    inner join recent
        on
            neighbours.window_id = recent.window_id
            and neighbours.other_customer_key = recent.customer_key
    where
        neighbours.neighbour_rank <= {{ var("n_neighbours") }}
        and recent.recent_rank <= {{ var("max_recent_purchases") }}
    group by neighbours.window_id, neighbours.customer_key, recent.article_key

),

numbers as (

    select
        window_id,
        customer_key,
        {{ with_article("cast(likeness as bigint)", "article_key") }} as number
    from scored

),

{{ highest_in_budget("similar_customers", "whole_number / 1e6") }}
