{{ config(materialized="view") }}

{{ candidate_features(ref("merged_candidates"), is_whole=false) }}
