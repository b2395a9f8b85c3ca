"""What a value means: the project file first, then the tables, in the words of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from denizen.ingest.derive.countries import country_in_words_of
from denizen.ingest.derive.industries import industries
from denizen.ingest.derive.technologies import technologies_in_words_of
from denizen.ingest.derive.vocabulary import spelled_as

if TYPE_CHECKING:
    from denizen.ingest.derive.recipes import Source
    from denizen.ingest.project import AttributeRule
    from denizen.plan.needs import Forms

Meaning = Callable[[str], str | None]
"""From a normalized text to the value it means; None where it means nothing, or stays as it came."""


def meaning_of_own(name: str, forms: Forms, rule: AttributeRule) -> Meaning | None:
    """Return what a value means that the data gives; None where every value stays as it came."""
    table = _table(name, forms) if rule.derive else None
    if not rule.values:
        return table
    return lambda said: rule.values.get(said) or (table(said) if table else None)


def _table(name: str, forms: Forms) -> Meaning | None:
    """Return how a table reads an attribute; a model that searches in the text reads it as it came."""
    named = forms.named
    if forms.pattern:
        return None
    if name == "technologies":
        return lambda said: technologies_in_words_of(named, said)
    if forms.words:
        return None
    if name == "country":
        return lambda said: country_in_words_of(named, said)
    if name == "industry":
        return lambda said: industries().in_words_of(named, said)
    return None


def meaning_of_source(source: Source, forms: Forms, rule: AttributeRule) -> Meaning:
    """Return what a source says about an attribute, in the model's spelling."""

    def meaning(said: str) -> str | None:
        found = rule.values.get(said) or source.rule(said)
        return None if found is None else spelled_as(forms.named, found)

    return meaning
