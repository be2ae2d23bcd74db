{{ config(materialized="view") }}

{{ candidate_features(ref("candidates")) }}
