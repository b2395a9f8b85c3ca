"""Technologies by their canonical names; lists stay lists."""

from __future__ import annotations

import json
import re
from functools import cache

from denizen.ingest.derive.vocabulary import Term, Vocabulary, read_table
from denizen.sql.conditions import SEPARATOR

_BETWEEN = re.compile(r"\s*[,;|]\s*")
_WORD = r"0-9a-z_\x80-\U0010ffff"


@cache
def technologies() -> Vocabulary:
    """Return the technologies that are known."""
    return Vocabulary.of(
        (Term(row["name"], row["name"]), row["spellings"].split("|")) for row in read_table("technologies.csv")
    )


def technologies_in_words_of(named: frozenset[str], said: str) -> str | None:
    """Return technologies in the words of a model, None where they stay as they came.

    Elements of a list stand between two U+001F and come back as a JSON list; a text that lists names comes back as
    text. A name of the text in which the model finds a word of its own stays.
    """
    if said in named:
        return None
    if said.startswith(SEPARATOR):
        elements = said.strip(SEPARATOR).split(SEPARATOR)
        read = [technologies().in_words_of(named, e) or e for e in elements]
        return json.dumps(list(dict.fromkeys(read)), ensure_ascii=False) if read != elements else None
    parts = _BETWEEN.split(said)
    read = [p if _speaks(named, p) else technologies().in_words_of(named, p) or p for p in parts]
    return ", ".join(dict.fromkeys(read)) if read != parts else None


def _speaks(named: frozenset[str], part: str) -> bool:
    """Return whether one of the model's words stands in a text as a whole word."""
    return any(re.search(f"(?<![{_WORD}]){re.escape(word)}(?![{_WORD}])", part) for word in named)
