"""Fit a template to the answers and to the events of the data: a recommendation in, a model file with its reasons out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from denizen.model.lint.rule import Subject
from denizen.model.load import model_from
from denizen.model.mapping import Mapped, Mapping, Places
from denizen.model.named_products import cautions_of, default_names, name_products, write_products
from denizen.model.reasons import choices_of
from denizen.model.seen_events import SeenEvents
from denizen.model.source import parse_yaml
from denizen.model.templates import Sheet, template_text
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from denizen.model.advisor import Choice, Recommendation
    from denizen.model.approaches import Approach
    from denizen.model.event_names import Match
    from denizen.model.named_products import NamedProduct
    from denizen.model.source import Path
    from denizen.model.spec import Model

GRANULAR = ("session_depth", "export", "usage_growth", "pricing_at_the_end")
"""What needs more than key actions to be measured; left out with partial tracking."""

MEDIUM_CYCLE_DAYS, LONG_CYCLE_DAYS = 30, 90
EXTENDED = ("behavioral-heavy", "freemium", "reverse-trial")
FEWEST_PRODUCTS = 2


@dataclass(frozen=True, slots=True)
class Tailored:
    """A model file, why it is as it is, and what the data had for it.

    `choices` and `cautions` are those of the recommendation, corrected by what the file itself says.
    """

    text: str
    choices: tuple[Choice, ...]
    cautions: tuple[str, ...]
    matches: tuple[Match, ...] = ()
    proxies: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def tailor(
    recommendation: Recommendation,
    seen: SeenEvents | Iterable[str] | None = None,
    ask: Callable[[Match], str | None] | None = None,
    products: Sequence[str] = (),
    known: Collection[str] | None = None,
) -> Tailored:
    """Return the template of the recommended approach, set to the answers.

    With `seen`, the event names of the data, each event of the template gets the name it has there; `ask` decides where
    the match is not sure, and without it the best guess stands with a comment. What the data do not have is replaced by
    a proxy or left out, with a comment. `products` are the names of several products; without them they are those that
    the events name. `known` are the attributes that some lead has; gates on fit go down by what the others could give.
    """
    data = seen if seen is None or isinstance(seen, SeenEvents) else SeenEvents(tuple(seen))
    sheet = Sheet(template_text(recommendation.approach.name))
    named: tuple[NamedProduct, ...] = ()
    if sheet.get(("products",)):
        count = max(recommendation.answers.products, FEWEST_PRODUCTS)
        named = name_products(products or default_names(data, count), data)
        sheet = write_products(sheet, named, data)
    _decay(sheet, recommendation)
    _velocity(sheet, recommendation)
    _windows(sheet, recommendation)
    _coverage(sheet, recommendation)
    _extend(sheet, recommendation)
    template = model_from(parse_yaml(sheet.text, "template")).spec
    mapped = Mapped()
    if data is not None:
        for places in _places(sheet, named, told_apart=bool(data.products)):
            own = data.of(places.product) if places.product and data.products else data.names
            bare = data.bare if places.product and data.products else ()
            Mapping(sheet, places, mapped, set(own), ask, bare).apply()
    if known is not None:
        _leave_out_unknown(sheet, known, mapped)
    _gates(sheet, Subject(template).behavior_score.high, _reachable(sheet))
    unknown = () if known is None else tuple(dict.fromkeys(a for a in _fit_attributes(template) if a not in known))
    if unknown:
        _fit_gate(sheet, template, unknown)
    written = model_from(parse_yaml(sheet.text, "model")).spec
    made = Tailored(
        "",
        choices_of(recommendation, written, template, named, unknown),
        (
            *recommendation.cautions,
            *_unknown(unknown),
            *(cautions_of(named, data) if named else _without(recommendation, products)),
        ),
        tuple(mapped.matches),
        tuple(mapped.proxies),
        tuple(mapped.left_out),
    )
    sheet.head(_header(made, mapped=data is not None))
    return replace(made, text=sheet.text)


def attributes_asked(approach: Approach) -> tuple[str, ...]:
    """Return the attributes that the template of an approach looks at."""
    sheet = Sheet(template_text(approach.name))
    asked = (sheet.get(path).get("attribute") for path in sheet.criteria())
    return tuple(dict.fromkeys(name for name in asked if name is not None))


def _leave_out_unknown(sheet: Sheet, known: Collection[str], mapped: Mapped) -> None:
    """Leave out what behavior measures by an attribute that no lead has."""
    for path in sheet.criteria():
        attribute = sheet.get(path).get("attribute")
        if path[0] not in ("fit", "account") and attribute is not None and attribute not in known:
            mapped.left_out.append(str(path[-1]))
            sheet.leave_out(path, f"no lead has {attribute}; take this in again once leads have it")


def _fit_attributes(model: Model) -> dict[str, Decimal]:
    """Return, by attribute, the most points that fit gives for it."""
    found: dict[str, Decimal] = {}
    for criterion in model.fit.criteria.values():
        if criterion.attribute is not None:
            points = [band.points for band in criterion.bands or ()]
            found[criterion.attribute] = found.get(criterion.attribute, Decimal(0)) + max(Decimal(0), *points)
    return found


def _unknown(unknown: Sequence[str]) -> Iterator[str]:
    if unknown:
        yield f"No lead has {', '.join(unknown)}: fit cannot count what nobody has, so its gate is lower."


def _fit_gate(sheet: Sheet, template: Model, unknown: Sequence[str]) -> None:
    """Lower the gates by the fit that attributes could give which no lead has."""
    points = _fit_attributes(template)
    before = sum(points.values(), Decimal(0))
    after = before - sum((points[name] for name in unknown), Decimal(0))
    if after >= before:
        return
    pql = sheet.get(("pql",))
    fit = _scaled(pql["fit"], before, after)
    note = f"Fit can reach {plain(after)} of {plain(before)} points, because no lead has {', '.join(unknown)}, so the gates are lower."
    total = int(Decimal(pql["total"]) - (Decimal(pql["fit"]) - fit))
    sheet.replace(("pql",), {**pql, "total": total, "fit": fit}, (note,))


def _without(recommendation: Recommendation, products: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be said where products were named and the approach has one rubric for all of them."""
    if not products:
        return ()
    name = recommendation.approach.name
    return (
        f"{', '.join(products)}: {name} has one rubric for all products; --approach multi-product gives each its own.",
    )


def _places(sheet: Sheet, named: Sequence[NamedProduct], *, told_apart: bool) -> list[Places]:
    """Return what is to be mapped: each product that has events, or every one where the events are not told apart, and the rest."""
    rest = tuple(p for p in sheet.criteria() if p[0] != "products")
    if not named:
        return [Places(rest, (("behavior",),))]
    own = [
        Places(tuple(p for p in sheet.criteria() if p[:2] == ("products", n.key)), (("products", n.key),), n.said)
        for n in named
        if n.known or not told_apart
    ]
    return [Places(rest, ()), *own]


def _sections(sheet: Sheet) -> list[Path]:
    products = sheet.get(("products",))
    return [("products", name) for name in products] if products else [("behavior",)]


def _decay(sheet: Sheet, recommendation: Recommendation) -> None:
    for section in _sections(sheet):
        decay = dict(sheet.get((*section, "decay")))
        decay.pop("after_trial", None)
        decay["every"] = f"{recommendation.decay_days}d"
        if recommendation.after_trial_days is not None:
            decay["after_trial"] = {"points": decay["points"], "every": f"{recommendation.after_trial_days}d"}
        sheet.replace((*section, "decay"), decay)


def _velocity(sheet: Sheet, recommendation: Recommendation) -> None:
    for section in _sections(sheet):
        velocity = sheet.get((*section, "velocity"))
        if velocity:
            sheet.replace((*section, "velocity"), {**velocity, "within": recommendation.velocity_span})


def _windows(sheet: Sheet, recommendation: Recommendation) -> None:
    """Shorten the first window to the trial, so that it asks for nothing after its end."""
    for path in sheet.criteria():
        criterion = sheet.get(path)
        if criterion.get("within") == {"first": "14d"} and recommendation.first_days < 14:  # noqa: PLR2004  what templates say
            note = f"The trial has {recommendation.first_days} days."
            sheet.replace(path, {**criterion, "within": {"first": f"{recommendation.first_days}d"}}, (note,))


def _coverage(sheet: Sheet, recommendation: Recommendation) -> None:
    if recommendation.answers.tracking == "partial":
        for path in sheet.criteria():
            if path[-1] in GRANULAR:
                sheet.leave_out(path, "partial tracking: score the most predictive actions only")


def _extend(sheet: Sheet, recommendation: Recommendation) -> None:
    days = recommendation.answers.sales_cycle_days
    if recommendation.approach.name not in EXTENDED or days < MEDIUM_CYCLE_DAYS:
        return
    if days < LONG_CYCLE_DAYS:
        note = "A cycle of 30 to 90 days has an evaluation: comparisons and security papers are read."
        data: dict[str, Any] = {"count": ["security_docs_viewed", "comparison_viewed"], "points": 5}
        sheet.add(("behavior", "criteria"), "evaluation", data, (note,))
    else:
        note = "A cycle of 90 days and more needs a champion: somebody who administers, or rolls it out."
        data = {"count": ["admin_setting_changed", "role_assigned", "rollout_started"], "points": 5}
        sheet.add(("behavior", "criteria"), "champion", data, (note,))


def _reachable(sheet: Sheet) -> Decimal:
    """Return the most that behavior can reach, as `denizen check` reckons it: of the best product, with every bonus."""
    return Subject(model_from(parse_yaml(sheet.text, "template")).spec).behavior_score.high


def _gates(sheet: Sheet, before: Decimal, after: Decimal) -> None:
    """Lower gates, tiers and ceiling by what can no longer be reached."""
    if after >= before:
        return
    pql = sheet.get(("pql",))
    behavior = _scaled(pql["behavior"], before, after)
    total = Decimal(pql["total"]) - (Decimal(pql["behavior"]) - behavior)
    note = (
        f"Behavior can reach {plain(after)} of {plain(before)} points with what the data have, so the gates are lower."
    )
    sheet.replace(("pql",), {**pql, "total": int(total), "behavior": behavior}, (note,))
    tiers = sheet.get(("tiers", "behavior"))
    lower = {name: _scaled(bound, before, after) for name, bound in tiers.items()}
    if len(set(lower.values())) == len(lower):
        sheet.replace(("tiers", "behavior"), lower)
    ceiling = sheet.get(("behavior", "ceiling"))
    if ceiling and ceiling["at"] >= behavior > 0:
        sheet.replace(("behavior", "ceiling"), {**ceiling, "at": behavior - 1}, ("Below the gate on behavior.",))


def _scaled(points: Decimal | int, before: Decimal, after: Decimal) -> int:
    return int((Decimal(points) * after / before).to_integral_value(ROUND_FLOOR))


def _header(made: Tailored, *, mapped: bool) -> list[str]:
    lines = ["Written by denizen init. What it chose, and why:"]
    lines += [
        f"- {c.about}: {c.value}. {c.reason[0].upper()}{c.reason[1:]}.{f' ({c.source})' if c.source else ''}"
        for c in made.choices
    ]
    lines += [f"! {caution}" for caution in made.cautions]
    if mapped:
        guesses = [m for m in made.matches if not m.sure and m.found]
        lines.append(
            f"Events: {sum(m.found is not None for m in made.matches)} of {len(made.matches)} found in the data, "
            f"{len(guesses)} of them guessed; proxies for {', '.join(made.proxies) or 'none'}; "
            f"left out: {', '.join(made.left_out) or 'none'}."
        )
    return [*lines, ""]
