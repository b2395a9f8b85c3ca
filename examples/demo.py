"""What `make demo` runs: both examples scored, and one score proved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DENIZEN = [str(Path(sys.executable).parent / "denizen")]


def show(title: str, *arguments: str) -> None:
    print(f"\n\033[1m{title}\033[0m\n$ denizen {' '.join(arguments)}\n", flush=True)
    subprocess.run([*DENIZEN, *arguments], check=True, cwd=HERE.parent)  # noqa: S603  our own command


show(
    "A free trial: who is a resident, who is still a tourist?",
    *"score examples/trial/model.yaml --as-of 2026-07-01 --pql-only --top 10".split(),
)
show(
    "Why this one? Every point, the events behind it, and every gate.",
    *"explain examples/trial/model.yaml u00007 --as-of 2026-07-01".split(),
)
show(
    "The same lead six weeks earlier: scores can be asked for at any instant.",
    *"explain examples/trial/model.yaml u00007 --as-of 2026-05-18".split(),
)
show(
    "A shop's click-stream: visitors who behave like buyers.",
    *"score examples/ecom/model.yaml --as-of 2024-06-30 --pql-only --top 10".split(),
)
