{{ config(post_hook="{{ insert_other_pieces('feat_customer_taste') }}") }}

with tastes as (

    select * from {{ ref("feat_customer_taste") }}
    where {{ of_piece() }}

),

-- The few highest cost half of what ranking all of them by a window function does.
highest as (

    select
        window_id,
        customer_key,
        attribute,
        max(
            struct_pack(n_bought := n_bought, nearness := -days_since_last_bought, value_before := -value_key),
            {{ [var("n_favourites") | int, 2] | max }}
        ) as favourites
    from tastes
    group by window_id, customer_key, attribute

),

numbered as (

    select
        window_id,
        customer_key,
        attribute,
        unnest(favourites) as favourite,
        generate_subscripts(favourites, 1) as taste_rank
    from highest

)

select
    numbered.window_id,
    numbered.customer_key,
    numbered.attribute,
    cast(numbered.taste_rank as integer) as taste_rank,
    -numbered.favourite.value_before as value_key,
    numbered.favourite.n_bought
from numbered
