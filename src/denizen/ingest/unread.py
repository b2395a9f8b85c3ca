"""Values that a model compares as numbers and that read as none: no comparison holds for them, so somebody has to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.project import AttributeRule
from denizen.model.values import normalize
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from denizen.sql.tables import Tables, Value


def unread(value: Value, rule: AttributeRule | None = None) -> str:
    """Return the condition that a value reads as no number, and is no word that the model or the project file knows."""
    known = sorted(value.forms.named | {normalize(said) for said in (rule or AttributeRule()).values})
    other = f" AND {value.text} NOT IN ({', '.join(map(text, known))})" if known else ""
    return f"{value.text} IS NOT NULL AND {value.number} IS NULL{other}"


def unread_values(tables: Tables, rules: Mapping[str, AttributeRule]) -> dict[str, tuple[str, str]]:
    """Return, by attribute that is compared as a number, the column of its text and the condition that it is none."""
    return {
        name: (value.text, unread(value, rules.get(name)))
        for name, value in tables.attributes.items()
        if value.forms.ordered
    }


def tallies(looked_for: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return two aggregates for each attribute: how many usable rows are unread, and one of their texts."""
    found = []
    for column, condition in looked_for.values():
        where = f"FILTER (WHERE reason IS NULL AND {condition})"
        found += [f"count(*) {where}", f"min({column}) {where}"]
    return found


def unread_warnings(table: str, names: Sequence[str], tallied: Sequence[object]) -> Iterator[str]:
    """Yield a warning for each attribute with values that read as no number."""
    for name, count, example in zip(names, tallied[::2], tallied[1::2], strict=True):
        if isinstance(count, int) and count:
            values, them = ("1 value does", "it") if count == 1 else (f"{count:,} values do", "them")
            yield (
                f"{table}: `{name}` is compared as a number, and {values} not read as one, such as {example!r}: no comparison"
                f" holds for {them}; write numbers, or say what a text means with"
                f" `attributes: {{{name}: {{values: {{TEXT: NUMBER}}}}}}` in denizen.yaml"
            )
