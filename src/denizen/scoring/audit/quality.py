"""What is wrong with the data, or may not be what was meant, each with how much and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.model.durations import DAY_US
from denizen.scoring.audit.gaps import find_dark_days, find_gaps
from denizen.scoring.audit.privacy import masked, shape
from denizen.scoring.audit.reading import TABLE
from denizen.scoring.audit.report import Fault
from denizen.scoring.audit.spelling import mixed
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.scoring.audit.inventory import Inventory
    from denizen.scoring.audit.report import Covered
    from denizen.scoring.products import ProductEvents

HOUR_US = 3_600_000_000
SKEW_US = 300_000_000
LATE_SHARE = 0.01
GIANT_SHARE = 0.2
FEW_LEADS = 20
MANY_NAMES = 500
DATES_SHARE = 0.95
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Examined:
    """What is examined: the connection with `audited` and `leads`, where rows went, the inventory, the coverage, the present, and the as-of.

    `owned` says whose the events are that count, where the model has several products.
    """

    connection: DuckDBPyConnection
    accounting: Accounting
    inventory: Inventory
    coverage: tuple[Covered, ...]
    now_us: int
    as_of_us: int
    leads_given: bool
    owned: ProductEvents

    def one(self, query: str) -> int:
        """Return a count."""
        return int(self.connection.execute(query).fetchall()[0][0] or 0)


def find_faults(examined: Examined) -> tuple[Fault, ...]:
    """Return what was found: faults first, then notes, each group by how much is concerned."""
    checks = (_rows, _repeats, _instants, _arrivals, _breaks, _names, _products, _values, _leads)
    found = [fault for check in checks for fault in check(examined)]
    return tuple(
        sorted(found, key=lambda f: (f.level != "fault", -(f.count / f.of if f.of else 0.0), f.code, f.message))
    )


def _rows(examined: Examined) -> Iterator[Fault]:
    rows = examined.accounting.events
    if examined.accounting.apart:
        leads = examined.accounting.leads.used
        cure = "attributes of accounts are unknown of all; see that leads carry the `account_id` of accounts, or an address"
        yield Fault("accounts-apart", "fault", examined.accounting.apart, leads, leads, cure)
    for reason, count in examined.accounting.reasons.items():
        source, _, why = reason.partition(": ")
        of = {"events": rows.read, "leads": examined.accounting.leads.read}.get(
            source, examined.accounting.accounts.read
        )
        how = _written(examined) if "timestamp cannot be read" in why else ""
        yield Fault(
            "rejected",
            "fault",
            f"{source}: {why}{how}",
            count,
            of,
            "keep the rows with `denizen score … --rejects PATH` and mend the export",
        )
    if rows.of_unknown_leads:
        cure = "export leads and events for the same people, or check that both use the same id"
        yield Fault(
            "unknown-leads", "fault", "events of leads that are not in leads", rows.of_unknown_leads, rows.read, cure
        )


def _written(examined: Examined) -> str:
    written = examined.connection.execute(
        f"SELECT DISTINCT written FROM (SELECT written FROM {TABLE} WHERE tidy(written) IS NOT NULL ORDER BY written LIMIT 1000)"
    ).fetchall()
    shapes = sorted({shape(str(w[0])) for w in written})
    return f"; they look like {', '.join(shapes[:3])}" if shapes else ""


def _repeats(examined: Examined) -> Iterator[Fault]:
    duplicate = examined.accounting.events.duplicate
    valid = examined.one(f"SELECT count(*) FROM {TABLE} WHERE valid")
    if duplicate:
        cure = "nothing to do: each event_id counts once; find out why the pipeline delivers twice"
        yield Fault("duplicates", "note", "rows repeat an event_id of the same lead", duplicate, valid, cure)
    shared = examined.one(
        f"SELECT count(*) FROM (SELECT event_id FROM {TABLE} WHERE {_twice('event_id')} AND event_id IS NOT NULL"
        " GROUP BY event_id HAVING min(lead_id) <> max(lead_id))"
    )
    if shared:
        cure = "an event_id names one event; mend the ids, or the lead_id of one of them"
        yield Fault("shared-ids", "fault", "event_ids stand at events of different leads", shared, valid, cure)
    alike, with_ids = examined.connection.execute(
        f"SELECT coalesce(sum(n - 1), 0), coalesce(sum(ids), 0) FROM (SELECT count(DISTINCT coalesce(event_id, CAST({TABLE}.rowid AS VARCHAR)))"
        f" AS n, count(event_id) AS ids FROM {TABLE} WHERE {_twice('lead_id, event, at_us')}"
        " GROUP BY lead_id, event, at_us HAVING count(*) > 1)"
    ).fetchall()[0]
    if alike:
        other = "under another event_id" if with_ids else "without an event_id to tell them apart"
        cure = "all of them count; if they are one action delivered twice, send one event_id for it"
        message = f"rows have the lead, name and instant of another row, {other}"
        yield Fault("repeated-rows", "note", message, int(alike), valid, cure)


def _twice(columns: str) -> str:
    """Return the condition that a valid row may share these columns with another one.

    One hash is grouped many times faster than texts, and leaves few rows to look at.
    """
    hashes = f"SELECT hash({columns}) AS key FROM {TABLE} WHERE valid"
    return f"valid AND hash({columns}) IN (SELECT key FROM ({hashes}) GROUP BY key HAVING count(*) > 1)"


def _instants(examined: Examined) -> Iterator[Fault]:
    valid = examined.one(f"SELECT count(*) FROM {TABLE} WHERE valid")
    future = examined.one(f"SELECT count(*) FROM {TABLE} WHERE valid AND at_us > {examined.now_us + SKEW_US}")
    if future:
        cure = "they count only when their time comes; mend the clock or the time zone of the sender"
        yield Fault("future", "fault", "events happen later than now", future, valid, cure)
    yield from _before_signup(examined, valid)
    midnight = examined.one(f"SELECT count(*) FROM {TABLE} WHERE valid AND at_us % {DAY_US} = 0")
    if valid and midnight >= DATES_SHARE * valid:
        cure = "velocity, sessions and order need clock times; leave such criteria out until they are sent"
        yield Fault("dates-only", "note", "timestamps are dates without a time of day", midnight, valid, cure)


def _before_signup(examined: Examined, valid: int) -> Iterator[Fault]:
    midnight = f"at_us % {DAY_US} = 0 AND at_us // {DAY_US} = signup_us // {DAY_US}"
    by_date, count, leads, hours = examined.connection.execute(
        f"SELECT count(*) FILTER (WHERE {midnight}), count(*) FILTER (WHERE NOT ({midnight})),"
        f" count(DISTINCT lead_id) FILTER (WHERE NOT ({midnight})),"
        f" quantile_disc(signup_us - at_us, 0.5) FILTER (WHERE NOT ({midnight}))"
        f" FROM {TABLE} JOIN leads USING (lead_id) WHERE valid AND at_us < signup_us"
    ).fetchall()[0]
    if count:
        cure = "windows from signup never hold them; check signup_at, its time zone, and ids that were used again"
        message = f"events happen before the signup of their lead ({int(leads):,} leads; half of the events {_span(int(hours))} or more before)"
        yield Fault("before-signup", "fault", message, int(count), valid, cure)
    if by_date:
        cure = "windows from signup never hold them; send clock times, or give signup_at as a date too"
        message = "events are dates and fall on midnight before the clock time of their lead's signup on the same day"
        yield Fault("before-signup-by-date", "fault", message, int(by_date), valid, cure)


def _arrivals(examined: Examined) -> Iterator[Fault]:
    given, early, late, half, most = examined.connection.execute(
        f"SELECT count(*), count(*) FILTER (WHERE at_us > received_us + {SKEW_US}), count(*) FILTER (WHERE received_us - at_us > {DAY_US}),"
        f" quantile_disc(received_us - at_us, 0.5), quantile_disc(received_us - at_us, 0.99)"
        f" FROM {TABLE} WHERE valid AND received_us IS NOT NULL"
    ).fetchall()[0]
    if early:
        cure = "a sender's clock runs ahead; take the time on the server"
        yield Fault(
            "clock-skew",
            "fault",
            "events were received more than 5 minutes before they happened",
            int(early),
            int(given),
            cure,
        )
    if given and late > LATE_SHARE * given:
        delay = f"half within {_span(int(half))}, 99 % within {_span(int(most))}"
        cure = "judge the past with --known, so that a backtest sees only what had arrived"
        yield Fault("late", "note", f"events arrive more than a day late ({delay})", int(late), int(given), cure)


def _span(us: int) -> str:
    if us < HOUR_US:
        return f"{max(us, 0) // 60_000_000} min"
    return f"{us / HOUR_US:.1f} h" if us < DAY_US else f"{us / DAY_US:.1f} days"


def _breaks(examined: Examined) -> Iterator[Fault]:
    series = {e.event: e.days for e in examined.inventory.events if e.days}
    total = [sum(day) for day in zip(*series.values(), strict=True)]

    def day(index: int) -> str:
        return iso((examined.inventory.first_day + index) * DAY_US)[:10]

    gaps = {event: find_gaps(days, [t - d for t, d in zip(total, days, strict=True)]) for event, days in series.items()}
    stopped = [event for event, found in gaps.items() if any(g.kind == "stopped" for g in found)]
    if len(stopped) * 2 > len(series) > 1:
        first = min(g.first for found in gaps.values() for g in found if g.kind == "stopped")
        message = f"most events stop from {day(first)} on ({_listed(stopped)}), others go on"
        cure = "the export of these events ends there, or sign-ups did; score as of an earlier instant or load the rest"
        yield Fault("most-stopped", "fault", message, len(total) - first, len(total), cure)
        gaps = {event: [g for g in found if g.kind != "stopped"] for event, found in gaps.items()}
    ended = _last_signup_day(examined)
    for event, found in gaps.items():
        for gap in found:
            if gap.kind == "stopped" and abs(examined.inventory.first_day + gap.first - 1 - ended) <= 1:
                told = f"`{masked(event)}` ends on {day(gap.first - 1)}, as the sign-ups of the leads do; others go on"
                cure = "nothing to do if nobody signed up after that; else load the later leads"
                yield Fault("ends-with-signups", "note", told, gap.days, len(total), cure)
                continue
            told = f"`{masked(event)}` {gap.kind}: none from {day(gap.first)} to {day(gap.last)}, where about {gap.expected:,.0f} leads were to be expected"
            late = gap.kind == "started late"
            cure = _CURE_LATE if late else _CURE_BROKEN
            yield Fault(gap.kind.replace(" ", "-"), "note" if late else "fault", told, gap.days, len(total), cure)
    if dark := find_dark_days(total):
        listed = ", ".join(day(i) for i in dark[:SHOWN]) + (" …" if len(dark) > SHOWN else "")
        yield Fault(
            "dark-days",
            "fault",
            f"days without any event among busy ones: {listed}",
            len(dark),
            len(total),
            "load the missing days again",
        )


def _last_signup_day(examined: Examined) -> int:
    """Return the day (since 1970) of the last sign-up up to the as-of."""
    return examined.one(f"SELECT max(signup_us) // {DAY_US} FROM leads WHERE signup_us <= {examined.as_of_us}")


_CURE_NEVER = "see `denizen explain` for a lead that should have it; loosen its bands or its window"
_CURE_LOSS = "good, if there is no such lead; else see that its bands name what the data has"
_CURE_LATE = "it was tracked from then on, or leads do it late; scores before that day lack it"
_CURE_BROKEN = "tracking probably broke or the event was renamed; ask engineering"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{masked(n)}`" for n in names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _names(examined: Examined) -> Iterator[Fault]:
    rows = {e.event: e.rows for e in examined.inventory.events}
    total = sum(rows.values())
    for group in mixed(rows):
        told = ", ".join(f"`{masked(n)}` {rows[n]:,}×" for n in group)
        rare = sum(rows[n] for n in group) - max(rows[n] for n in group)
        yield Fault(
            "mixed-spellings",
            "fault",
            f"one event under {len(group)} names: {told}",
            rare,
            total,
            "send one name; until then list all of them: `count: [A, B]`",
        )
    names = len(rows) + examined.inventory.left_out
    if names > MANY_NAMES:
        yield Fault(
            "too-many-names",
            "fault",
            "event names: values seem to be part of the name",
            names,
            names,
            "put the value into a property",
        )


def _products(examined: Examined) -> Iterator[Fault]:
    owned = examined.owned
    rows = sum(owned.rows(product) for product in owned.names) + sum(owned.strangers.values())
    named = {product: count for product, count in owned.strangers.items() if product}
    for product in owned.names:
        if rows and not owned.rows(product):
            cure = "name it as the events do, or say with `events: {PROPERTY: VALUE}` which are its"
            message = f"events, and not one is of the product `{product}`: its score is 0 for all"
            yield Fault("product-unseen", "fault", message, rows, rows, cure)
    if named:
        listed = ", ".join(f"`{masked(n)}` {count:,}×" for n, count in list(named.items())[:SHOWN])
        cure = "add the product to the model, or say with `events: {PROPERTY: VALUE}` which events are whose"
        message = f"events are of no product of the model: {listed}{' …' if len(named) > SHOWN else ''}"
        yield Fault("product-unknown", "fault", message, sum(named.values()), rows, cure)
    if bare := owned.strangers.get(""):
        cure = "nothing to do where they are of all products, as sign-ups are; else send `product`"
        yield Fault("product-missing", "note", "events name no product and count for none", bare, rows, cure)


def _values(examined: Examined) -> Iterator[Fault]:
    for event in examined.inventory.events:
        for found in event.properties:
            if found.type == "mixed":
                count = examined.one(_texts(event.event, found.name))
                filled = round(found.fill * event.rows_read_for_properties)
                message = f"`{found.name}` of `{masked(event.event)}` is a number on most rows and text on others"
                yield Fault(
                    "mixed-types",
                    "fault",
                    message,
                    count,
                    filled,
                    "texts add nothing to a sum and hold no order; send numbers",
                )


def _texts(event: str, name: str) -> str:
    return f"SELECT count(*) FROM audited_values WHERE event = {text(event)} AND name = {text(name)} AND NOT reads_as_number(lower(value))"


def _leads(examined: Examined) -> Iterator[Fault]:
    leads = examined.one("SELECT count(*) FROM leads")
    if examined.leads_given:
        there = f"(signup_us IS NULL OR signup_us <= {examined.as_of_us})"
        signed_up = examined.one(f"SELECT count(*) FROM leads WHERE {there}")
        silent = examined.one(
            f"SELECT count(*) FROM leads WHERE {there} AND lead_id NOT IN (SELECT lead_id FROM {TABLE} WHERE used)"
        )
        if silent:
            yield Fault(
                "silent-leads",
                "note",
                "leads have no event",
                silent,
                signed_up,
                "behavior is 0 for them; see that sign-ups are tracked",
            )
        unsigned = examined.one("SELECT count(*) FROM leads WHERE signup_us IS NULL")
        if unsigned:
            yield Fault(
                "no-signup",
                "note",
                "leads have no signup_at",
                unsigned,
                leads,
                "windows from signup start at their first event instead",
            )
    for covered in examined.coverage:
        if covered.state != "unfed" and not covered.fired and leads:
            whose = "" if covered.product is None else f" for whom `{covered.product}` counts"
            who = "account" if covered.part == "account" else "lead"
            message = f"`{covered.label}` has its data and fires for no {who}{whose}"
            yield Fault(
                "never-fires",
                "note",
                message,
                leads,
                leads,
                _CURE_LOSS if covered.worth is not None and covered.worth < 0 else _CURE_NEVER,
            )
    used, most = examined.connection.execute(
        f"SELECT coalesce(sum(n), 0), coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM {TABLE} WHERE used GROUP BY lead_id)"
    ).fetchall()[0]
    if leads >= FEW_LEADS and most > GIANT_SHARE * used:
        yield Fault(
            "giant",
            "fault",
            "events are of one lead: a test account, a robot or a shared id",
            int(most),
            int(used),
            "leave it out of leads",
        )
