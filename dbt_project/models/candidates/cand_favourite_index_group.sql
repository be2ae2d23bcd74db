{{ taste_candidates("favourite_index_group", "index_group") }}
