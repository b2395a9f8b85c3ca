"""Derivation in the embedded database: distinct values out, lookup tables in, one join for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.ingest.derive.reading import meaning_of_own, meaning_of_source
from denizen.ingest.derive.recipes import RECIPES
from denizen.ingest.project import AttributeRule
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from duckdb import DuckDBPyConnection

    from denizen.ingest.derive.reading import Meaning
    from denizen.sql.tables import Tables, Value

DERIVED_FROM = "derived_from"
"""For a single lead: which attribute was derived, from which other, and what that said."""

JOINED_IN_PASSING = 5_000
"""Lookups of at most so many texts are joined whenever leads are read; with larger ones leads are made anew, once."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One table of distinct texts and what they mean for one attribute.

    `key` is an expression on a row of `leads`, `cut` says that it takes time to cut it out of the text; the table counts
    where the condition `applies` holds.
    """

    table: str
    value: Value
    source: Value
    key: str
    applies: str
    cut: bool = False

    @property
    def join(self) -> str:
        """The join to `leads`; a text stands in the table once, and is said to, so that an unused join costs nothing."""
        forms = self.value.forms
        columns = ["shown", "text", *(["number"] if forms.number else []), *(["words"] if forms.words else [])]
        listed = ", ".join(f"any_value({column}) AS {column}" for column in columns)
        once = f"(SELECT key, {listed} FROM {self.table} GROUP BY key)"
        applies = "" if self.source is self.value else f" AND {self.applies}"
        return f"LEFT JOIN {once} AS {self.table} ON {self.table}.key = {self.key}{applies}"


def derive_attributes(
    connection: DuckDBPyConnection,
    tables: Tables,
    sources: Mapping[str, Value],
    rules: Mapping[str, AttributeRule],
    *,
    explained: bool,
) -> dict[str, int]:
    """Complete the attributes of `leads`; return, by attribute, for how many leads something was derived.

    Args:
        connection: the embedded database.
        tables: the columns that are wanted.
        sources: attributes that others can be derived from, as they stand in `leads`.
        rules: how the project file wants attributes read.
        explained: also make the table `derived_from`.
    """
    lookups: list[Lookup] = []
    counts: dict[str, int] = {}
    in_passing = True
    for name, value in tables.attributes.items():
        for lookup, meaning in _lookups(name, value, sources, rules.get(name, AttributeRule())):
            earlier = [known for known in lookups if known.value is value]
            texts, leads = _fill(connection, lookup, meaning, earlier)
            if leads:
                lookups.append(lookup)
                counts[name] = counts.get(name, 0) + leads
                in_passing = in_passing and texts <= JOINED_IN_PASSING and not lookup.cut
    if explained:
        _note_origins(connection, lookups)
    if lookups:
        _complete(connection, tables, lookups, in_passing=in_passing)
    return counts


def own_flag(value: Value) -> str:
    """Return the name of the column of `leads` that says whether the data itself gives an attribute."""
    return f"{value.column}_own"


def mark_own(connection: DuckDBPyConnection, tables: Tables) -> None:
    """Add to `leads` which attributes the data itself gives, before others are derived."""
    flags = [f"{value.text} IS NOT NULL AS {own_flag(value)}" for value in tables.attributes.values()]
    connection.execute(f"CREATE TEMP TABLE leads_marked AS SELECT {', '.join(['*', *flags])} FROM leads")
    connection.execute("DROP VIEW leads")
    connection.execute("CREATE TEMP VIEW leads AS SELECT * FROM leads_marked")


def _lookups(
    name: str, value: Value, sources: Mapping[str, Value], rule: AttributeRule
) -> Iterator[tuple[Lookup, Meaning]]:
    """Yield the lookups of one attribute in order: what the data says of it, then what else speaks of it."""
    own = f"leads.{value.text}"
    if (meaning := meaning_of_own(name, value.forms, rule)) is not None:
        key = f"coalesce(leads.{value.words}, {own})" if value.forms.words else own
        yield Lookup(f"{value.column}_read", value, value, key, f"{own} IS NOT NULL"), meaning
    for i, source in enumerate(RECIPES.get(name, ()) if rule.derive else ()):
        given = sources.get(source.attribute)
        if given is None:
            continue
        applies = f"{own} IS NULL"
        if source.of_work_address and (kind := sources.get("email_type")) is not None:
            applies += f" AND coalesce(leads.{kind.text}, 'work') = 'work'"
        key = source.key.format(f"leads.{given.text}")
        yield (
            Lookup(f"{value.column}_from_{i}", value, given, key, applies, cut=source.key != "{}"),
            meaning_of_source(source, value.forms, rule),
        )


def _fill(connection: DuckDBPyConnection, lookup: Lookup, meaning: Meaning, earlier: list[Lookup]) -> tuple[int, int]:
    """Make the table of a lookup from the texts that earlier ones leave open.

    Returns:
        How many texts stand in it, and of how many leads it speaks.
    """
    joins = " ".join(known.join for known in earlier)
    still_open = " AND ".join([lookup.applies, *[f"{known.table}.key IS NULL" for known in earlier]])
    rows = connection.execute(
        f"SELECT {lookup.key} AS said, count(*) FROM leads {joins} WHERE {still_open} GROUP BY said"
    ).fetchall()
    found = [(said, meant, leads) for said, leads in rows if said is not None and (meant := meaning(said)) is not None]
    if not found:
        return 0, 0
    forms = lookup.value.forms
    made = ["key", "shown", "normal(shown) AS text"]
    made += ["as_number(normal(shown)) AS number"] if forms.number else []
    made += ["CASE WHEN is_list(meant) THEN words(meant) END AS words"] if forms.words else []
    shown = "CASE WHEN is_list(meant) THEN joined(meant) ELSE meant END AS shown"
    connection.execute(
        f"CREATE TEMP TABLE {lookup.table} AS SELECT {', '.join(made)} FROM (SELECT *, {shown}"
        " FROM (SELECT unnest($key::VARCHAR[]) AS key, unnest($meant::VARCHAR[]) AS meant))",
        {"key": [f[0] for f in found], "meant": [f[1] for f in found]},
    )
    return len(found), sum(f[2] for f in found)


def _complete(connection: DuckDBPyConnection, tables: Tables, lookups: list[Lookup], *, in_passing: bool) -> None:
    """Complete `leads` with what was derived: whenever it is read, or once."""
    by_value: dict[str, list[Lookup]] = {}
    for lookup in lookups:
        by_value.setdefault(lookup.value.column, []).append(lookup)
    made = []
    for value in tables.attributes.values():
        own = by_value.get(value.column, [])
        forms = {value.text: "text", value.shown: "shown", value.number: "number", value.words: "words"}
        for column in value.columns(shown=tables.shown) if own else ():
            cases = " ".join(f"WHEN {k.table}.key IS NOT NULL THEN {k.table}.{forms[column]}" for k in own)
            made.append(f"CASE {cases} ELSE leads.{column} END AS {column}")
    joins = " ".join(lookup.join for lookup in lookups)
    connection.execute("ALTER VIEW leads RENAME TO leads_given")
    rows = f"SELECT leads.* REPLACE ({', '.join(made)}) FROM leads_given AS leads {joins}"
    if in_passing:
        connection.execute(f"CREATE TEMP VIEW leads AS {rows}")
        return
    connection.execute(f"CREATE TEMP TABLE leads_derived AS {rows}")
    connection.execute("CREATE TEMP VIEW leads AS SELECT * FROM leads_derived")


def _note_origins(connection: DuckDBPyConnection, lookups: list[Lookup]) -> None:
    """Make `derived_from`: the first lookup of an attribute that speaks of a lead gives its value."""
    connection.execute(
        f"CREATE TEMP TABLE {DERIVED_FROM} (lead_id VARCHAR, attribute VARCHAR, source VARCHAR, said VARCHAR)"
    )
    for lookup in lookups:
        earlier = [known for known in lookups[: lookups.index(lookup)] if known.value is lookup.value]
        still_open = "".join(f" AND {known.table}.key IS NULL" for known in earlier)
        connection.execute(
            f"INSERT INTO {DERIVED_FROM} SELECT CAST(leads.lead_id AS VARCHAR), {text(lookup.value.name)},"
            f" {text(lookup.source.name)}, leads.{lookup.source.shown} FROM leads"
            f" {' '.join(known.join for known in [*earlier, lookup])} WHERE {lookup.table}.key IS NOT NULL{still_open}"
        )
