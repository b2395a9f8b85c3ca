"""Attributes whose values are read by what they mean, in the words of the criterion that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.lint.cells import literals_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.model.spec import Band, Criterion

READ_BY_MEANING = frozenset(
    {
        *("country", "country_code", "industry", "industry_group", "technologies", "seniority", "department"),
        *("email_domain", "email_type", "company_domain"),
    }
)
"""A value of these that a criterion names stays as it came; taking the name out can turn it into another word of it."""

_LISTED = ("is_", "is_not", "in_", "not_in", "contains", "contains_any", "contains_all")


def words_lost(criterion: Criterion, bands: Iterable[Band] | None) -> bool:
    """Return whether a criterion on such an attribute would name fewer or other words with these bands."""
    if criterion.attribute not in READ_BY_MEANING:
        return False
    return _words(criterion.bands) != _words(bands)


def _words(bands: Iterable[Band] | None) -> set[str]:
    found: set[str] = set()
    for band in bands or ():
        for field in _LISTED:
            given = getattr(band, field, None)
            if given is not None:
                found |= {v.canonical for v in literals_of(given if isinstance(given, list) else [given])}
    return found
