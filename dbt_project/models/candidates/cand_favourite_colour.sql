{{ taste_candidates("favourite_colour", "colour_group") }}
