{{ config(post_hook="{{ insert_other_pieces('feat_customer_taste') }}") }}

with tastes as (

    select * from {{ ref("feat_customer_taste") }}
    where {{ of_piece() }}

),

-- The few highest cost less than half of what ranking all of them by a window function does. One number orders them: pieces, then
-- how late (16 bits), then the lower value_key (24 bits: a test of article_attributes holds that it fits).
highest as (

    select
        window_id,
        customer_key,
        attribute,
        max(
            (cast(n_bought as bigint) << 40)
            | (cast(65535 - days_since_last_bought as bigint) << 24)
            | (16777215 - value_key),
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
    cast(16777215 - (numbered.favourite & 16777215) as integer) as value_key,
    cast(numbered.favourite >> 40 as integer) as n_bought
from numbered
