with windows_planned as (

    select * from {{ ref("windows_planned") }}

)

select
    window_id,
    cutoff_on,
    label_until,
    history_from,
    n_history_days,
    is_submission,
    is_backtest
from windows_planned
where n_history_days >= {{ var("min_history_days") }}
