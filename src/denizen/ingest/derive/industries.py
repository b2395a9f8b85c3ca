"""Industries: a small taxonomy, and the spellings of its terms."""

from __future__ import annotations

from functools import cache

from denizen.ingest.derive.vocabulary import Term, Vocabulary, read_table


@cache
def industries() -> Vocabulary:
    """Return the terms of all groups."""
    return Vocabulary.of(
        (Term(row["term"], row["group"]), row["spellings"].split("|")) for row in read_table("industries.csv")
    )


def industry_group(text: str) -> str | None:
    """Return the group of an industry, None if it is unknown."""
    term = industries().term(text)
    return term.group if term else None
