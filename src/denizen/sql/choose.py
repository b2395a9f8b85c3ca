"""Which of several scores counts for a lead: that of its segment, and of its best product (semantics, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.sql.literals import number, text
from denizen.sql.points import POINTS
from denizen.sql.scores import SCORE_COLUMNS, tier_of
from denizen.sql.statement import Statement, select

if TYPE_CHECKING:
    from denizen.plan import nodes

CHOSEN = "chosen"
_CHOICE = ("segment", "product", "plan_no")
_OF_LEAD = ("g", "lead_id", "account_id", "as_of_us", "fit")


def chosen_statement(program: nodes.Program) -> str:
    """Return the statement that picks, for each row scored, the plan whose score counts.

    Reads the tables of `table_of`, one for each plan of the program in order. `plan_no` is the number of the plan, from 1,
    `segment` and `product` are its names, null where there is none.
    """
    statement, found, first = Statement(), [], 1
    for variant in program.variants:
        plans = variant.plans
        if len(plans) == 1 and plans[0].product is None:
            found.append(_alone(plans[0], first))
        else:
            found.append(_best(statement, variant, first))
        first += len(plans)
    union = "\nUNION ALL\n".join(found)
    return statement.text(union) if statement.steps else union


def table_of(plan_no: int) -> str:
    """Return the name of the table that holds the scores of one plan of a program, counted from 1."""
    return "scored" if plan_no == 1 else f"scored_{plan_no}"


def _alone(plan: nodes.Plan, plan_no: int) -> str:
    return select(["g", *SCORE_COLUMNS, *_names(plan), f"{plan_no} AS plan_no"], table_of(plan_no))


def _names(plan: nodes.Plan) -> list[str]:
    segment = text(plan.audience.segment) if plan.audience and plan.audience.segment else "CAST(NULL AS VARCHAR)"
    product = text(plan.product.name) if plan.product else "CAST(NULL AS VARCHAR)"
    return [f"{segment} AS segment", f"{product} AS product"]


def _best(statement: Statement, variant: nodes.Variant, first: int) -> str:
    """Add the steps that compare products; return the query of the best one, with the bonus and judged anew."""
    kept = [*_OF_LEAD, "behavior", "disqualified", "capped", "active", "eligible"]
    products = "\nUNION ALL\n".join(
        select([*kept, *_names(plan), f"{plan_no} AS plan_no"], table_of(plan_no))
        for plan_no, plan in enumerate(variant.plans, first)
    )
    each = statement.add(f"product_{first}", "The score of every product.", products)
    together = "OVER (PARTITION BY g)"
    ranked = statement.add(
        f"ranked_{first}",
        "The highest product score counts, one without a ceiling before one with it, the first in the file before others.",
        select(
            [
                "*",
                "row_number() OVER (PARTITION BY g ORDER BY behavior DESC, capped, plan_no) AS place",
                f"sum(CASE WHEN active THEN 1 ELSE 0 END) {together} AS active_products",
                f"max(CASE WHEN disqualified THEN 1 ELSE 0 END) {together} = 1 AS out_by_any",
                f"min(CASE WHEN eligible THEN 1 ELSE 0 END) {together} = 1 AS in_by_all",
            ],
            each,
        ),
    )
    bonus = variant.bonus
    extra = f"CASE WHEN active_products >= {bonus.at_least} THEN {number(bonus.points)} ELSE 0 END" if bonus else "0"
    best = statement.add(
        f"best_{first}",
        "A bonus where enough products are active.",
        select(
            [
                *_OF_LEAD,
                f"CAST(behavior + {extra} AS {POINTS}) AS behavior",
                "out_by_any",
                "in_by_all",
                "capped",
                *_CHOICE,
            ],
            ranked,
            "WHERE place = 1",
        ),
    )
    plan = variant.plans[0]
    gates = plan.gates
    passed = (
        f"fit + behavior >= {number(gates.total)} AND fit >= {number(gates.fit)} AND behavior >= {number(gates.behavior)}"
        " AND in_by_all AND NOT capped"
    )
    return select(
        [
            *_OF_LEAD,
            "behavior",
            f"CAST(fit + behavior AS {POINTS}) AS total",
            f"{passed} AS pql",
            f"{tier_of('fit', plan.fit_tiers)} AS fit_tier",
            f"{tier_of('behavior', plan.behavior_tiers)} AS behavior_tier",
            "out_by_any AS disqualified",
            "capped",
            *_CHOICE,
        ],
        best,
    )
