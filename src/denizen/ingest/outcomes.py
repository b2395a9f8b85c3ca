"""Outcomes: what became of leads, typed, of known leads, none twice.

Words are read in this order: as the project file says, as the words that have a meaning of their own, as the usual names
of stages in a CRM. What is none of these is refused, never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.errors import did_you_mean, fail
from denizen.ingest.accounting import EventRows
from denizen.ingest.entities import add_broken
from denizen.ingest.raw import NOTHING
from denizen.ingest.reading import OWN, Reading
from denizen.ingest.sources import read_raw
from denizen.ingest.values import as_id, as_instant, as_text
from denizen.model.values import normalize
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.project import Data
    from denizen.ingest.raw import Raw

OUTCOMES = ("won", "lost", "opportunity", "accepted", "rejected", "contacted")
"""The words that have a meaning of their own."""

STAGES = {
    "closedwon": "won",
    "closewon": "won",
    "wonclosed": "won",
    "dealwon": "won",
    "closedlost": "lost",
    "closelost": "lost",
    "lostclosed": "lost",
    "deallost": "lost",
    "salesaccepted": "accepted",
    "acceptedbysales": "accepted",
    "salesrejected": "rejected",
    "rejectedbysales": "rejected",
    "opportunitycreated": "opportunity",
}
"""What usual stages of a CRM mean, by their letters and digits alone: `Closed Won`, `closed-won` and `closedwon` are one."""

SHOWN = 5


def stage_outcomes(connection: DuckDBPyConnection, data: Data, won: str, accounting: Accounting) -> None:
    """Make the table `outcomes`: lead_id (as in `leads`), outcome (lower case), at_us, amount (number or null), rep.

    To be called after `prepare`, on the same connection. An outcome of the same lead, word and instant counts once.
    The account of the rows goes to `accounting.outcomes`: read = used + duplicate + rejected + of_unknown_leads.

    Args:
        connection: where `leads` stands.
        data: names the outcomes; without them the table is empty.
        won: the word that counts as conversion; any text, besides the words of `OUTCOMES`.
        accounting: is completed.

    Raises:
        DenizenError: outcomes cannot be read, a column is missing, or a word is no outcome.
    """
    if data.outcomes is None:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE outcomes AS {_NONE}")
        return
    try:
        raw = read_raw(connection, "outcomes", data.outcomes, data.mapping("outcomes"))
        raw.check_mapping()
        _read(connection, raw)
        accounting.warnings += _translate(connection, data.outcome_values, won)
        _refuse_unknown_words(connection, raw, won)
        accounting.outcomes = _keep(connection, raw)
        accounting.warnings += _noticed(connection, won)
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.outcomes)) from error
    rows = connection.execute(
        "SELECT source || ': ' || reason, count(*) FROM rejects WHERE source = 'outcomes' GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    accounting.reasons |= {str(r[0]): int(r[1]) for r in rows.fetchall()}


_NONE = (
    "SELECT lead_id, CAST(NULL AS VARCHAR) AS outcome, CAST(NULL AS BIGINT) AS at_us,"
    " CAST(NULL AS DECIMAL(38, 9)) AS amount, CAST(NULL AS VARCHAR) AS rep FROM leads WHERE FALSE"
)


def _read(connection: DuckDBPyConnection, raw: Raw) -> None:
    lead, outcome, at = raw.need("lead_id"), raw.need("outcome"), raw.need("at")
    amount, rep = raw.find("amount") or NOTHING, raw.find("rep") or NOTHING
    reading = Reading(raw)
    reading.add("lead", as_id(lead.expression, lead.kind))
    reading.reject(f"{OWN}lead IS NULL", "lead_id is missing")
    reading.add("outcome", f"normal(tidy({as_text(outcome.expression, outcome.kind)}))")
    reading.reject(f"{OWN}outcome IS NULL", "outcome is missing")
    reading.add_instant("at_us", at, as_instant(at.expression, at.kind), "at", needed=True)
    given = f"normal(tidy({as_text(amount.expression, amount.kind)}))"
    reading.add("amount", f"as_amount({given})")
    reading.add("unread_amount", f"CASE WHEN {OWN}amount IS NULL THEN {given} END")
    reading.add("rep", f"tidy({as_text(rep.expression, rep.kind)})")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE outcomes_read AS {reading.select(record=True)}")


def words_without_meaning(connection: DuckDBPyConnection, data: Data) -> dict[str, int]:
    """Return the words of the outcomes that mean none, with how many rows say each, the most frequent first.

    Raises:
        DenizenError: outcomes cannot be read, or a column is missing.
    """
    _read(connection, read_raw(connection, "outcomes", data.outcomes, data.mapping("outcomes")))
    counts = connection.execute(
        "SELECT outcome, count(*) FROM outcomes_read WHERE outcome IS NOT NULL GROUP BY outcome ORDER BY count(*) DESC, outcome"
    ).fetchall()
    return {str(w): int(n) for w, n in counts if outcome_of(str(w), data.outcome_values, "won") not in OUTCOMES}


def outcome_of(word: str, values: Mapping[str, str], won: str) -> str:
    """Return the outcome that a normalized word means, the word itself if none is known.

    Args:
        word: as the data says it, normalized.
        values: what the project file says that words mean.
        won: the word that counts as conversion; it stays what it is.
    """
    if word in values:
        return values[word]
    if word in (normalize(won), *OUTCOMES):
        return word
    letters = _letters(word)
    return normalize(won) if letters and letters == _letters(won) else STAGES.get(letters, word)


def _letters(word: str) -> str:
    return "".join(c for c in normalize(word) if c.isalnum())


def _translate(connection: DuckDBPyConnection, values: Mapping[str, str], won: str) -> Iterator[str]:
    """Give words the outcomes they mean; yield a warning that says what was read as what without being told to."""
    counts = connection.execute(
        "SELECT outcome, count(*) FROM outcomes_read WHERE outcome IS NOT NULL GROUP BY outcome ORDER BY count(*) DESC, outcome"
    ).fetchall()
    meant = {str(word): outcome_of(str(word), values, won) for word, _ in counts}
    changed = {word: outcome for word, outcome in meant.items() if outcome != word}
    if not changed:
        return
    cases = " ".join(f"WHEN {text(word)} THEN {text(outcome)}" for word, outcome in changed.items())
    connection.execute(f"UPDATE outcomes_read SET outcome = CASE outcome {cases} ELSE outcome END")
    guessed = [
        f"`{word}` as {changed[word]} ({n:,} rows)" for word, n in counts if word in changed and word not in values
    ]
    if guessed:
        yield f"outcomes: read {', '.join(guessed)}; say it otherwise with `outcomes: {{values: …}}` in denizen.yaml"


def _noticed(connection: DuckDBPyConnection, won: str) -> Iterator[str]:
    """Yield a warning where nothing says that a lead converted, and where amounts cannot be read."""
    counts = connection.execute(
        "SELECT outcome, count(*) FROM outcomes_read WHERE reason IS NULL GROUP BY outcome ORDER BY count(*) DESC, outcome"
    ).fetchall()
    if counts and normalize(won) not in {str(word) for word, _ in counts}:
        there = ", ".join(f"{word} ({n:,})" for word, n in counts)
        yield f"outcomes: no row says `{normalize(won)}`, so nobody converts; there are {there}; --won names another"
    unread, example = connection.execute(
        "SELECT count(*), min(unread_amount) FROM outcomes_read WHERE reason IS NULL AND unread_amount IS NOT NULL"
    ).fetchall()[0]
    if unread:
        yield (
            f"outcomes: {unread:,} amounts do not read as numbers (as `{example}`); these rows count without an amount;"
            " write 4800, 4,800.50 or $4,800"
        )


def _refuse_unknown_words(connection: DuckDBPyConnection, raw: Raw, won: str) -> None:
    allowed = dict.fromkeys([normalize(won), *OUTCOMES])
    listed = ", ".join(text(word) for word in allowed)
    found = connection.execute(
        f"SELECT outcome, count(*) FROM outcomes_read WHERE reason IS NULL AND outcome NOT IN ({listed})"
        " GROUP BY outcome ORDER BY count(*) DESC, outcome"
    ).fetchall()
    if not found:
        return
    words = ", ".join(f"`{word}` ({count:,} rows)" for word, count in found[:SHOWN]) + (" …" if found[SHOWN:] else "")
    hint = did_you_mean(str(found[0][0]), OUTCOMES)
    raise fail(
        "unknown-outcome",
        f"no outcomes: {words}; {hint + ' ' if hint else ''}allowed: {', '.join(allowed)};"
        " say what a word means with `outcomes: {values: {WORD: won}}` in denizen.yaml;"
        " to count a word of your own as conversion, name it with --won WORD",
        file=raw.label,
    )


def _keep(connection: DuckDBPyConnection, raw: Raw) -> EventRows:
    """Make `outcomes` of the valid rows of known leads; of several rows alike the one with the smallest content counts."""
    connection.execute(
        "INSERT INTO rejects SELECT 'outcomes', reason, record FROM outcomes_read WHERE reason IS NOT NULL"
    )
    known = "outcomes_read JOIN leads ON CAST(leads.lead_id AS VARCHAR) = lead WHERE reason IS NULL"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE outcomes AS SELECT * FROM"
        f" (SELECT leads.lead_id, outcome, outcomes_read.at_us, amount, rep FROM {known})"
        " QUALIFY row_number() OVER (PARTITION BY lead_id, outcome, at_us ORDER BY amount NULLS LAST, rep NULLS LAST) = 1"
        " ORDER BY lead_id, at_us, outcome"
    )
    broken = add_broken(connection, raw, "outcomes")

    def count(query: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {query}").fetchall()[0][0])

    read, valid, of_known = (
        count("outcomes_read"),
        count("outcomes_read WHERE reason IS NULL"),
        count(known),
    )
    used = count("outcomes")
    return EventRows(
        read=read + broken,
        used=used,
        duplicate=of_known - used,
        rejected=read - valid + broken,
        of_unknown_leads=valid - of_known,
        given=True,
    )
