with hits as (

    select * from {{ ref("system_hits") }}

),

customers as (

    select
        window_id,
        system,
        count(*) as n_customers
    from {{ ref("backtest_lists") }}
    where recommendation_rank = 1
    group by window_id, system

)

select
    hits.window_id,
    hits.system,
    case when hits.is_repeat then 'repeat' else 'discovery' end as purchase_kind,
    count(*) * 1.0 / max(customers.n_customers) as recommended_a_customer,
    cast(sum(case when hits.is_hit then 1 else 0 end) as integer) as n_hits,
    avg(case when hits.is_hit then 1.0 else 0.0 end) as hit_rate,
    round(sum(hits.precision_gained) / max(customers.n_customers), 9) as map_at_12_gained
from hits
inner join customers on hits.window_id = customers.window_id and hits.system = customers.system
group by hits.window_id, hits.system, hits.is_repeat
