"""Job titles: seniority and department, from tables of words in five languages.

A title is cut where the company starts (`at Acme`), freed of gender marks (`Leiter:in (m/w/d)`), and read word by word.
What stands behind an assistant's `to the` is somebody else's title.
"""

from __future__ import annotations

import itertools
import re
from functools import cache, lru_cache

from denizen.ingest.derive.phrases import Phrases
from denizen.ingest.derive.vocabulary import fold, read_table

LEVELS = ("intern", "c_level", "owner", "vp", "director", "manager", "individual")
"""Highest rank first: the first that a title names counts."""

NOTHING = "-"
EXECUTIVE = "executive"

_COMPANY = re.compile(r"(?:\s+at\s+|\s*@\s*|\s+bei\s+(?:der\s+)?|\s+chez\s+)\S.*$", re.IGNORECASE)
_GENDERS = re.compile(r"[(\[]?\b[mwfdhxi]\s*[/|]\s*[mwfdhxi](?:\s*[/|]\s*[mwfdhxi*])*\b[)\]]?", re.IGNORECASE)
_ENDINGS = re.compile(
    r"(?:[*:_·•/(]-?|(?<=[a-z])\.(?=r?ice\b|trice\b|euse\b))(?:innen|in|rin|a|e|ra|ora|rice|trice|euse|ne|ère|ière|as|os)\)?(?=[\s,;)]|$)",
    re.IGNORECASE,
)
_INNER_CAPITAL = re.compile(r"(?<=[a-zß])In(?:nen)?\b")
_DOTTED = re.compile(r"\b((?:[a-z]\.){2,})(?![a-z]\w)", re.IGNORECASE)
_ASSISTANTS = re.compile(
    r"^(?:assistant|assistante|assistent\w*|assistenz|\w+assistent(?:in)?|\w*assistenz|asistente|assistente|secretar\w*|secretaire|sekretar\w*|ea|pa|adjointe?|auxiliar|office)$"
)
_DEPUTY = re.compile(r"^adjointe?$")
"""At the head of a title an assistant, behind another word its deputy: `directeur adjoint`."""
_ASSISTS_WHO_STANDS_BEFORE = re.compile(r"^(?:assistante?|assistent(?:in|e)?|assistenz|asistente)$")
_LINKS = frozenset(
    [
        "to",
        "of",
        "for",
        "der",
        "des",
        "dem",
        "de",
        "da",
        "do",
        "du",
        "di",
        "del",
        "d",
        "al",
        "a",
        "la",
        "an",
        "zu",
        "zur",
        "zum",
        "au",
        "aux",
    ]
)
_FORMER = frozenset(
    [
        "former",
        "formerly",
        "ex",
        "retired",
        "ehemalig",
        "ehemalige",
        "ehemaliger",
        "ancien",
        "ancienne",
        "aposentado",
        "aposentada",
        "jubilado",
        "jubilada",
    ]
)


@cache
def _seniority() -> Phrases:
    return _phrases("seniority.csv", "level")


@cache
def _departments() -> Phrases:
    return _phrases("departments.csv", "department")


def _phrases(table: str, column: str) -> Phrases:
    return Phrases.of((text, row[column]) for row in read_table(table) for text in row["phrases"].split("|"))


def seniority_of(title: str) -> str | None:
    """Return the level of a title, None if no word of it says one."""
    words, assists = _words_of(title)
    named = {phrase.meaning for phrase in _seniority().found(words)}
    if assists:
        return "intern" if "intern" in named else "individual"
    return next((level for level in LEVELS if level in named), None)


def department_of(title: str) -> str | None:
    """Return the department of a title, None if no word of it says one."""
    words, _ = _words_of(title)
    named = [phrase.meaning for phrase in _departments().found(words) if phrase.meaning != NOTHING]
    return next((name for name in named if name != EXECUTIVE), EXECUTIVE if named else None)


@lru_cache(maxsize=1 << 17)
def _words_of(title: str) -> tuple[list[str], bool]:
    """Return the words of a title itself, and whether it is that of somebody's assistant."""
    text = _INNER_CAPITAL.sub("", title)
    text = _GENDERS.sub(" ", _COMPANY.sub("", text))
    text = _ENDINGS.sub("", text)
    text = _DOTTED.sub(lambda found: found[1].replace(".", ""), text)
    words = fold(text.replace("'", " ").replace("’", " ")).split()
    words = _until(words, [i for i, word in enumerate(words) if word in _FORMER])
    assistants = [
        i + 1
        for i, (word, link) in enumerate(itertools.pairwise(words))
        if link in _LINKS and _ASSISTANTS.match(word) and not (i and _DEPUTY.match(word))
    ]
    behind = len(words) > 1 and bool(_ASSISTS_WHO_STANDS_BEFORE.match(words[-1]))
    return _until(words, assistants), behind or bool(assistants)


def _until(words: list[str], places: list[int]) -> list[str]:
    return words[: places[0]] if places else words
