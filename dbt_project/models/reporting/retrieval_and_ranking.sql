with perfect as (

    select * from {{ ref("source_report") }}
    where source = 'all sources'

),

evaluation as (

    select * from {{ ref("evaluation") }}
    where slice_kind = 'all'

)

select
    evaluation.window_id,
    evaluation.system,
    evaluation.map_at_12,
    perfect.perfect_map_at_12,
    1 - perfect.perfect_map_at_12 as lost_in_retrieval,
    perfect.perfect_map_at_12 - evaluation.map_at_12 as lost_in_ranking
from evaluation
inner join perfect on evaluation.window_id = perfect.window_id
