{{ config(materialized="view") }}

with window_customers as (

    select * from {{ ref("window_customers") }}

),

customers as (

    select * from {{ ref("stg_customers") }}

),

activity as (

    select * from {{ ref("feat_customer_activity") }}

),

favourites as (

    select * from {{ ref("feat_customer_favourites") }}

)

select
    window_customers.window_id,
    window_customers.customer_key,
    window_customers.is_training,
    customers.age,
    customers.age_band,
    customers.is_fn,
    customers.is_active,
    customers.club_member_status,
    customers.fashion_news_frequency,
    case
        when activity.days_since_last_bought is null then 'never'
        when activity.days_since_last_bought <= 30 then 'within 30 days'
        else 'longer ago'
    end as recency,
    case
        when activity.n_shopping_days is null then '0 days'
        when activity.n_shopping_days = 1 then '1 day'
        when activity.n_shopping_days <= 5 then '2 to 5 days'
        when activity.n_shopping_days <= 20 then '6 to 20 days'
        else 'over 20 days'
    end as history_size,
    case
        when activity.online_share is null then 'unknown'
        when activity.online_share >= 0.5 then 'online'
        else 'shop'
    end as channel,
    coalesce(activity.n_shopping_days, 0) as n_shopping_days,
    coalesce(activity.n_bought, 0) as n_bought,
    coalesce(activity.n_bought_7d, 0) as n_bought_7d,
    coalesce(activity.n_bought_28d, 0) as n_bought_28d,
    coalesce(activity.n_bought_91d, 0) as n_bought_91d,
    activity.days_since_last_bought,
    activity.days_since_first_bought,
    activity.mean_days_between,
    activity.spend,
    activity.mean_price,
    {% for attribute in taste_attributes() %}
    favourites.favourite_{{ attribute }},
    favourites.second_favourite_{{ attribute }},
    favourites.favourite_{{ attribute }}_share,
    {% endfor %}
    activity.online_share
from window_customers
inner join customers on window_customers.customer_key = customers.customer_key
left join activity
    on window_customers.window_id = activity.window_id and window_customers.customer_key = activity.customer_key
left join favourites
    on window_customers.window_id = favourites.window_id and window_customers.customer_key = favourites.customer_key
