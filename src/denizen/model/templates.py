"""The ready models, one for each approach of the methodology, and how one is edited without losing its comments.

A template is a file of the package. Editing works on its lines: a criterion or setting is replaced, or turned into a
comment, together with the comments above it; everything else stays as it was written.
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from denizen.model.approaches import APPROACHES, approach_named
from denizen.model.source import parse_yaml
from denizen.model.writing import comment, dump

if TYPE_CHECKING:
    from denizen.model.source import Path, Source


def template_text(name: str) -> str:
    """Return the text of the template of an approach.

    Raises:
        DenizenError: there is no approach of this name.
    """
    return (files("denizen") / "templates" / f"{approach_named(name).name}.yaml").read_text(encoding="utf-8")


def template_names() -> list[str]:
    """Return the names of all templates: those of the approaches."""
    return list(APPROACHES)


class Sheet:
    """A model file being edited: its lines, what they say, and where each key stands."""

    def __init__(self, text: str) -> None:
        source = _read(text)
        self.lines = text.splitlines()
        self.data: dict[str, Any] = deepcopy(source.data)
        self.places = {path: (line - 1, column - 1) for path, (line, column) in source.keys.items()}

    @property
    def text(self) -> str:
        """The whole file."""
        return "\n".join(self.lines) + "\n"

    def get(self, path: Path) -> Any:
        """Return what stands at a path, or None."""
        data: Any = self.data
        for part in path:
            data = data.get(part) if isinstance(data, dict) else None
        return data

    def criteria(self) -> list[Path]:
        """Return the paths of all criteria, in the order of the file."""
        sections: list[Path] = [(name,) for name in ("fit", "behavior", "account") if name in self.data]
        sections += [("products", name) for name in self.data.get("products", {})]
        return [(*s, "criteria", name) for s in sections for name in self.get((*s, "criteria")) or {}]

    def replace(self, path: Path, data: Any, notes: tuple[str, ...] = ()) -> None:
        """Put other data at a key, with notes added to the comments above it."""
        start, end, indent = self._block(path)
        made = [comment(note, indent) for note in notes]
        self.get(path[:-1])[path[-1]] = data
        written = [" " * indent + line for line in dump({str(path[-1]): data})]
        self._put(start, end, made + written)
        self.places[path] = (start + len(made), indent)

    def leave_out(self, path: Path, reason: str) -> None:
        """Turn a key into a comment that says why."""
        start, end, indent = self._block(path)
        kept = [f"{' ' * indent}# {line[indent:]}" for line in self.lines[start:end]]
        del self.get(path[:-1])[path[-1]]
        self._put(start, end, [comment(f"left out: {reason}", indent), *kept])
        del self.places[path]
        if not self.get(path[:-1]):
            row = self.places[path[:-1]][0]
            self.lines[row] = f"{self.lines[row].rstrip()} {{}}"

    def add(self, section: Path, name: str, data: Any, notes: tuple[str, ...] = ()) -> None:
        """Add a criterion after the last one of a section."""
        _, end, indent = max((self._block((*section, key)) for key in self.get(section)), key=lambda block: block[1])
        made = [comment(note, indent) for note in notes]
        self.get(section)[name] = data
        self._put(end, end, made + [" " * indent + line for line in dump({name: data})])
        self.places[*section, name] = (end + len(made), indent)

    def head(self, lines: list[str]) -> None:
        """Put comment lines before everything else."""
        self._put(0, 0, [comment(line) for line in lines])

    def block(self, path: Path) -> list[str]:
        """Return the lines of a key and of what belongs to it."""
        start, end, _ = self._block(path)
        return self.lines[start:end]

    def with_blocks(self, path: Path, lines: list[str]) -> str:
        """Return the text with other lines for everything below a key."""
        start, end, _ = self._block(path)
        return "\n".join([*self.lines[: start + 1], *lines, *self.lines[end:]]) + "\n"

    def _put(self, start: int, end: int, lines: list[str]) -> None:
        self.lines[start:end] = lines
        moved = len(lines) - (end - start)
        self.places = {p: (row + moved if row >= end else row, column) for p, (row, column) in self.places.items()}

    def _block(self, path: Path) -> tuple[int, int, int]:
        """Return the lines of a key and what belongs to it, from 0, and its indent."""
        start, indent = self.places[path]
        end = start + 1
        while end < len(self.lines) and self.lines[end].strip() and _indent(self.lines[end]) > indent:
            end += 1
        return start, end, indent


@lru_cache(maxsize=16)
def _read(text: str) -> Source:
    return parse_yaml(text, "template")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
