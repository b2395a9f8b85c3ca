"""Rules that look at names and at the data: what is asked for and never there, and what is probably misspelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.errors import nearest
from denizen.model.lint.cells import literals_of
from denizen.model.lint.names import (
    Use,
    alike,
    attribute_uses,
    event_uses,
    folded,
    pairs_alike,
    property_uses,
)
from denizen.model.lint.rule import Remark, Renaming, Rule
from denizen.model.lint.seen import Seen, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from denizen.model.lint.rule import Subject
    from denizen.model.source import Path
    from denizen.model.spec import Model
    from denizen.model.values import Literal

SUGGESTIONS = 3
_ORDERS = ("at_least", "more_than", "at_most", "less_than", "between")
_WORDS = ("contains", "contains_any", "contains_all")
_WAITS = ("is", "in", *_WORDS)
_LITERALS = {"is": "is_", "is_not": "is_not", "in": "in_", "not_in": "not_in", **{word: word for word in _WORDS}}


def event_unseen(subject: Subject) -> Iterator[Remark]:
    """An event that never occurs in the data."""
    seen = subject.seen.events
    if not seen:
        return
    for name, uses in _by_name(event_uses(subject.model)).items():
        if name not in seen:
            yield _unseen(uses, f"`{name}` never occurs in the events", seen)
            continue
        for use in uses:
            own = subject.seen.products.get(str(use.path[1])) if use.path[0] == "products" else None
            if own and name not in own:
                message = f"`{name}` never occurs in the events of `{use.path[1]}`; {_where_else(subject.seen, name)}"
                yield Remark(use.path, message, at_key=use.at_key)


def property_unseen(subject: Subject) -> Iterator[Remark]:
    """A property that the events asked have not got."""
    for use in property_uses(subject.model):
        by_event = subject.seen.properties.get(use.name)
        if by_event is None or not subject.seen.events:
            continue
        asked = set(subject.seen.events) if use.events is None else use.events & set(subject.seen.events)
        if asked and not any(by_event[name].known for name in asked if name in by_event):
            listed = "any event" if use.events is None else ", ".join(f"`{n}`" for n in sorted(asked))
            yield Remark(use.path, f"the property `{use.name}` is never known on {listed}", at_key=use.at_key)


def attribute_unseen(subject: Subject) -> Iterator[Remark]:
    """An attribute that no lead has."""
    seen = subject.seen.attributes
    if seen is None:
        return
    for name, uses in _by_name(attribute_uses(subject.model)).items():
        if name in seen and not seen[name].known and name.lower() in {column.lower() for column in subject.seen.apart}:
            message = f"`{name}` is known of no lead; accounts have it, and no lead belongs to any of them"
            yield from (Remark(use.path, message, at_key=use.at_key) for use in uses[:1])
        elif name in seen and not seen[name].known:
            yield _unseen(uses, f"`{name}` is known of no lead", subject.seen.columns - {name})


def not_a_number(subject: Subject) -> Iterator[Remark]:
    """A value is compared as a number and does not read as one: any value of an attribute, or most of a property."""
    asked = [(use, values, values.unread) for use, values in _known(attribute_uses, _values_of_attribute, subject)]
    asked += [
        (use, values, values.known - values.numbers if values.numbers * 2 <= values.known else 0)
        for use, values in _known(property_uses, _values_of_property, subject)
    ]
    for use, values, count in asked:
        compares = use.as_number or any(name in c.operators() for _, c in use.operators for name in _ORDERS)
        if not count or not compares:
            continue
        words = values.unread_texts or sorted(t for t in values.texts if not t.lstrip("+-.").isdigit())[:SUGGESTIONS]
        shown = f", such as {', '.join(repr(w) for w in words)}" if words else ""
        reads = "reads" if count == 1 < values.known else "read"
        message = (
            f"`{use.name}` is compared as a number, and {count:,} of {values.known:,} values {reads} as none{shown}"
        )
        yield Remark(use.path, message, at_key=use.at_key)


def _known(
    uses: Callable[[Model], Iterator[Use]], values_of: Callable[[Seen, Use], Values | None], subject: Subject
) -> Iterator[tuple[Use, Values]]:
    """Yield each use of a name whose values are known, with these."""
    for use in uses(subject.model):
        values = values_of(subject.seen, use)
        if values is not None:
            yield use, values


def value_misspelled(subject: Subject) -> Iterator[Remark]:
    """A text that never occurs in the data, where a text nearly like it does."""
    asked = [(use, _values_of_attribute(subject.seen, use)) for use in attribute_uses(subject.model)]
    asked += [(use, _values_of_property(subject.seen, use)) for use in property_uses(subject.model)]
    for use, values in asked:
        if values is None or not values.all_texts:
            continue
        written = {literal.text for _, literal in _written_literals(use)}
        for path, literal in _written_literals(use):
            texts = values.words if path[-1] in _WORDS or path[-2] in _WORDS else values.texts
            near = sorted(t for t in texts - written if alike(literal.text, t))
            if near and literal.text not in texts:
                hint = " or ".join(f"`{t}`" for t in near[:SUGGESTIONS])
                yield Remark(path, f"`{literal.text}` is never a value of `{use.name}`; did you mean {hint}?")


def value_unseen(subject: Subject) -> Iterator[Remark]:
    """A text that a band waits for never occurs in the data, nor one nearly like it."""
    asked = [(use, _values_of_attribute(subject.seen, use)) for use in attribute_uses(subject.model)]
    asked += [(use, _values_of_property(subject.seen, use)) for use in property_uses(subject.model)]
    for use, values in asked:
        if values is None or not values.all_texts:
            continue
        for path, literal in _written_literals(use):
            operator = path[-1] if path[-1] in _LITERALS else path[-2]
            texts = values.words if operator in _WORDS else values.texts
            if operator in _WAITS and literal.text not in texts and not any(alike(literal.text, t) for t in texts):
                close = nearest(literal.text, texts, 1) or sorted(texts)[:SUGGESTIONS]
                hint = f"; the data has {', '.join(f'`{t}`' for t in close)}" if close else ""
                yield Remark(path, f"`{literal.text}` is never a value of `{use.name}`{hint}")


def two_spellings(subject: Subject) -> Iterator[Remark]:
    """Two names in the model that are probably one."""
    kinds: tuple[tuple[str, Callable[[Model], Iterator[Use]], Iterable[str]], ...] = (
        ("events", event_uses, subject.seen.events or ()),
        ("properties", property_uses, [n for n, found in subject.seen.properties.items() if found]),
        ("attributes", attribute_uses, [n for n, v in (subject.seen.attributes or {}).items() if v.known]),
    )
    for kind, uses, known in kinds:
        places = _by_name(uses(subject.model))
        for first, second in pairs_alike(places):
            if not {first, second} <= set(known):
                use = places[second][0]
                message = f"`{first}` and `{second}` are two {kind} that differ by little; is one of them misspelled?"
                yield Remark(use.path, message, at_key=use.at_key)


def _where_else(seen: Seen, name: str) -> str:
    """Return whose an event is that occurs, though not in a product that waits for it."""
    others = [f"`{product}` ({names[name]:,})" for product, names in seen.products.items() if name in names]
    return (
        f"it occurs in those of {', '.join(others)}" if others else "where it occurs, it is of no product of the model"
    )


def _unseen(uses: list[Use], message: str, known: Iterable[str]) -> Remark:
    """Return the remark with names that are near; one that differs by case and separators alone can be written instead."""
    use = uses[0]
    close = nearest(use.name, known, SUGGESTIONS)
    hint = f"did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else "no name in the data is near"
    same = [n for n in known if folded(n) == folded(use.name)]
    renamed = len(same) == 1 and not any(u.at_key for u in uses)
    fix = Renaming(tuple(u.path for u in uses), same[0]) if renamed else None
    return Remark(use.path, f"{message}; {hint}", at_key=use.at_key, fix=fix)


def _by_name(uses: Iterable[Use]) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = {}
    for use in uses:
        found.setdefault(use.name, []).append(use)
    return found


def _values_of_attribute(seen: Seen, use: Use) -> Values | None:
    values = (seen.attributes or {}).get(use.name)
    return values if values is not None and values.known else None


def _values_of_property(seen: Seen, use: Use) -> Values | None:
    by_event = seen.properties.get(use.name, {})
    found = [v for name, v in by_event.items() if use.events is None or name in use.events]
    if not any(v.known for v in found):
        return None
    return Values(
        known=sum(v.known for v in found),
        numbers=sum(v.numbers for v in found),
        texts=frozenset().union(*[v.texts for v in found]),
        words=frozenset().union(*[v.words for v in found]),
        all_texts=all(v.all_texts for v in found),
    )


def _written_literals(use: Use) -> Iterator[tuple[Path, Literal]]:
    for place, condition in use.operators:
        for operator, field in _LITERALS.items():
            value = getattr(condition, field)
            if value is None:
                continue
            for i, literal in enumerate(literals_of(value)):
                if literal.number is None:
                    yield (*place, operator, *([i] if isinstance(value, list) else [])), literal


_MODEL = """model: m
fit:
  criteria:
    company_size: {attribute: ATTRIBUTE, bands: [{at_least: 50, points: 15}]}
    industry: {attribute: industry, bands: [{is: INDUSTRY, points: 10}]}
behavior:
  criteria:
    exports: {count: EVENT, where: {PROPERTY: true}, points: 60}
"""


def _example(
    attribute: str = "employees", industry: str = "Fintech", event: str = "exported", prop: str = "paid"
) -> str:
    found = _MODEL.replace("ATTRIBUTE", attribute).replace("INDUSTRY", industry)
    return found.replace("EVENT", event).replace("PROPERTY", prop)


_DATA = Seen(
    events={"exported": 40, "opened": 90},
    properties={"paid": {"exported": Values(40, 0, frozenset({"true"}))}, "payed": {"exported": Values()}},
    attributes={
        "employees": Values(20, 20, frozenset({"120"})),
        "headcount": Values(),
        "size_range": Values(20, 0, frozenset({"51-200", "201-500"}), unread=20),
        "industry": Values(20, 0, frozenset({"fintech", "saas"})),
    },
    columns=frozenset({"employees", "size_range", "industry"}),
)
_TWO = """model: m
behavior:
  criteria:
    invites: {count: teammate_invited, points: 60}
    team: {count: OTHER, each: 5, points: 2}
"""
RULES = (
    Rule(
        code="two-spellings",
        level="warning",
        title="Two names that are probably one",
        rationale="Two events, properties or attributes of the model differ by case, separators or one letter. One of them"
        " most likely never occurs, and its criterion stays silent. With data, names that both occur are left alone.",
        source="methodology, section 5, edge case 5",
        mend="Write the name the data has in both places.",
        bad=_TWO.replace("OTHER", "TeammateInvited"),
        good=_TWO.replace("OTHER", "teammate_invited"),
        check=two_spellings,
    ),
    Rule(
        code="event-unseen",
        level="warning",
        title="An event that never occurs in the data",
        rationale="The criterion waits for something that is not tracked, or is tracked under another name; in a product, for"
        " something that is never done in that product. Asked only with events.",
        source="methodology, section 5, edge case 5",
        mend="Write the name the data has, have the event tracked, or use a proxy. `--fix` writes a name that differs by case"
        " and separators alone.",
        bad=_example(event="Exported"),
        good=_example(),
        check=event_unseen,
        seen=_DATA,
    ),
    Rule(
        code="property-unseen",
        level="warning",
        title="A property that no such event has",
        rationale="The events that the criterion counts never carry the property it asks for. Asked only with events.",
        source="methodology, section 5, edge case 5",
        mend="Write the name the data has, or have the property tracked.",
        bad=_example(prop="payed"),
        good=_example(),
        check=property_unseen,
        seen=_DATA,
    ),
    Rule(
        code="attribute-unseen",
        level="warning",
        title="An attribute that no lead has",
        rationale="Unknown attributes give no points to anybody. Asked only with leads or accounts; attributes derived from"
        " others count as known.",
        source="methodology, section 5, edge case 5",
        mend="Write the name of the column, map it with `--map leads.NAME=COLUMN` (`columns=` in Python), or enrich the data."
        " `--fix` writes a name that differs by case and separators alone.",
        bad=_example(attribute="headcount"),
        good=_example(),
        check=attribute_unseen,
        seen=_DATA,
    ),
    Rule(
        code="not-a-number",
        level="warning",
        title="A value is compared as a number and is none",
        rationale="An order operator on something that is no number does not hold, so a range such as `51-200` under"
        " `at_least` gives no points. Asked only with data: of an attribute, where any value reads as none and is no word that the model names; of a"
        " property, where at least half do.",
        source="semantics, section 2",
        mend="Compare with `in: [51-200, 201-500]`, give the number, or say in denizen.yaml what a text means:"
        " `attributes: {size: {values: {about 100: '100'}}}`.",
        bad=_example(attribute="size_range"),
        good=_example(),
        check=not_a_number,
        seen=_DATA,
    ),
    Rule(
        code="value-misspelled",
        level="warning",
        title="A value that never occurs, where one nearly like it does",
        rationale="The band compares with a text that is no value in the data and differs by separators or one letter from"
        " one that is. Asked only with data.",
        source="methodology, section 5, edge case 5",
        mend="Write the value the data has, or add it to the list.",
        bad=_example(industry="Fin-tech"),
        good=_example(),
        check=value_misspelled,
        seen=_DATA,
    ),
    Rule(
        code="value-unseen",
        level="info",
        title="A value that never occurs",
        rationale="The band waits for a text that is no value in the data, so it gives nothing there; it may be right where"
        " nobody has the value yet. Asked only with data, and only where there are few enough values to list.",
        source="methodology, section 5, edge case 5",
        mend="Write the value the data has; leave it if leads with it may still come.",
        bad=_example(industry="Aerospace"),
        good=_example(),
        check=value_unseen,
        seen=_DATA,
    ),
)
