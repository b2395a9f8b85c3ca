"""Speed and memory of the whole scoring command, as ratios to a floor measured in the same run.

The floor is DuckDB reading three columns and one GROUP BY lead_id. Each command is a whole process, interpreter start
included; floor and command run in turn, and the median of the ratios is what counts. Memory is the peak of the process.

`sql` is `unique` with everything computed in SQL, without the native pass. `snapshots` is measured against one scoring of the
same data instead: a backtest of twelve monthly snapshots, of data that reaches so far back.

    python benchmarks/run.py [--events 10000000 100000000] [--runs 3]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parent / "build" / "bench"
FLOOR = """
import duckdb
c = duckdb.connect()
c.execute("SET preserve_insertion_order = false")
print(c.execute("SELECT count(*), sum(n), max(last), sum(logins) FROM (SELECT lead_id, count(*) AS n, max(timestamp) AS last,"
                " count(*) FILTER (event = 'login') AS logins FROM read_parquet('{folder}/events/*.parquet') GROUP BY lead_id)").fetchone())
"""
VARIANTS = {
    "unique": ["--out", "scores.parquet"],
    "sql": ["--out", "scores.parquet", "--engine", "duckdb:?one_pass=off"],
    "duplicates": ["--out", "scores.parquet"],
    "ledger": ["--out", "scores.parquet", "--ledger", "ledger.parquet"],
}


AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Modules are compiled once, as an installed package's are, not anew at every start."""

SNAPSHOTS = "snapshots"
SNAPSHOT_DAYS = 420
"""Twelve snapshots 30 days apart, and a horizon of 60 days after the last."""
BACKTEST = ["backtest", "model.yaml", "--every", "30d", "--horizon", "60d", "--as-of", "2026-07-01", "--json"]


def measure(command: list[str], folder: Path) -> tuple[float, float, float]:
    """Return wall seconds, peak MiB and processor seconds of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=AS_INSTALLED)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def prepare(events: int, leads: int, days: int | None = None) -> Path:
    folder = DATA / (f"{leads}-{events}" if days is None else f"{leads}-{events}-{days}d")
    if not (folder / "leads.parquet").exists():
        print(f"making {leads:,} leads and {events:,} events", flush=True)
        maker = [
            sys.executable,
            str(HERE / "make_data.py"),
            str(folder),
            "--leads",
            str(leads),
            "--events",
            str(events),
            *([] if days is None else ["--days", str(days)]),
        ]
        subprocess.run(maker, check=True)
    for variant in [*VARIANTS, SNAPSHOTS]:
        place = folder / variant
        place.mkdir(exist_ok=True)
        (place / "model.yaml").write_text((HERE / "model.yaml").read_text())
        unique = str(variant != "duplicates").lower()
        (place / "denizen.yaml").write_text(
            f"leads: {{path: ../leads.parquet}}\nevents: {{path: '../events/*.parquet', unique: {unique}}}\n"
            f"{'outcomes: {path: ../outcomes.parquet}' if variant == SNAPSHOTS else ''}\n"
        )
    return folder


def compare_snapshots(denizen: str, events: int, leads: int, runs: int) -> None:
    """Print what a backtest of twelve monthly snapshots costs beside one scoring of the same data.

    A backtest is computed in SQL, and so is the one scoring it is held against; how it compares with one that counts in
    native code is told too.
    """
    folder = prepare(events, leads, SNAPSHOT_DAYS) / SNAPSHOTS
    one = [denizen, "score", "model.yaml", "--as-of", "2026-07-01", "--out", "scores.parquet"]
    in_sql = [*one, "--engine", "duckdb:?one_pass=off"]
    twelve = [denizen, *BACKTEST]
    measure(one, folder)
    rounds = [(measure(in_sql, folder), measure(one, folder), measure(twelve, folder)) for _ in range(runs)]
    wall, work = (statistics.median(b[i] / s[i] for s, _, b in rounds) for i in (0, 2))
    native = statistics.median(b[0] / n[0] for _, n, b in rounds)
    seconds = [statistics.median(r[i][0] for r in rounds) for i in (2, 0, 1)]
    print(
        f"{events:>12,} events  {SNAPSHOTS:10}  {wall:5.1f} x one scoring in SQL  ({seconds[0]:6.2f} s against"
        f" {seconds[1]:5.2f} s; {work:.1f} x its processor time; {native:.1f} x one in native code, {seconds[2]:5.2f} s)"
        f"  peak {max(b[1] for *_, b in rounds):6,.0f} MiB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--variants", nargs="+", default=[*VARIANTS, SNAPSHOTS], choices=[*VARIANTS, SNAPSHOTS])
    given = parser.parse_args()
    denizen = str(Path(sys.executable).parent / "denizen")
    for events in given.events:
        if SNAPSHOTS in given.variants:
            compare_snapshots(denizen, events, given.leads, given.runs)
        rest = [v for v in given.variants if v != SNAPSHOTS]
        if not rest:
            continue
        folder = prepare(events, given.leads)
        floor = [sys.executable, "-c", FLOOR.format(folder=folder)]
        measure(floor, folder)
        for variant in rest:
            command = [denizen, "score", "model.yaml", "--as-of", "2026-07-01", *VARIANTS[variant]]
            measure(command, folder / variant)
            pairs = [(measure(floor, folder), measure(command, folder / variant)) for _ in range(given.runs)]
            ratio = statistics.median(c[0] / f[0] for f, c in pairs)
            wall, base = (statistics.median(p[i][0] for p in pairs) for i in (1, 0))
            memory = max(c[1] for _, c in pairs)
            print(
                f"{events:>12,} events  {variant:10}  {ratio:5.1f} x floor  ({wall:6.2f} s, floor {base:5.2f} s)"
                f"  peak {memory:6,.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
