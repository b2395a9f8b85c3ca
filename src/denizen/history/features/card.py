"""The data card: what each column means, who is in the table and who is not, and what to beware of."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: the SQL that makes it, its meaning and where it comes from."""

    name: str
    expression: str
    meaning: str
    source: str


def markdown(card: dict[str, Any]) -> str:
    """Return the card as a page of Markdown."""
    cohort = card["cohort"]
    parts = [
        f"# Data card: {_plain(card['model'])}\n\nModel hash `{card['model_hash']}`; {_plain(card['design'])}.",
        (
            f"{cohort['rows']:,} rows of {cohort['leads']:,} leads, {cohort['won']:,} of them converted;"
            f" observed until {cohort['observed_until']}. Left out: {card['left_out'] or 'nobody'}."
        ),
        "## Splits\n\n" + _table(("split", "rows", "won", "base_rate", "from", "to"), card["splits"]),
        "## Columns\n\n" + _table(("column", "type", "meaning", "source", "fill"), card["columns"]),
        "## Warnings of leaks\n\n" + _list(card["leaks"] or ["none found"]),
        "## Notes\n\n" + _list(card["notes"]),
        f"## Use\n\n{card['intended_use']}\n\n{card['limits']}",
    ]
    return "\n\n".join(parts) + "\n"


def _table(names: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    head = [" | ".join(names), " | ".join("---" for _ in names)]
    return "\n".join(f"| {line} |" for line in [*head, *(" | ".join(_plain(r[n]) for n in names) for r in rows)])


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines)


def _plain(value: Any) -> str:
    """Return a value that cannot break the page."""
    return escape(" ".join(str(value).split()), quote=False).replace("|", "\\|")
