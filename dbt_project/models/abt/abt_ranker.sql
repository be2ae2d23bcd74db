{{ candidate_features(ref("ranker_pairs")) }}
