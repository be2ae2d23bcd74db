with evaluation as (

    select * from {{ ref("evaluation") }}

)

select
    slice_kind,
    slice_value,
    system,
    n_customers,
    map_at_12,
    map_at_12_low,
    map_at_12_high,
    difference,
    difference_low,
    difference_high,
    difference_low > 0 as is_better_than_baseline
from evaluation
where window_id is null
