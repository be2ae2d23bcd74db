{{ taste_candidates("favourite_product_type", "product_type") }}
