{{ config(pre_hook="{{ begin_joins_as_written() }}", post_hook="{{ end_joins_as_written() }}") }}

{{ candidate_features(ref("ranker_pairs"), is_labelled=true) }}
