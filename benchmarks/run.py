"""Speed and memory of the whole scoring command, as ratios to a floor measured in the same run.

The floor is DuckDB reading three columns and one GROUP BY lead_id. Each command is a whole process, interpreter start
included; floor and command run in turn, and the median of the ratios is what counts. Memory is the peak of the process.

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
    "duplicates": ["--out", "scores.parquet"],
    "ledger": ["--out", "scores.parquet", "--ledger", "ledger.parquet"],
}


def measure(command: list[str], folder: Path) -> tuple[float, float]:
    """Return wall seconds and peak MiB of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def prepare(events: int, leads: int) -> Path:
    folder = DATA / f"{leads}-{events}"
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
        ]
        subprocess.run(maker, check=True)
    for variant in VARIANTS:
        place = folder / variant
        place.mkdir(exist_ok=True)
        (place / "model.yaml").write_text((HERE / "model.yaml").read_text())
        unique = str(variant != "duplicates").lower()
        (place / "denizen.yaml").write_text(
            f"leads: {{path: ../leads.parquet}}\nevents: {{path: '../events/*.parquet', unique: {unique}}}\n"
        )
    return folder


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    given = parser.parse_args()
    denizen = str(Path(sys.executable).parent / "denizen")
    for events in given.events:
        folder = prepare(events, given.leads)
        floor = [sys.executable, "-c", FLOOR.format(folder=folder)]
        measure(floor, folder)
        for variant in given.variants:
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
