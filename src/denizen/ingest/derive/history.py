"""Derived attributes as they were known then: what a source said at an instant, not what it says today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.derive.lookup import DERIVED_FROM, own_flag
from denizen.ingest.derive.reading import meaning_of_own, meaning_of_source
from denizen.ingest.derive.recipes import RECIPES
from denizen.ingest.project import AttributeRule
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from denizen.ingest.derive.reading import Meaning
    from denizen.sql.tables import Tables

_SAID = "CASE WHEN is_list(tidy(value)) THEN words(tidy(value)) ELSE normal(tidy(value)) END"


def derive_history(connection: DuckDBPyConnection, tables: Tables, rules: Mapping[str, AttributeRule]) -> None:
    """Complete `known_values`: what a source said from an instant on says a derived attribute from then on.

    A lead with a value or a history of its own keeps it. Values of the history are read like those of today; where they
    count, `derived_from` no longer speaks of today's.
    """
    for name, value in tables.attributes.items():
        rule = rules.get(name, AttributeRule())
        for source in RECIPES.get(name, ()) if rule.derive else ():
            said = f"attribute = {text(source.attribute)}"
            _meanings(
                connection, source.key.format("normal(tidy(value))"), said, meaning_of_source(source, value.forms, rule)
            )
            connection.execute(
                f"INSERT INTO known_values (lead_id, attribute, from_us, value) SELECT lead_id, normal({text(name)}), from_us,"
                f" meant FROM known_values LEFT JOIN meanings ON said = {source.key.format('normal(tidy(value))')}"
                f" WHERE {said} AND lead_id NOT IN (SELECT lead_id FROM leads WHERE {own_flag(value)})"
                f" AND lead_id NOT IN (SELECT lead_id FROM known_values WHERE attribute = normal({text(name)}))"
            )
    for name, value in tables.attributes.items():
        meaning = meaning_of_own(name, value.forms, rules.get(name, AttributeRule()))
        if meaning is not None:
            said = f"attribute = normal({text(name)})"
            _meanings(connection, _SAID, said, meaning)
            connection.execute(f"UPDATE known_values SET value = meant FROM meanings WHERE {said} AND said = {_SAID}")
    if connection.execute(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{DERIVED_FROM}'").fetchall()[0][0]:
        connection.execute(
            f"DELETE FROM {DERIVED_FROM} WHERE normal(attribute) IN (SELECT attribute FROM known_values)"
        )


def _meanings(connection: DuckDBPyConnection, key: str, where: str, meaning: Meaning) -> None:
    """Make `meanings`: what each distinct text of the history means."""
    rows = connection.execute(f"SELECT DISTINCT {key} FROM known_values WHERE {where}").fetchall()
    found = [(said, meant) for (said,) in rows if said is not None and (meant := meaning(said)) is not None]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE meanings AS SELECT unnest($said::VARCHAR[]) AS said, unnest($meant::VARCHAR[]) AS meant",
        {"said": [f[0] for f in found], "meant": [f[1] for f in found]},
    )
