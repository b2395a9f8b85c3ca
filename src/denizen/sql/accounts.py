"""The score of accounts from that of their people (semantics, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.needs import needs_of
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.events import COLLEAGUES, Frame, Selection, add_colleagues, add_lead, add_seen, names_of
from denizen.sql.evidence import picks_of
from denizen.sql.ledger import shown_decimals, shown_of
from denizen.sql.literals import number, text
from denizen.sql.points import POINTS, fires, total
from denizen.sql.scores import clamp, tier_of
from denizen.sql.statement import Statement, select

if TYPE_CHECKING:
    from denizen.sql.dialect import Dialect
    from denizen.sql.passes import Measured
    from denizen.sql.scores import Scores
    from denizen.sql.tables import Tables

FACTS = "account_facts"
MEMBERS = "account_members"
ACCOUNTS = "accounts_scored"
ACCOUNT_COLUMNS = (
    "account_id", "as_of_us", "fit", "behavior", "total", "pqa", "fit_tier", "behavior_tier", "disqualified",
    "members", "pql_members",
)  # fmt: skip
_EXACT = "DECIMAL(38, 12)"
_MILLIONTHS = 10**6
_OF_ACCOUNT = "PARTITION BY account_id, as_of_us"


def required_columns(plan: nodes.Plan) -> list[str]:
    """Return the columns that say whether a member, and so its account, has what the gates require."""
    return [f"required_{i}_holds" for i, _ in enumerate(plan.gates.require, 1)]


def members_statement(account: nodes.Account, facts: Scores, dialect: Dialect, chosen: str) -> str:
    """Return the statement that lists the members of every account, best first, with what each adds.

    Reads the scores that count, and the detailed `account_facts`, both with the same `g`.
    """
    statement = Statement()
    behavior = facts.criteria
    kept = [f"facts.{m.points}" for m in behavior]
    kept += [f"facts.{m.held}" for m in _disqualifying(facts)]
    kept += [f"facts.{column}" for m in behavior for column in _measure_columns(m, facts.tables)]
    requires = [
        f"COALESCE({all_hold(p.conditions, Operand.of_value(facts.tables.attributes[p.subject], 'facts'), dialect)}, FALSE)"
        f" AS {column}"
        for p, column in zip(account.facts.gates.require, required_columns(account.facts), strict=True)
    ]
    order = f"OVER ({_OF_ACCOUNT} ORDER BY scores.behavior DESC, scores.lead_id)"
    statement.add(
        "member_of",
        "Everyone who has an account; the most active first.",
        select(
            [
                *["scores.g", "scores.lead_id", "facts.account_id", "facts.as_of_us", "scores.behavior", "scores.pql"],
                "scores.disqualified",
                *kept,
                *requires,
                f"row_number() {order.replace('account_id', 'facts.account_id').replace('as_of_us', 'facts.as_of_us')} AS place",
                "count(*) OVER (PARTITION BY facts.account_id, facts.as_of_us) AS members",
            ],
            f"{chosen} AS scores JOIN {FACTS} AS facts ON facts.g = scores.g",
            "WHERE facts.account_id IS NOT NULL",
        ),
    )
    weights = account.weights
    cases = " ".join(f"WHEN {i} THEN {number(w)}" for i, w in enumerate(weights, 1))
    rest = number(weights[-1]) if account.repeat else "0"
    weighted = f"CAST(behavior AS DECIMAL(18, 6)) * CASE place {cases} ELSE {rest} END"
    share = _divided(weighted, "members", dialect) if account.mean else f"CAST({weighted} AS {_EXACT})"
    rule = "What each member's behavior adds to the account's."
    return statement.text(select(["*", f"{share} AS adds"], statement.add("added", rule, "SELECT * FROM member_of")))


def _divided(amount: str, by: str, dialect: Dialect) -> str:
    """Return an amount divided by a count, to 12 decimals, half away from zero: whole-number arithmetic."""
    units = f"CAST(abs({amount}) * {_MILLIONTHS} AS {dialect.wide}) * {2 * _MILLIONTHS} + {by}"
    share = dialect.from_units(dialect.quotient(units, f"({by} * 2)"), 12)
    return f"CASE WHEN {amount} < 0 THEN -({share}) ELSE {share} END"


def _measure_columns(measured: Measured, tables: Tables) -> list[str]:
    measure = measured.criterion.measure
    if isinstance(measure, nodes.Attribute):
        value = tables.attributes[measure.name]
        return [f"{value.shown} AS {measured.column}"]
    return [measured.column]


def _disqualifying(facts: Scores) -> list[Measured]:
    """Return the account's own criteria that disqualify; whether others do stands in the score of each member."""
    return [m for m in facts.criteria if m.criterion.disqualifies and m.criterion.part == "behavior"]


def accounts_statement(account: nodes.Account, facts: Scores) -> str:
    """Return the statement that scores every account from `account_members`."""
    statement, plan = Statement(), account.facts
    fit = [m for m in facts.criteria if m.criterion.part == "fit"]
    people = [m for m in facts.criteria if m.criterion.part == "behavior"]
    best = [f"max({m.points}) AS {m.points}" for m in facts.criteria]
    out = " OR ".join(["disqualified", *[m.held for m in _disqualifying(facts)]])
    requires = required_columns(plan)
    statement.add(
        "gathered",
        "One row an account: of each criterion the best member's points, and what all members add.",
        select(
            [
                *["account_id", "as_of_us", "count(*) AS members"],
                "sum(CASE WHEN pql THEN 1 ELSE 0 END) AS pql_members",
                *best,
                "sum(adds) AS rolled_up",
                f"min(CASE WHEN {out} THEN 1 ELSE 0 END) = 1 AS disqualified",
                *[f"max(CASE WHEN {r} THEN 1 ELSE 0 END) = 1 AS {r}" for r in requires],
            ],
            MEMBERS,
            "GROUP BY account_id, as_of_us",
        ),
    )
    raw_behavior = f"CAST(rolled_up AS {_EXACT}) + CAST({total([m.points for m in people])} AS {POINTS})"
    statement.add(
        "summed",
        "Fit is that of the best members; behavior is the roll-up and the criteria of the account.",
        select(
            ["*", f"CAST({total([m.points for m in fit])} AS {POINTS}) AS raw_fit", f"{raw_behavior} AS raw"],
            "gathered",
        ),
    )
    statement.add(
        "limited",
        "Both clamped to their limits and rounded once, to 6 decimals, half away from zero.",
        select(
            [
                "*",
                f"CAST({clamp('raw_fit', plan.fit_limits)} AS {POINTS}) AS fit",
                f"CAST(round({clamp('raw', plan.behavior_limits)}, 6) AS {POINTS}) AS behavior",
            ],
            "summed",
        ),
    )
    gates = plan.gates
    passed = [
        f"fit + behavior >= {number(gates.total)}",
        f"fit >= {number(gates.fit)}",
        f"behavior >= {number(gates.behavior)}",
        "NOT disqualified",
        *requires,
    ]
    judged = select(
        [
            "*",
            "fit + behavior AS total",
            f"{' AND '.join(passed)} AS pqa",
            f"{tier_of('fit', plan.fit_tiers)} AS fit_tier",
            f"{tier_of('behavior', plan.behavior_tiers)} AS behavior_tier",
        ],
        "limited",
    )
    return statement.text(judged)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an account's ledger, as a query on accounts or on members."""

    part: str
    name: str
    kind: str
    points: str
    source: str
    measure: str = "CAST(NULL AS VARCHAR)"
    lead: str = "CAST(NULL AS VARCHAR)"
    fires: str = "CAST(NULL AS BOOLEAN)"

    def select(self, place: int) -> str:
        """Return the rows of this line."""
        return (
            f"SELECT account_id, as_of_us, {place} AS line_no, {text(self.part)} AS part, {self.name} AS line,"
            f" {text(self.kind)} AS kind, CAST({self.measure} AS VARCHAR) AS measure, CAST({self.lead} AS VARCHAR) AS lead_id,"
            f" CAST({self.points} AS {POINTS}) AS points, {self.fires} AS fires FROM {self.source}"
        )


def account_ledger(facts: Scores, dialect: Dialect) -> str:
    """Return the statement that lists every line of every account; `lead_id` names the member a line is from.

    Who is behind a criterion measured over everyone's events is listed by `people_statement`.
    """
    found: list[_Line] = []
    for measured in facts.criteria:
        name, part = text(measured.criterion.name), measured.criterion.part
        best = f"row_number() OVER ({_OF_ACCOUNT} ORDER BY {measured.points} DESC, place) AS rank_here"
        source = f"(SELECT *, {best} FROM {MEMBERS}) AS ranked WHERE rank_here = 1"
        measure = shown_of(measured)
        lead = "lead_id" if part == "fit" else "NULL"
        fired = _fires(measured, facts, dialect)
        found.append(_Line(part, name, "criterion", measured.points, source, measure, lead, fired))
    found.append(_Line("fit", text("limit"), "limit", "fit - raw_fit", ACCOUNTS))
    added = f"{MEMBERS} WHERE adds <> 0"
    name = "CAST(lead_id AS VARCHAR)"
    found.append(_Line("behavior", name, "member", "round(adds, 6)", added, shown_decimals("behavior"), "lead_id"))
    people = [m.points for m in facts.criteria if m.criterion.part == "behavior"]
    shown = f"(SELECT account_id, as_of_us, sum(round(adds, 6)) AS shown FROM {MEMBERS} GROUP BY account_id, as_of_us)"
    source = f"(SELECT scored.*, shown FROM {ACCOUNTS} AS scored JOIN {shown} AS rolled USING (account_id, as_of_us)) AS summed"
    found.append(_Line("behavior", text("limit"), "limit", f"behavior - (shown + {total(people)})", source))
    return "\nUNION ALL\n".join(line.select(i) for i, line in enumerate(found, 1))


def _fires(measured: Measured, facts: Scores, dialect: Dialect) -> str:
    """Return whether a criterion applies to a member; the forms of an attribute do not stand in `account_members`."""
    criterion = measured.criterion
    if criterion.events is not None:
        return fires(measured, facts.tables, dialect)
    if measured in _disqualifying(facts) and isinstance(criterion.scoring, nodes.Bands):
        return measured.held
    return f"{measured.points} <> 0"


def people_statement(account: nodes.Account, dialect: Dialect, frame: Frame, tables: Tables) -> str:
    """Return the statement that lists, for each criterion of an account, who did what it counts."""
    plan, statement = account.facts, Statement()
    needs = needs_of(plan)
    selection = Selection(dialect, tables, frame, names_of(needs))
    counted = [
        (line, picks)
        for kind, line, scope, picks in picks_of(plan, selection)
        if (kind, scope) == ("criterion", "account")
    ]
    if not counted:
        return "SELECT NULL AS account_id, NULL AS as_of_us, NULL AS line, NULL AS lead_id WHERE FALSE"
    add_lead(statement, selection, None)
    add_seen(statement, selection, every_event=needs.every_event)
    add_colleagues(statement, selection, every_event=needs.every_event)
    parts = [
        f"SELECT DISTINCT members.account_id, members.as_of_us, {text(line)} AS line, CAST(actor AS VARCHAR) AS lead_id"
        f" FROM (SELECT g, actor FROM {COLLEAGUES} WHERE actor IS NOT NULL AND {picks}) AS counted"
        f" JOIN {MEMBERS} AS members ON members.g = counted.g AND members.place = 1"
        for line, picks in counted
    ]
    return statement.text("\nUNION ALL\n".join(parts))
