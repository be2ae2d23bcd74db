{{ own_candidates("own_count", "n_times", least=1) }}
