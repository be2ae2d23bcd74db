{{ own_candidates("own_decayed", "decayed_" ~ var("own_decay_days") ~ "d") }}
