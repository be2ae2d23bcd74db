{% set shares = var("candidate_shares") %}

with window_customers as (

    select * from {{ ref("window_customers") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

activity as (

    select * from {{ ref("feat_customer_activity") }}

),

-- The same for all windows, so that the order is learned from such lists as it is asked for.
everyone as (

    select count(*) as n_customers from customers

)

select
    window_customers.window_id,
    window_customers.customer_key,
    customers.age_band,
    least(
        1,
        greatest(
            {{ var("customers_in_full") }} / everyone.n_customers,
            case
                when activity.days_since_last_bought is null then {{ shares["never"] }}
                when activity.days_since_last_bought <= 30 then {{ shares["within_30_days"] }}
                when activity.days_since_last_bought <= 91 then {{ shares["within_91_days"] }}
                else {{ shares["longer_ago"] }}
            end
        )
    ) as budget_share
from window_customers
cross join everyone
inner join customers on window_customers.customer_key = customers.customer_key
left join activity
    on window_customers.window_id = activity.window_id and window_customers.customer_key = activity.customer_key
