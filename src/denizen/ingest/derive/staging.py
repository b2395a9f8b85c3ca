"""Which columns have to be read so that others can be derived from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from denizen.errors import did_you_mean
from denizen.ingest.derive.matching import CLAIMS, SIGNS
from denizen.ingest.derive.recipes import RECIPES
from denizen.ingest.project import AttributeRule
from denizen.plan.needs import Forms
from denizen.sql.literals import slug
from denizen.sql.tables import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from denizen.ingest.raw import Raw
    from denizen.sql.tables import Tables


def sources_of(
    tables: Tables, rules: Mapping[str, AttributeRule], leads: Raw, accounts: Raw | None, *, match: bool
) -> dict[str, Value]:
    """Return, by attribute, the columns to read besides those that the plan asks for, where the data has them."""
    wanted = list(_wanted(tables, rules))
    if match and any(leads.has(name) for name in SIGNS):
        wanted += [*SIGNS, *CLAIMS]
    raws = [raw for raw in (leads, accounts) if raw is not None]
    return {
        name: tables.attributes.get(name) or Value(name, slug("s", i, name), Forms())
        for i, name in enumerate(dict.fromkeys(wanted), 1)
        if any(raw.has(name) for raw in raws)
    }


def with_sources(tables: Tables, sources: Mapping[str, Value]) -> Tables:
    """Return the tables with the columns of sources among the attributes."""
    return replace(tables, attributes={**tables.attributes, **sources})


def unknown_for_all(tables: Tables, sources: Mapping[str, Value], leads: Raw, accounts: Raw | None) -> Iterator[str]:
    """Yield a warning for each attribute that no column gives and none can be derived from."""
    raws = [raw for raw in (leads, accounts) if raw is not None]
    for name in tables.attributes:
        if any(raw.find(name) is not None for raw in raws):
            continue
        needed = [s.attribute for s in RECIPES.get(name, ())]
        if any(s in sources for s in needed):
            continue
        instead = f", nor is {' or '.join(f'`{s}`' for s in needed)}, from which it is derived" if needed else ""
        yield f"attribute `{name}` is in neither leads nor accounts{instead}, so it is unknown for all"


def misspelled_rules(tables: Tables, rules: Mapping[str, AttributeRule]) -> Iterator[str]:
    """Yield a warning for each rule of an attribute that the model does not read, if it reads one of a near name."""
    for name in rules:
        hint = did_you_mean(name, tables.attributes)
        if hint and name not in tables.attributes and name not in RECIPES:
            yield f"attributes: the model does not read `{name}`; {hint}"


def _wanted(tables: Tables, rules: Mapping[str, AttributeRule]) -> Iterator[str]:
    for name in tables.attributes:
        recipe = RECIPES.get(name, ())
        if recipe and rules.get(name, AttributeRule()).derive:
            yield from (source.attribute for source in recipe)
            if any(source.of_work_address for source in recipe):
                yield "email_type"
