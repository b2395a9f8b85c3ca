"""The scoping questions and what their answers recommend, each with its reason (methodology, section 2, and section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from denizen.model.approaches import APPROACHES, Approach, approach_named, cycle_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Trial = Literal["free-trial", "freemium", "reverse-trial", "hybrid"]
Tracking = Literal["full", "partial", "sparse", "minimal"]
Crm = Literal["hubspot", "salesforce", "marketo", "other", "none"]
TRIALS: tuple[Trial, ...] = get_args(Trial)
TRACKINGS: tuple[Tracking, ...] = get_args(Tracking)
CRMS: tuple[Crm, ...] = get_args(Crm)

LOW_VOLUME, HIGH_VOLUME, TRIAL_VOLUME = 50, 500, 100
HIGH_ACV, LOW_ACV = 50_000, 5_000
FEW_MONTHS, MANY_MONTHS = 6, 12
LONG_CYCLE_DAYS, LONGEST_CYCLE_DAYS = 60, 90
SHORTEST_TRIAL, LONGEST_TRIAL = 14, 30
FIRST_WINDOW_DAYS = 14


@dataclass(frozen=True, slots=True)
class Answers:
    """What the scoping questions ask. Money is a year's, in the currency of the methodology (US dollars)."""

    trial: Trial = "free-trial"
    trial_days: int = 14
    tracking: Tracking = "full"
    sales_cycle_days: int = 30
    leads_a_month: int = 200
    data_months: int = 12
    products: int = 1
    acv: int = 10_000
    crm: Crm = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing recommended, why, and where the methodology says so."""

    about: str
    value: str
    reason: str
    source: str

    def as_dict(self) -> dict[str, str]:
        """Return the choice as plain data."""
        return {"about": self.about, "value": self.value, "reason": self.reason, "source": self.source}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An approach, and what in its template is set to the answers."""

    answers: Answers
    approach: Approach
    decay_days: int
    after_trial_days: int | None
    velocity_span: str
    first_days: int
    choices: tuple[Choice, ...]
    cautions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the recommendation as plain data for `--json`."""
        return {
            "approach": self.approach.name,
            "title": self.approach.title,
            "decay_days": self.decay_days,
            "after_trial_days": self.after_trial_days,
            "velocity_within": self.velocity_span,
            "first_days": self.first_days,
            "choices": [choice.as_dict() for choice in self.choices],
            "cautions": list(self.cautions),
        }


def recommend(answers: Answers, approach: str | None = None) -> Recommendation:
    """Return what the methodology recommends for the answers; an approach that was asked for stands.

    Raises:
        DenizenError: there is no approach of this name.
    """
    found, why, source = choose_approach(answers)
    chosen = APPROACHES[found]
    if approach is not None and approach_named(approach).name != found:
        why, source, chosen = f"asked for; the answers would give {found}, because {why}", "", approach_named(approach)
    decay_days, decay = _decay(answers, chosen)
    after_trial = _after_trial(answers, decay_days)
    span = "7d" if answers.sales_cycle_days >= LONGEST_CYCLE_DAYS else "48h"
    choices = (
        Choice("approach", chosen.name, why, source or chosen.source),
        _weights(chosen),
        decay,
        *_trial_end(answers, after_trial),
        _velocity(answers, span),
        _thresholds(answers, chosen),
        _review(answers),
        _recalibration(answers, chosen),
        _validation(answers),
        _delivery(answers),
    )
    return Recommendation(
        answers,
        chosen,
        decay_days,
        after_trial,
        span,
        min(FIRST_WINDOW_DAYS, answers.trial_days) if answers.trial != "freemium" else FIRST_WINDOW_DAYS,
        choices,
        tuple(_cautions(answers, chosen)),
    )


def choose_approach(answers: Answers) -> tuple[str, str, str]:
    """Return the name of the approach, why, and the source: what cannot be measured decides before what is wished."""
    matrix, factors = "methodology, section 2, approach selection matrix", "methodology, section 2, scoping factors"
    if answers.tracking == "minimal":
        return "minimal", "logins and signups are all that is tracked, so fit has to carry the score", f"{factors}, 2"
    if answers.tracking == "sparse":
        reason = "10 to 15 events cannot measure the milestones, so proxies stand in and fit weighs more"
        return "sparse", reason, "methodology, section 5, edge case 5"
    if answers.data_months < FEW_MONTHS:
        reason = f"{answers.data_months} months of conversion data cannot validate a complex model"
        return "early-stage", reason, f"{matrix}, row 5"
    if answers.products > 1:
        reason = f"{answers.products} products have milestones of their own, and their points do not add up"
        return "multi-product", reason, "methodology, section 5, edge case 2"
    long_and_large = answers.sales_cycle_days >= LONG_CYCLE_DAYS and answers.acv >= HIGH_ACV
    if answers.sales_cycle_days >= LONGEST_CYCLE_DAYS or long_and_large:
        reason = f"in a cycle of {answers.sales_cycle_days} days several people of a company evaluate"
        return "enterprise", reason, f"{matrix}, row 4"
    if answers.trial == "freemium":
        reason = "nothing forces anyone to act, so velocity and signs of an upgrade say more than single actions"
        return "freemium", reason, f"{matrix}, row 2"
    if answers.trial == "reverse-trial":
        reason = "who used paid features heavily and then lost them has the most to buy back"
        return "reverse-trial", reason, f"{factors}, 1"
    if answers.trial == "hybrid" or answers.leads_a_month < LOW_VOLUME or answers.acv >= HIGH_ACV:
        return "balanced", _why_balanced(answers), f"{matrix}, row 3"
    reason = f"{answers.leads_a_month} trials a month with an end in sight: product signals tell leads apart"
    return "behavioral-heavy", reason, f"{matrix}, row 1"


def _why_balanced(answers: Answers) -> str:
    if answers.leads_a_month < LOW_VOLUME:
        return f"with {answers.leads_a_month} trials a month each lead is worth a look, and fit matters more"
    if answers.acv >= HIGH_ACV:
        return f"at {answers.acv:,} a year the fit of the company predicts as much as usage does"
    return "sales takes part beside self-service, so the score is an input to its judgment"


def _weights(approach: Approach) -> Choice:
    value = f"{approach.behavior_percent}% behavior, {approach.fit_percent}% fit"
    return Choice("weights", value, f"as {approach.name} asks: {approach.situation}", approach.source)


def _decay(answers: Answers, approach: Approach) -> tuple[int, Choice]:
    cycle = cycle_of(answers.sales_cycle_days)
    low, high = approach.decay_days or cycle.decay_days
    days = high if answers.sales_cycle_days >= LONGEST_CYCLE_DAYS and approach.decay_days else low
    if approach.decay_days and approach.decay_days != cycle.decay_days:
        reason = f"{approach.name} decays in {low}-{high} days, whatever the cycle" if low != high else (
            "without data of your own, the median of B2B software"
        )  # fmt: skip
        return days, Choice("decay", f"every {days} days", reason, approach.source)
    reason = (
        f"matched to a sales cycle of {answers.sales_cycle_days} days, so that no lead fades before sales reaches it"
    )
    return days, Choice("decay", f"every {days} days", reason, "methodology, section 2, scoping factors, 3")


def _after_trial(answers: Answers, decay_days: int) -> int | None:
    if answers.trial == "freemium":
        return None
    return max(7, decay_days // 4 if answers.trial != "reverse-trial" else decay_days // 2)


def _trial_end(answers: Answers, days: int | None) -> Iterator[Choice]:
    source = "methodology, section 2, scoping factors, 1"
    if days is None:
        yield Choice("after the trial", "nothing more", "a free tier has no end that forces anyone to act", source)
    else:
        reason = "interest fades fast once the trial is over" if answers.trial != "reverse-trial" else (
            "what paid features meant to them shows in the weeks after the downgrade"
        )  # fmt: skip
        yield Choice("after the trial", f"once more every {days} days", reason, source)


def _velocity(answers: Answers, span: str) -> Choice:
    reason = "large companies move slowly, so a burst is a week" if span == "7d" else (
        "a burst of key actions is an evaluation going on; alert on the same day"
        if answers.sales_cycle_days < 30 else "a burst of key actions is an evaluation going on"  # noqa: PLR2004  the methodology's own bound
    )  # fmt: skip
    return Choice("velocity", f"within {span}", reason, "methodology, section 2, scoping factors, 3")


def _thresholds(answers: Answers, approach: Approach) -> Choice:
    source = "methodology, section 2, scoping factors, 4"
    if approach.name == "early-stage":
        source = "methodology, section 5, edge case 1"
        return Choice(
            "thresholds", "about the top 10% of trial users", "start careful, with no data to set them by", source
        )
    if answers.leads_a_month >= HIGH_VOLUME:
        return Choice(
            "thresholds", "strict: every gate must hold", "nobody looks at each lead before it is routed", source
        )
    if answers.leads_a_month < LOW_VOLUME:
        return Choice("thresholds", "a help in ordering, no hard line", "sales can review all leads", source)
    reason = "5-15% of signups is the good range; move them when the share leaves it"
    return Choice("thresholds", "the methodology's gates", reason, "methodology, section 3, quick reference thresholds")


def _review(answers: Answers) -> Choice:
    source = "methodology, section 2, scoping factors, 4"
    if answers.leads_a_month >= HIGH_VOLUME:
        return Choice("review", "none: PQLs are routed by themselves", f"{answers.leads_a_month} leads a month", source)
    if answers.leads_a_month >= LOW_VOLUME:
        return Choice("review", "SDRs validate PQLs while it is new", f"{answers.leads_a_month} leads a month", source)
    return Choice("review", "sales looks at every lead", f"only {answers.leads_a_month} leads a month", source)


def _recalibration(answers: Answers, approach: Approach) -> Choice:
    if approach.name == "early-stage":
        reason = "weights are guesses until 90 days of outcomes are in"
        return Choice("recalibration", "monthly", reason, "methodology, section 5, edge case 1")
    if LOW_VOLUME <= answers.leads_a_month < HIGH_VOLUME:
        reason = "enough leads to learn from, few enough to look at"
        return Choice(
            "recalibration", "weekly while new, then monthly", reason, "methodology, section 2, scoping factors, 4"
        )
    reason = "signals drift as the product and its users do"
    source = "methodology, section 3, quick reference thresholds"
    return Choice("recalibration", "monthly for 90 days, then quarterly", reason, source)


def _validation(answers: Answers) -> Choice:
    source = "advisory, section 4, historical data availability"
    if answers.data_months >= MANY_MONTHS:
        return Choice("validation", "backtest before launch", f"{answers.data_months} months of outcomes", source)
    if answers.data_months >= FEW_MONTHS:
        reason = f"{answers.data_months} months of outcomes leave wide intervals"
        return Choice("validation", "partial backtest", reason, source)
    reason = f"{answers.data_months} months of outcomes are too few"
    return Choice("validation", "pilot and adjust; keep every PQL's outcome", reason, source)


def _delivery(answers: Answers) -> Choice:
    values = {
        "hubspot": ("score properties", "HubSpot has them built in"),
        "salesforce": ("custom fields and a Flow", "Salesforce needs fields of its own"),
        "marketo": ("custom fields, through Marketo", "the extra layer adds a sync to look after"),
        "other": (
            "fit, behavior, total and PQL as four fields",
            "sales needs both scores to decide how to approach a lead",
        ),
        "none": ("a file of scores", "no CRM was named"),
    }
    value, reason = values[answers.crm]
    return Choice("crm", value, reason, "advisory, section 2 and section 4")


def _cautions(answers: Answers, approach: Approach) -> Iterator[str]:
    timed = answers.trial in ("free-trial", "reverse-trial")
    if timed and not SHORTEST_TRIAL <= answers.trial_days <= LONGEST_TRIAL:
        yield f"The methodology speaks of trials of 14-30 days; yours has {answers.trial_days}."
    if approach.name == "behavioral-heavy" and answers.leads_a_month <= TRIAL_VOLUME:
        yield "Behavioral-heavy is meant for more than 100 trials a month."
    if approach.name in ("balanced", "enterprise") and answers.acv < LOW_ACV:
        yield "At less than 5,000 a year, filtering by fit may be too strict for a self-serve product."
    if approach.name != "freemium" and answers.trial == "freemium":
        yield "For a free tier without end, consider a ceiling as the template freemium has it."
    if approach.name != "multi-product" and answers.products > 1:
        yield "Several products: give each a rubric as the template multi-product has it, once there are data for it."
    if approach.name in ("sparse", "minimal"):
        yield "Instrument the most valuable missing events first, and plan a second version 60 days after."
    if answers.tracking == "partial":
        yield "With partial tracking, keep the 5-8 most predictive actions; do not score what you cannot measure."
