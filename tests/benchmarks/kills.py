"""Kills whole runs at random moments: ``python -m tests.benchmarks.kills`` (half an hour).

After each kill what was published must be whole, and the next run must come to what an undisturbed
one does. The moments are drawn by a seed from the phases of a run, so that the short ones, in which
files are replaced, have their share.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.dbt.killing import TRAIN, Moment, Victim, dbt_run, train_killed_at_rename

PHASES = ["window 3: fitting", "window 2: fitting", "window 1: fitting", "window 1: scoring"]
# As many as `moments` plans.
N_KILLS = 53
# One kill in so many finds no build file, as the first run of all does.
NO_BUILD_FILE = 6


def moments(seed: int, n_models: int) -> list[tuple[Moment | None, Sequence[Sequence[str]]]]:
    """Fifty-three moments of runs that build so many models, and the commands that are killed."""
    draw = random.Random(seed)
    whole = [dbt_run(), TRAIN]
    found: list[tuple[Moment | None, Sequence[Sequence[str]]]] = []
    for _ in range(4):
        found.append((Moment("starting dbt", "", draw.uniform(0, 4)), whole))
    for _ in range(20):
        line = rf" {draw.randint(1, n_models)} of \d+ START "
        found.append((Moment("build", line, draw.uniform(0, 0.1)), whole))
    for _ in range(4):
        found.append((Moment("starting training", "Done. PASS", draw.uniform(0, 1.5)), whole))
    for _ in range(10):
        line = f"{draw.choice(PHASES)}: "
        found.append((Moment("fitting and scoring", line, draw.uniform(0, 0.4)), [TRAIN]))
    for _ in range(4):
        found.append((Moment("committing", "the next days: ", draw.uniform(0, 0.1)), [TRAIN]))
    for _ in range(7):
        found.append((Moment("export, publishing", "evaluating: ", draw.uniform(0, 0.2)), [TRAIN]))
    for n in (2, 3, 4, 5):
        found.append((None, [train_killed_at_rename(n)]))
    draw.shuffle(found)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 if every file was whole and every recovery good."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.kills", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the moments")
    parser.add_argument("--first", type=int, default=1, help="number of the first kill")
    parser.add_argument("--last", type=int, default=N_KILLS, help="number of the last kill")
    parser.add_argument("--folder", type=Path, help="where to work; kept (default: a new one)")
    options = parser.parse_args(arguments)
    if not 1 <= options.first <= options.last <= N_KILLS:
        parser.error(
            f"--first is {options.first} and --last {options.last}; they must be two of the kills "
            f"1 to {N_KILLS}, in their order."
        )
    folder = options.folder or Path(tempfile.mkdtemp(prefix="kills_"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"in {folder}, which stays where a kill did harm", flush=True)
    victim = Victim(folder)
    planned = moments(options.seed, victim.n_models())
    kill_all(victim, planned, options.first, options.last)
    if options.folder is None:
        shutil.rmtree(folder)
    return 0


def kill_all(
    victim: Victim,
    planned: list[tuple[Moment | None, Sequence[Sequence[str]]]],
    first: int,
    last: int,
) -> None:
    """Kill at each planned moment from one number to another, and recover from each."""
    kills: Counter[str] = Counter()
    published = 0
    for number, (moment, commands) in list(enumerate(planned, 1))[first - 1 : last]:
        started = time.monotonic()
        phase = moment.phase if moment else "between two replacements"
        victim.reset(with_build=number % NO_BUILD_FILE != 0 or commands[0] != dbt_run())
        if commands[0] != dbt_run() and not (victim.out / "hm_build.duckdb").exists():
            victim.run(dbt_run())
        was_killed = victim.kill(commands, moment)
        is_new = victim.check_published()
        for command in (dbt_run(), TRAIN):
            victim.run(command)
        victim.check_recovered()
        kills[phase if was_killed else "after the end"] += 1
        published += is_new[0]
        print(
            f"{number:2d} {phase}{'' if was_killed else ' (had ended)'}: "
            f"{sum(is_new)} of {len(is_new)} files are new, recovered; "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    total = sum(n for phase, n in kills.items() if phase != "after the end")
    print(f"{total} kills, all recovered; hm.duckdb was already the new one after {published}:")
    for phase, n in kills.most_common():
        print(f"  {phase}: {n}")


if __name__ == "__main__":
    sys.exit(main())
