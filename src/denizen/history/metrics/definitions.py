"""The metrics of the advisory document (section 7), each with its definition and what data it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["power 10", "expected outcomes", "leading", "lagging"]
Unit = Literal["share", "per week", "days", "money", "ratio"]
Need = Literal["opportunity", "mql", "won", "won PQLs", "amount", "rep", "cost", "cost above 0", "touches", "feedback"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric: what it counts, what the document expects, and what data it cannot do without (keys of `NEEDS`)."""

    metric: str
    group: Group
    title: str
    unit: Unit
    definition: str
    expected: str
    needs: tuple[Need, ...]


NEEDS: dict[Need, str] = {
    "opportunity": "outcome rows `opportunity`",
    "mql": "an attribute that says who is an MQL (--mql)",
    "won": "won leads",
    "won PQLs": "won PQLs",
    "amount": "the column `amount` on outcome rows of won leads",
    "rep": "the column `rep` on outcome rows of won leads",
    "cost": "what was spent in both periods (--cost BEFORE,AFTER)",
    "cost above 0": "what was spent in both periods, above 0 (--cost BEFORE,AFTER)",
    "touches": "outcome rows `contacted`, `accepted` or `rejected`",
    "feedback": "words of reps; `denizen trust` shows what they accept and reject",
}
"""What data a metric may lack, in words."""
DEFINITIONS = (
    Definition("mql_to_opportunity", "power 10", "MQL to opportunity", "share", "MQLs that reach an opportunity (or are won) within the horizon", "replaced by PQL to opportunity, 150 to 200 % above", ("opportunity", "mql")),
    Definition("pipeline", "power 10", "Pipeline production", "per week", "first opportunities of the leads of the period, a week", "+20 to 35 %", ("opportunity",)),
    Definition("opportunity_to_won", "power 10", "Opportunity to closed won", "share", "leads with an opportunity that are won within the horizon", "+10 to 20 %", ("opportunity",)),
    Definition("sales_cycle", "power 10", "Sales cycle", "days", "median days from the first opportunity (without one: from signup) to won", "-15 to 25 %", ("won",)),
    Definition("revenue_per_rep", "power 10", "Revenue per rep", "money", "amount of won leads divided by the reps who won any", "+15 to 30 %", ("won", "amount", "rep")),
    Definition("cac", "power 10", "CAC", "money", "what was spent, divided by won leads", "-20 to 40 %", ("won", "cost")),
    Definition("trial_to_paid", "expected outcomes", "Trial to paid", "share", "signups that are won within the horizon after they are judged", "from 2-5 % to 5-10 %; lagging: +15 to 25 % within 90 days", ("won",)),
    Definition("pql_to_opportunity", "expected outcomes", "PQL to opportunity", "share", "PQLs, as judged, that reach an opportunity (or are won) within the horizon", "25 to 30 %", ("opportunity",)),
    Definition("contacts_on_pqls", "expected outcomes", "Sales effort on qualified leads", "share", "touched leads that are PQLs, as judged; hours are not in the data, touches are", "50 % and more", ("touches",)),
    Definition("lead_roi", "expected outcomes", "Lead generation ROI", "ratio", "amount of won leads less what was spent, divided by it", "+77 %", ("won", "amount", "cost above 0")),
    Definition("pql_sales_cycle", "expected outcomes", "Sales cycle of PQL deals", "days", "the sales cycle of leads that were PQLs, as judged", "from 30-45 to 20-35 days", ("won PQLs",)),
    Definition("pql_volume", "leading", "PQL volume", "share", "signups that are PQLs, as judged", "10 to 20 % of signups (the methodology: 5 to 15 %)", ()),
    Definition("follow_up", "leading", "Follow-up on PQLs", "share", "PQLs that sales touched before anything came of it; opened alerts are not in the data", "rising", ("touches",)),
    Definition("at_zero", "leading", "Scores at 0", "share", "leads with behavior 0, as judged", "no clusters at 0 or 100", ()),
    Definition("at_cap", "leading", "Scores at the top", "share", "leads at the highest behavior of the period", "no clusters at 0 or 100", ()),
    Definition("sales_feedback", "leading", "Sales feedback", "share", "what reps say about lead quality", "better than before", ("feedback",)),
    Definition("pql_against_rest", "lagging", "PQLs against the rest", "ratio", "PQL to opportunity (without such rows: to won) divided by that of the others", "2 to 3 times", ()),
    Definition("accuracy", "lagging", "Top less bottom quarter", "share", "conversion of the quarter with the highest totals less that of the lowest", "above 0", ()),
)  # fmt: skip
