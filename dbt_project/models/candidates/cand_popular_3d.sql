{{ popular_candidates(3) }}
