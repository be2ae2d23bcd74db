{{ candidate_features(ref("ranker_pairs"), is_labelled=true) }}
