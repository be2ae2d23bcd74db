{{ taste_candidates("favourite_department", "department") }}
