{{ config(post_hook="{{ insert_other_pieces('candidate_budgets') }}") }}

{{ own_candidates("own_count", "n_times", least=1) }}
