{{ taste_candidates("favourite_pattern", "graphical_appearance") }}
