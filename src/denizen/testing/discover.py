"""Find files of cases: `*.cases.yaml` anywhere, and `*.yaml` in a folder named `cases`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from denizen.errors import fail
from denizen.model.load import read_text
from denizen.model.source import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENDINGS = (".yaml", ".yml")
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})


def find_cases(paths: Iterable[str | Path]) -> list[Path]:
    """Return the files of cases that are given, or lie in or below a folder that is given.

    Raises:
        DenizenError: a path does not exist, or there is no file of cases at all.
    """
    given = [Path(p) for p in paths]
    found: dict[Path, None] = {}
    for path in given:
        if path.is_file():
            found[path] = None
        elif path.is_dir():
            found |= dict.fromkeys(sorted(p for p in _below(path) if _holds_cases(p)))
        else:
            raise fail("file-unreadable", "there is no such file or folder", file=str(path))
    if not found:
        places = ", ".join(str(p) for p in given)
        raise fail("no-cases", f"{places}: no *.cases.yaml and no cases/*.yaml here; name a file")
    return list(found)


def _below(folder: Path) -> list[Path]:
    files = []
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in _SKIPPED:
            continue
        if path.is_dir() and not path.is_symlink():
            files += _below(path)
        elif path.suffix in _ENDINGS:
            files.append(path)
    return files


def _holds_cases(path: Path) -> bool:
    """Return whether a file is one of cases; a model beside the cases it is for is none."""
    if path.stem.endswith(".cases"):
        return True
    if path.parent.resolve().name != "cases":
        return False
    data = parse_yaml(read_text(path), str(path)).data
    return not (isinstance(data, dict) and "model" in data)
