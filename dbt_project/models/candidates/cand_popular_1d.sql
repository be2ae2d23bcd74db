{{ popular_candidates(1) }}
