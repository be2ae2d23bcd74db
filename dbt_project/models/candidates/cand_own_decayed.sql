{{ config(post_hook="{{ insert_other_pieces('candidate_budgets') }}") }}

{{ own_candidates("own_decayed", "decayed_" ~ var("own_decay_days") ~ "d", unit=1000000) }}
