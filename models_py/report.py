"""What a run prints."""

import pandas as pd


def print_windows(windows: pd.DataFrame) -> None:
    """Say which windows there are, and which are left out because history can't fill them."""
    there = windows[~windows["is_left_out"]]
    left_out = windows[windows["is_left_out"]]
    cutoffs = there["cutoff_on"].dt.strftime("%Y-%m-%d")
    print(f"Windows 0 to {len(there) - 1}, cutoffs {cutoffs.iloc[0]} back to {cutoffs.iloc[-1]}.")
    if len(left_out):
        print(
            f"Left out: {len(left_out)} older windows of {len(windows)}, "
            "for which there is no history."
        )


def print_evaluation(evaluation: pd.DataFrame, exported: str) -> None:
    """Print the systems side by side: the mean over the windows, each window, and the slices."""
    if evaluation.empty:
        print("No past window could be scored, so nothing can be said of accuracy.")
        return
    mean = evaluation[evaluation["window_id"].isna()]
    overall = mean[mean["slice_kind"] == "all"]
    n_windows = evaluation["window_id"].nunique()
    print(f"\nMAP@12 over {n_windows} past windows [95 % interval], and difference from the baseline")
    for row in overall.itertuples():
        print(
            f"  {row.system:24s} {row.map_at_12:.4f} [{row.map_at_12_low:.4f}, {row.map_at_12_high:.4f}]"
            f"   {row.difference:+.4f} [{row.difference_low:+.4f}, {row.difference_high:+.4f}]"
        )
    windows = evaluation[evaluation["window_id"].notna() & (evaluation["slice_kind"] == "all")]
    print("\nBy window (1 is the latest)")
    by_window = windows.pivot(index="system", columns="window_id", values="map_at_12")
    print(by_window.loc[overall["system"]].round(4).to_string())
    print(f"\nBy slice, mean over the windows: baseline, {exported}, difference")
    slices = mean[(mean["slice_kind"] != "all") & (mean["system"] == exported)]
    for row in slices.itertuples():
        print(
            f"  {row.slice_kind:10s} {row.slice_value:16s} {row.n_customers:9,d} customers   "
            f"{row.map_at_12 - row.difference:.4f}   {row.map_at_12:.4f}   "
            f"{row.difference:+.4f} [{row.difference_low:+.4f}, {row.difference_high:+.4f}]"
        )
    print()
