"""Many spellings, one name: tables of terms, and a value in the words of the model that reads it."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_GAP = re.compile(r"[^\w+#]+|_+")


@lru_cache(maxsize=1 << 17)
def fold(text: str) -> str:
    """Return text without case, accents and punctuation, words apart by one space."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return _GAP.sub(" ", letters.replace("&", " and ").replace("'", "").replace("’", "")).strip()


def read_table(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table of this package."""
    text = (files("denizen.ingest.derive") / "tables" / name).read_text(encoding="utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class Term:
    """One meaning: its name, and the name of the group it belongs to (its own where there are no groups)."""

    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms by their folded spellings."""

    spellings: dict[str, Term]

    @classmethod
    def of(cls, terms: Iterable[tuple[Term, Iterable[str]]]) -> Vocabulary:
        """Return the vocabulary of terms with their spellings; where two terms claim one, the first has it."""
        found: dict[str, Term] = {}
        for term, spellings in terms:
            for spelling in (term.name, *spellings):
                found.setdefault(fold(spelling), term)
        return cls(found)

    def term(self, text: str) -> Term | None:
        """Return the term a text spells, None if it is unknown."""
        return self.spellings.get(fold(text))

    def in_words_of(self, named: frozenset[str], text: str) -> str | None:
        """Return a value in the words of a model, None where it stays as it came.

        A value that the model names itself stays. Else it becomes the model's spelling of the same term, else the
        model's spelling of its group, else the name of its group. Nothing ever becomes narrower: Software is no SaaS.
        """
        term = None if text in named else self.term(text)
        if term is None:
            return None
        spoken = {self.term(word): word for word in sorted(named, reverse=True)}
        group = self.term(term.group) or Term(term.group, term.group)
        for wanted in (term, group):
            if wanted in spoken:
                return spoken[wanted] if wanted.name.lower() not in named else wanted.name
        return term.group if term.group.lower() != text else None


def spelled_as(named: frozenset[str], value: str) -> str:
    """Return a value as a model spells it, if it only differs in case and punctuation: `c_level` for `C-Level`."""
    if value in named:
        return value
    return next((word for word in sorted(named) if fold(word) == fold(value)), value)
