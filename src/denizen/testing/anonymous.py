"""Write a real lead or account as a case: no id, no name, no date and no text of the original."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.clock import iso
from denizen.model.durations import DAY_US
from denizen.testing.neutral import BOOLEANS, Neutral
from denizen.testing.rows import LEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.plan.needs import Asked
    from denizen.testing.real import Person, Real

_EPOCHS = (11_323 * DAY_US, 11_688 * DAY_US)
"""2001-01-01 and 2002-01-01: where the day of the as-of instant is moved to; never where it is already."""

_PLAIN_NUMBER = re.compile(r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?$")


@dataclass(slots=True)
class Disguise:
    """What stands for each thing of the original: one thing always has the same stand-in.

    `keep` are attributes and properties that stay as they are. Stand-ins for ids sort as the ids did.
    """

    keep: frozenset[str]
    shift_us: int
    attributes: dict[str, Neutral]
    properties: dict[str, Neutral]
    names: dict[str, str]
    ids: dict[str, str]
    sessions: dict[str, str]
    people: dict[str, str]

    @classmethod
    def of(cls, real: Real, asked: Asked, as_of_us: int, keep: frozenset[str]) -> Disguise:
        """Return the disguise of a case."""
        day = as_of_us // DAY_US * DAY_US
        found, events = asked.counted, real.events
        forms = real.needs.attributes
        width = len(str(len(real.colleagues)))
        colleagues = {p.lead_id: f"person_{i:0{width}}" for i, p in enumerate(real.colleagues, 1)}
        return cls(
            keep=keep,
            shift_us=day - next(e for e in _EPOCHS if e != day),
            attributes={n: Neutral(n, c, n in found, forms[n]) for n, c in asked.attributes.items()},
            properties={n: Neutral(n, c, n in found) for n, c in asked.properties.items()},
            names=_aliases([e["event"] for e in events], "other event ", set(real.needs.names)),
            ids=_aliases(sorted({e["id"] for e in events if e["id"] is not None}), "e", set()),
            sessions=_aliases([e["session"] for e in events if e["session"] is not None], "s", set()),
            people={real.lead.lead_id: LEAD, **colleagues},
        )

    def at(self, us: int) -> str:
        """Return an instant, moved by whole days."""
        return iso(us - self.shift_us)

    def attribute(self, name: str, value: str) -> str:
        """Return what stands for a value of an attribute."""
        return value if name in self.keep else self.attributes[name].of(value)

    def property(self, name: str, value: str) -> str:
        """Return what stands for a value of a property."""
        return value if name in self.keep else self.properties[name].of(value)

    def line(self, name: str) -> str:
        """Return the name of a line; those of members name people."""
        word, _, who = name.partition(" ")
        return f"member {self.people[who]}" if word == "member" and who in self.people else name

    def notes(self) -> Iterator[str]:
        """Yield a comment for everything of the original that had to stay."""
        kept = ((n.name, v) for n in (*self.attributes.values(), *self.properties.values()) for v in n.kept)
        for name, value in dict.fromkeys(kept):
            yield f"  # kept of {name}, since conditions look at it: {json.dumps(value)}\n"
        for name in sorted(self.keep):
            yield f"  # kept as it is, since nothing else gives this score: {json.dumps(name)}\n"


def case_text(real: Real, asked: Asked, as_of_us: int, keep: frozenset[str], model_path: str) -> str:
    """Return the case in YAML; attributes and properties in `keep` stay as they are."""
    disguise = Disguise.of(real, asked, as_of_us, keep)
    lead = _mapping(_known(real.lead, disguise))
    events = list(_events(real.lead.events, disguise, "    "))
    colleagues = [line for p in real.colleagues for line in _colleague(p, disguise)]
    account_events = list(_events(real.account_events, disguise, "    "))
    expected = list(_expected(real, disguise))
    return "".join(
        [
            f"- case: {_title(real)}\n",
            *disguise.notes(),
            f"  model: {_text(model_path)}\n",
            f"  as_of: {disguise.at(as_of_us)}\n",
            f"  lead: {lead}\n",
            *_under("  events:\n", events),
            *_under("  colleagues:\n", colleagues),
            *_under("  account_events:\n", account_events),
            "  expect:\n",
            *expected,
        ]
    )


def _title(real: Real) -> str:
    scores = real.expected.scores
    total = _number(scores["total"])
    if real.account:
        return f"a real account with a total of {total}, {'a PQA' if scores['pqa'] else 'no PQA'}"
    return f"a real lead with a total of {total}, {'a PQL' if scores['pql'] else 'no PQL'}"


def _under(key: str, lines: list[str]) -> list[str]:
    return [key, *lines] if lines else []


def _known(person: Person, disguise: Disguise) -> dict[str, str]:
    moments = {name: disguise.at(us) for name, us in person.moments.items()}
    return moments | {n: disguise.attribute(n, v) for n, v in person.attributes.items()}


def _colleague(person: Person, disguise: Disguise) -> Iterator[str]:
    known, events = _known(person, disguise), list(_events(person.events, disguise, "        "))
    yield f"    {disguise.people[person.lead_id]}:{'' if known or events else ' {}'}\n"
    if known:
        yield f"      lead: {_mapping(known)}\n"
    yield from _under("      events:\n", events)


def _events(events: list[dict[str, Any]], disguise: Disguise, indent: str) -> Iterator[str]:
    for e in events:
        row = [f"event: {_text(disguise.names[e['event']])}", f"at: {disguise.at(e['at'])}"]
        row += [f"id: {disguise.ids[e['id']]}"] if e["id"] is not None else []
        row += [f"session: {_text(disguise.sessions[e['session']])}"] if e["session"] is not None else []
        told = {n: disguise.property(n, str(v)) for n, v in e["properties"].items()}
        row += [f"properties: {_mapping(told)}"] if told else []
        yield f"{indent}- {{{', '.join(row)}}}\n"


def _expected(real: Real, disguise: Disguise) -> Iterator[str]:
    indent, expected = "    ", real.expected
    if real.account:
        yield f"{indent}account:\n"
        indent += "  "
    for name, value in expected.scores.items():
        if value is not None:
            yield f"{indent}{name}: {_value(value)}\n"
    lines = [f"{indent}  {_text(disguise.line(n))}: {_number(v)}\n" for n, v in expected.lines.items()]
    yield from _under(f"{indent}lines:\n", lines)
    order = list(disguise.people)
    people = {n: [disguise.people[i] for i in sorted(ids, key=order.index)] for n, ids in expected.people.items()}
    told = [f"{indent}  {_text(n)}: [{', '.join(who)}]\n" for n, who in people.items()]
    yield from _under(f"{indent}people:\n", told)


def _aliases(values: list[str], word: str, kept: set[str]) -> dict[str, str]:
    """Return another name for each value that is not to be kept; names sort as the values were listed."""
    width = len(str(len(values)))
    strange = [v for v in dict.fromkeys(values) if v not in kept]
    return {**{v: v for v in values}, **{v: f"{word}{i:0{width}}" for i, v in enumerate(strange, 1)}}


def _mapping(values: dict[str, str]) -> str:
    return f"{{{', '.join(f'{_text(n)}: {_scalar(v)}' for n, v in values.items())}}}"


def _scalar(value: str) -> str:
    """Return a value in YAML that reads as the same text; a list stays one."""
    if value.startswith("["):
        try:
            return json.dumps(json.loads(value), ensure_ascii=False)
        except ValueError:
            return _text(value)
    return value if value in BOOLEANS or _PLAIN_NUMBER.match(value) else _text(value)


def _text(value: str) -> str:
    """Return a text in YAML: as it is if that is safe, else quoted."""
    return value if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", value) and not _word(value) else json.dumps(value)


def _word(value: str) -> bool:
    return value.lower() in {"true", "false", "null", "yes", "no", "on", "off"}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    shown = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown
