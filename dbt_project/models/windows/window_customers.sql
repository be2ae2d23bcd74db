with windows as (

    select * from {{ ref("windows") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

labels as (

    select distinct
        window_id,
        customer_key
    from {{ ref("window_labels") }}

),

-- A hash of the id and the cutoff, so that the draw is the same on each run and machine, differs from window to
-- window, and stays what it was when the window is a week older and has another number.
drawn as (

    select
        labels.window_id,
        labels.customer_key,
        row_number() over (
            partition by labels.window_id
            order by
                {{ hash_million("concat(customers.customer_id, '/', windows.cutoff_on)") }},
                labels.customer_key
        ) as draw
    from labels
    inner join windows on labels.window_id = windows.window_id
    inner join customers on labels.customer_key = customers.customer_key

)

select
    windows.window_id,
    customers.customer_key,
    false as is_training
from windows
cross join customers
where windows.is_submission

union all

select
    drawn.window_id,
    drawn.customer_key,
    drawn.draw <= {{ var("max_training_customers") }} as is_training
from drawn
inner join windows on drawn.window_id = windows.window_id
where windows.is_backtest or drawn.draw <= {{ var("max_training_customers") }}
