"""Events: typed, valid, of known leads, and none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.accounting import EventRows
from denizen.ingest.entities import add_broken, id_expression
from denizen.ingest.raw import NOTHING
from denizen.ingest.reading import OWN, Reading
from denizen.ingest.values import EARLIEST_US, as_id, as_instant, as_text, in_range, is_integer
from denizen.sql.literals import text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.raw import Raw
    from denizen.sql.tables import Tables


NEEDED = ("lead_id", "event", "timestamp")
"""The columns that events must have."""
OF_ACCOUNT_ALONE = "lead_id is missing: an event of an account alone counts only in criteria of accounts (--accounts-out) or with scope: account"


class EventReader:
    """Reads the events of one source: first `stage` makes `events_read`, then `finish` makes `events`."""

    def __init__(self, connection: DuckDBPyConnection, raw: Raw, tables: Tables, *, known: bool, unique: bool) -> None:
        self.connection = connection
        self.raw = raw
        self.tables = tables
        self.received = raw.find("received_at") if known else None
        self.unique = unique or (raw.find("event_id") is None)
        self.lead_id, self.event, self.at = raw.need_all(*NEEDED)
        self.in_place = self._can_stay()

    def _can_stay(self) -> bool:
        """Columnar data of the right types is read in place, again for every step that needs it.

        Anything that has to be parsed is read once, and so are events whose names have to be trimmed.
        """
        if not self.raw.in_place or self.tables.properties or self.received is not None:
            return False
        if self.event.kind != "VARCHAR" or not self.at.kind.startswith("TIMESTAMP"):
            return False
        names = f"SELECT DISTINCT {self.event.expression} AS event FROM {self.raw.rows}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE names_read AS {names}")
        return not self._count("tidy(event) IS DISTINCT FROM event", "names_read")

    def stage(self, id_kind: str) -> None:
        """Make `events_read`: every row, typed, with the reason if it is rejected."""
        reading = self.reading = Reading(self.raw)
        reading.add("lead_id", id_expression(self.lead_id, id_kind))
        if self.tables.accounts:
            account = self.raw.find("account_id") or NOTHING
            reading.add("account_id", as_id(account.expression, account.kind))
            reading.reject(f"{OWN}lead_id IS NULL AND {OWN}account_id IS NULL", "lead_id and account_id are missing")
            reading.normal["owner"] = f"COALESCE('l' || CAST({OWN}lead_id AS VARCHAR), 'a' || {OWN}account_id)"
            reading.columns.append("owner")
        else:
            if (company := self.raw.find("account_id")) is not None:
                reading.given["account_alone"] = f"({as_id(company.expression, company.kind)}) IS NOT NULL"
                reading.reject(f"{OWN}lead_id IS NULL AND {OWN}account_alone", OF_ACCOUNT_ALONE)
            reading.reject(f"{OWN}lead_id IS NULL", "lead_id is missing")
        event = as_text(self.event.expression, self.event.kind)
        reading.add("event", event if self.in_place else f"tidy({event})")
        reading.reject(f"{OWN}event IS NULL", "event is missing")
        reading.add_instant("at_us", self.at, as_instant(self.at.expression, self.at.kind), "timestamp", needed=True)
        if self.received is None:
            reading.add("received_us", "CAST(NULL AS BIGINT)")
        else:
            instant = as_instant(self.received.expression, self.received.kind)
            reading.add_instant("received_us", self.received, instant, "received_at")
        self._add_ids(reading)
        self._add_properties(reading)
        kind = "VIEW" if self.in_place else "TABLE"
        self.connection.execute(f"CREATE TEMP {kind} events_read AS {reading.select(record=not self.in_place)}")
        whose = "(lead_id IS NOT NULL OR account_id IS NOT NULL)" if self.tables.accounts else "lead_id IS NOT NULL"
        plain = f"{whose} AND {in_range('at_us')} AND event IS NOT NULL"
        self.valid = plain if self.in_place else "reason IS NULL"

    def _add_ids(self, reading: Reading) -> None:
        wanted = {"event_id": not self.unique or self.tables.event_ids, "session_id": self.tables.sessions}
        for name, needed in wanted.items():
            column = self.raw.find(name) or NOTHING
            if needed:
                plain = is_integer(column.kind) and name == "session_id"
                reading.add(name, column.expression if plain else as_id(column.expression, column.kind))

    def _add_properties(self, reading: Reading) -> None:
        document = self.raw.find("properties")
        if self.tables.properties and document is not None and document.kind in ("VARCHAR", "JSON"):
            reading.given["properties"] = f"tidy({document.expression})"
            wrong = f"CASE WHEN {OWN}properties IS NOT NULL THEN NOT json_valid({OWN}properties) END"
            reading.reject(wrong, "properties are no valid JSON")
        for path, value in self.tables.properties.items():
            reading.add_value(value, self._property(path), shown=False)

    def _property(self, path: str) -> str:
        """Return a property as given: from the `properties` document, else from a column of that name."""
        given = [self.raw.within("properties", path), self.raw.find(path)]
        if path == "product":
            given.reverse()  # the column of that name has a meaning of its own
        found = [as_text(c.expression, c.kind) for c in given if c is not None]
        return f"coalesce({', '.join(found)})" if found else NOTHING.expression

    def finish(self, accounting: Accounting, last_as_of_us: int, *, count: bool) -> None:
        """Make `events` of the valid rows without duplicates, and account for every row.

        Without `count`, rows of known leads are not counted here, because scoring counts them on its way:
        `EventRows.with_used` completes the account.
        """
        later = f"(at_us > {last_as_of_us} OR received_us > {last_as_of_us})"
        read, valid, late = (
            self._from_statistics(last_as_of_us)
            or self.connection.execute(
                f"SELECT count(*), count(*) FILTER (WHERE {self.valid}), count(*) FILTER (WHERE {self.valid} AND {later})"
                " FROM events_read"
            ).fetchall()[0]
        )
        if read > valid:
            self._keep_rejects()
        duplicate = self._without_duplicates()
        broken = add_broken(self.connection, self.raw, "events")
        known = self._known()
        seen = f"at_us <= {last_as_of_us} AND (received_us IS NULL OR received_us <= {last_as_of_us})"
        seen += f" AND (replaced_us IS NULL OR replaced_us > {last_as_of_us})"
        used = self._count(f"{known} AND {seen}", "events") if count or late else 0
        after = self._count(f"{self.valid} AND {known}", "events_read") - duplicate - used if late else 0
        rejected, strangers = read - valid + broken, valid - duplicate - after
        rows = EventRows(read + broken, 0, duplicate, after, rejected, strangers, given=True)
        accounting.events = rows.with_used(used)
        names = "event FROM names_read" if self.in_place and not rejected else "DISTINCT event FROM events"
        self.connection.execute(f"CREATE TEMP VIEW event_names AS SELECT {names}")

    def _from_statistics(self, last_as_of_us: int) -> tuple[int, int, int] | None:
        """Return rows read, valid and late, if the files' statistics alone show that every row is valid and none late."""
        if not self.in_place or self.raw.parquet is None or not is_integer(self.lead_id.kind):
            return None
        names = [c.expression.strip('"') for c in (self.lead_id, self.event, self.at)]
        found = self.connection.execute(
            "SELECT path_in_schema, sum(num_values), sum(stats_null_count), count(*) = count(stats_null_count),"
            " count(*) = count(stats_min_value), min(stats_min_value), max(stats_max_value)"
            f" FROM parquet_metadata({self.raw.parquet}) WHERE path_in_schema IN ({', '.join(map(text, names))})"
            " GROUP BY path_in_schema"
        ).fetchall()
        by_name = {r[0]: r for r in found}
        if len(by_name) < len(names) or any(r[2] or not r[3] for r in found) or not by_name[names[2]][4]:
            return None
        earliest, latest = (as_instant(f"CAST({text(v)} AS TIMESTAMP)", "TIMESTAMP") for v in by_name[names[2]][5:7])
        inside = f"SELECT {in_range(earliest)} AND {in_range(latest)} AND {latest} <= {last_as_of_us}"
        rows = int(by_name[names[0]][1])
        if any(int(r[1]) != rows for r in found):
            return None
        return (rows, rows, 0) if self.connection.execute(inside).fetchall()[0][0] else None

    def _count(self, condition: str, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchall()[0][0])

    def _keep_rejects(self) -> None:
        rows = self.reading.select(record=True) if self.in_place else "SELECT reason, record FROM events_read"
        self.connection.execute(
            f"INSERT INTO rejects SELECT 'events', reason, record FROM ({rows}) WHERE reason IS NOT NULL"
        )

    def _known(self) -> str:
        """Return the condition that an event is of a known lead or, where accounts are measured, of a known account."""
        known = "lead_id IN (SELECT lead_id FROM leads)"
        if not self.tables.accounts:
            return known
        return f"({known} OR (lead_id IS NULL AND account_id IN (SELECT account_id FROM leads)))"

    def _without_duplicates(self) -> int:
        """Make `events`; return how many rows repeat an event_id of the same lead.

        Of several deliveries the one with the smallest content counts. With `known` that is the smallest among those
        received by then: each delivery that was ever the smallest stays, until a better one replaces it.
        """
        connection = self.connection
        columns = list(self._kept())
        listed = ", ".join(columns)
        owner = "owner" if self.tables.accounts else "lead_id"
        repeated = (
            f"SELECT {owner}, event_id FROM events_read WHERE {self.valid} AND event_id IS NOT NULL AND {self._known()}"
            f" GROUP BY {owner}, event_id HAVING count(*) > 1"
        )
        if not self.unique:
            connection.execute(f"CREATE TEMP TABLE repeated AS {repeated}")
        if self.unique or not connection.execute("SELECT count(*) FROM repeated").fetchall()[0][0]:
            never = listed.replace("replaced_us", "CAST(NULL AS BIGINT) AS replaced_us")
            connection.execute(f"CREATE TEMP VIEW events AS SELECT {never} FROM events_read WHERE {self.valid}")
            return 0
        content = [c for c in columns if c not in ("at_us", "received_us", "replaced_us")]
        order = ", ".join(f"{c} NULLS LAST" for c in ("at_us", *content)) + ", received_us NULLS FIRST"
        better = (
            f"min(coalesce(received_us, {EARLIEST_US})) OVER (PARTITION BY {owner}, event_id ORDER BY {order}"
            " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        )
        plain = ", ".join(c for c in columns if c != "replaced_us")
        deliveries = (
            f"SELECT {plain}, {better} AS replaced_us FROM events_read"
            f" JOIN repeated USING ({owner}, event_id) WHERE {self.valid}"
        )
        wins = (
            "replaced_us IS NULL"
            if self.received is None
            else f"replaced_us IS NULL OR replaced_us > coalesce(received_us, {EARLIEST_US})"
        )
        repeated_events = f"SELECT {listed} FROM ({deliveries}) WHERE {wins}"
        never = "CAST(NULL AS BIGINT) AS replaced_us"
        single = f"SELECT {listed.replace('replaced_us', never)} FROM events_read ANTI JOIN repeated USING ({owner}, event_id) WHERE {self.valid}"
        connection.execute(f"CREATE TEMP TABLE events AS {single} UNION ALL {repeated_events}")
        every = f"SELECT count(*) FROM events_read JOIN repeated USING ({owner}, event_id) WHERE {self.valid}"
        repeats = connection.execute(f"SELECT ({every}) - (SELECT count(*) FROM repeated)").fetchall()[0][0]
        return int(repeats)

    def _kept(self) -> list[str]:
        names = ["lead_id", "event", "at_us", "received_us", "replaced_us"]
        names += ["account_id"] if self.tables.accounts else []
        names += ["event_id"] if not self.unique or self.tables.event_ids else []
        names += ["session_id"] if self.tables.sessions else []
        for value in self.tables.properties.values():
            names += value.columns(shown=False)
        return names


def no_events(connection: DuckDBPyConnection, tables: Tables, id_kind: str) -> None:
    """Make `events` without a row."""
    types = {"id": id_kind, "text": "VARCHAR", "instant": "BIGINT", "number": "DECIMAL(38, 9)"}
    listed = ", ".join(f"CAST(NULL AS {types[kind]}) AS {name}" for name, kind in tables.events().items())
    connection.execute(f"CREATE TEMP VIEW events AS SELECT {listed} WHERE FALSE")
