"""Phrases found in a text, word by word: the longest at each place, with `*` at the end of a word for any letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.ingest.derive.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ANY = "*"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words, each whole, or with `*` before or behind, or `*` alone for any word; and what they mean."""

    words: tuple[str, ...]
    meaning: str

    @property
    def rank(self) -> tuple[int, int, int]:
        """Longer phrases first, then those with fewer wildcards, then those with more letters."""
        return -len(self.words), sum(ANY in w for w in self.words), -sum(map(len, self.words))

    def starts(self, words: list[str]) -> bool:
        """Return whether some words start with this phrase."""
        return len(words) >= len(self.words) and all(map(_matches, self.words, words))


def _matches(pattern: str, word: str) -> bool:
    if ANY not in pattern:
        return pattern == word
    if pattern.startswith(ANY):
        return word.endswith(pattern[1:])
    return word.startswith(pattern[:-1])


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases by their first word: whole, or by the letters it starts or ends with; `seen` remembers words."""

    whole: dict[str, list[Phrase]] = field(default_factory=dict)
    starting: dict[str, list[Phrase]] = field(default_factory=dict)
    ending: dict[str, list[Phrase]] = field(default_factory=dict)
    seen: dict[str, list[Phrase]] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Iterable[tuple[str, str]]) -> Phrases:
        """Return the phrases of pairs of text and meaning; the first of two equal ones counts."""
        made = cls()
        known: set[tuple[str, ...]] = set()
        for text, meaning in listed:
            for words in sorted(_spellings(text) - known):
                known.add(words)
                made._add(Phrase(words, meaning))
        return made

    def _add(self, phrase: Phrase) -> None:
        first = phrase.words[0]
        index = self.starting if first.endswith(ANY) else self.ending if first.startswith(ANY) else self.whole
        index.setdefault(first.strip(ANY), []).append(phrase)

    def found(self, words: list[str]) -> Iterator[Phrase]:
        """Yield the phrases in a text from left to right; they do not overlap."""
        place = 0
        while place < len(words):
            rest = words[place:]
            best = next((p for p in self._best_first(words[place]) if p.starts(rest)), None)
            if best is not None:
                yield best
            place += 1 if best is None else len(best.words)

    def _best_first(self, word: str) -> list[Phrase]:
        """Return the phrases that may start with a word; titles share words, so each is looked up once."""
        if word not in self.seen:
            self.seen[word] = sorted(self._candidates(word), key=lambda p: p.rank)
        return self.seen[word]

    def _candidates(self, word: str) -> Iterator[Phrase]:
        yield from self.whole.get(word, ())
        for cut in range(len(word) + 1):
            yield from self.starting.get(word[:cut], ())
            yield from self.ending.get(word[cut:], ())


def _spellings(text: str) -> set[tuple[str, ...]]:
    """Return a phrase as words; German umlauts are also written ae, oe, ue."""
    written = {text, text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")}
    return {tuple(word for part in one.split() for word in _word(part)) for one in written}


def _word(part: str) -> list[str]:
    before, behind = part.startswith(ANY), part.endswith(ANY)
    words = fold(part.strip(ANY)).split() or [""]
    words[0] = ANY + words[0] if before and words[0] else words[0]
    words[-1] = words[-1] + ANY if behind else words[-1]
    return words
