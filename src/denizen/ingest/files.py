"""Paths, folders and globs: which files are meant, of which kind, and how one is opened."""

from __future__ import annotations

import glob
import gzip
import re
from pathlib import Path
from typing import IO

from denizen.errors import fail
from denizen.sql.literals import text

MAX_LINE_BYTES = 16 * 2**20
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet")


def files_of(path: str) -> list[str]:
    """Return the files of a path, folder or glob.

    Raises:
        DenizenError: there are none.
    """
    place = Path(path)
    if place.is_dir():
        found = sorted(str(p) for p in place.rglob("*") if p.is_file() and p.name.lower().endswith(SUFFIXES))
        if not found:
            raise fail(
                "file-unreadable",
                f"the folder holds no file of a known kind ({', '.join(SUFFIXES)})",
                file=path,
            )
        return found
    if place.is_file():
        return [str(place)]
    found = sorted(f for f in glob.glob(path, recursive=True) if Path(f).is_file())  # noqa: PTH207  absolute globs too
    if not found:
        raise fail("file-unreadable", "no such file, folder or glob", file=path)
    return found


def kind_of(file: str) -> str:
    """Return `parquet`, `csv` or `jsonl`.

    Raises:
        DenizenError: the name ends in none of these.
    """
    name = file.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        return "parquet"
    if name.endswith((".csv", ".tsv")):
        return "csv"
    if name.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    raise fail("file-unreadable", f"not of a known kind ({', '.join(SUFFIXES)})", file=file)


def list_of(files: list[str]) -> str:
    """Return a list literal; nothing in a file's name must be read as a glob."""
    return "[" + ", ".join(text(re.sub(r"[\[*?]", r"[\g<0>]", f)) for f in files) + "]"


def open_file(file: str) -> IO[bytes]:
    """Open a file, compressed or not."""
    return gzip.open(file, "rb") if file.lower().endswith(".gz") else Path(file).open("rb")  # type: ignore[return-value]


def is_empty(file: str) -> bool:
    """Return whether a file holds no byte."""
    with open_file(file) as lines:
        return not lines.read(1)
