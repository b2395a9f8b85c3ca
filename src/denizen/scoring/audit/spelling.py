"""Whether two event names are one name written differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from denizen.model.values import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[\W_]+")


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, as `("teammate", "invited")` for `Teammate Invited` and `teammateInvited`."""
    return tuple(w for w in _NO_WORD.split(normalize(_CAMEL.sub(" ", name))) if w)


def same(name: str) -> str:
    """Return what is equal for two spellings of one name: its letters and digits, in order."""
    return "".join(words(name))


def mixed(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of names that differ in spelling alone, each sorted, in order of their first names."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(same(name) or name, []).append(name)
    return sorted(tuple(sorted(g)) for g in groups.values() if len(g) > 1)
