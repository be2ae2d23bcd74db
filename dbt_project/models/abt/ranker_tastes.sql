{{ config(materialized="view") }}

with tastes as (

    select * from {{ ref("feat_customer_taste") }}

),

activity as (

    select * from {{ ref("feat_customer_activity") }}

)

select
    tastes.window_id,
    tastes.customer_key,
    tastes.value_key,
    {{ taste_share("tastes") }} as taste,
    tastes.days_since_last_bought
from tastes
inner join activity on tastes.window_id = activity.window_id and tastes.customer_key = activity.customer_key
