"""The small grammar in which a spreadsheet says when points are given (documented in `docs/how-to/import.md`).

It knows counts of events, time without an event, attributes, velocity and decay. What it does not know it refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from denizen.model.importers.reading import shown
from denizen.model.importers.report import NotCarriedError
from denizen.model.importers.rubric_names import (
    NOUNS,
    VERBS,
    attribute_name,
    event_name,
    event_names,
    is_written,
    singular,
)

Measure = Literal["attribute", "event", "idle", "velocity", "decay"]
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_SIGNS = {"≥": ">=", "≤": "<=", "“": '"', "”": '"', "„": '"', "’": "'", "\u00a0": " "}
_UNITS = {
    "hour": "hour",
    "hr": "hour",
    "h": "hour",
    "day": "day",
    "d": "day",
    "week": "week",
    "wk": "week",
    "w": "week",
}
_NUMBER = r"[0-9][0-9.,]*"
_SPAN = rf"(?P<n>{_NUMBER})[ -]?(?P<unit>(?:hour|hr|day|week|wk)s?|h|d|w)\b"
_OPERATORS = {
    ">=": "at_least", "at least": "at_least", "from": "at_least",
    "<=": "at_most", "at most": "at_most", "up to": "at_most",
    ">": "more_than", "more than": "more_than", "over": "more_than", "above": "more_than",
    "<": "less_than", "less than": "less_than", "fewer than": "less_than", "under": "less_than", "below": "less_than",
    "=": "is", "exactly": "is",
}  # fmt: skip
_COMPARED = "|".join(sorted((re.escape(o) for o in _OPERATORS), key=len, reverse=True))
_ASKING = {"is", "are", "=", "in", "contains", "contain", "includes", "include", "not", ">", "<", ">=", "<="}
LONGEST = 500


@dataclass(slots=True)
class Meaning:
    """What a condition asks: the measure as a criterion has it, the operators that must hold, and what was assumed."""

    measure: Measure
    base: dict[str, Any]
    bands: list[dict[str, Any]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)


def read_condition(text: str, criterion: str) -> Meaning:
    """Return what a condition in words asks.

    Raises:
        NotCarriedError: the grammar does not know it, or a number is not plain.
    """
    words = plain_words(text)
    if not words:
        raise NotCarriedError("the condition is empty")
    if len(words) > LONGEST:
        raise NotCarriedError(f"the condition is longer than {LONGEST} characters")
    for read in (_velocity, _decay, _idle, _session, _count, _done, _attribute):
        meaning = read(words, criterion)
        if meaning is not None:
            return meaning
    raise NotCarriedError(f"{shown(text)} is not understood; see the grammar of conditions")


def plain_words(text: str) -> str:
    """Return a text with one kind of dash, quote, sign and space."""
    for sign, same in _SIGNS.items():
        text = text.replace(sign, same)
    return " ".join(text.translate(_DASHES).replace("(", " ").replace(")", " ").split()).rstrip(".")


def number(text: str) -> Decimal:
    """Return a number as written in English without separators.

    Raises:
        NotCarriedError: it has a comma, or points that may part thousands.
    """
    if "," in text or re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+", text) or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise NotCarriedError(f"{shown(text)} is no plain number; write 1000 for a thousand and 1.5 for one and a half")
    return Decimal(text)


def _span(match: re.Match[str]) -> str:
    amount, unit = number(match["n"]), _unit(match)
    if amount != int(amount) or amount < 1:
        raise NotCarriedError(f"{shown(match['n'])} is no whole number of {unit}s")
    return f"{int(amount)}{unit[0]}"


def _unit(match: re.Match[str]) -> str:
    """Return hour, day or week, however it is written: hours, hrs, h."""
    written = match["unit"].lower()
    return _UNITS.get(written) or _UNITS[written.removesuffix("s")]


def _velocity(words: str, _: str) -> Meaning | None:
    pattern = (
        rf"(?:at least |>= ?)?(?P<many>{_NUMBER})(?: ?\+| or more)? key actions? (?:in|within) (?:any |a )?{_SPAN}"
    )
    if (match := re.fullmatch(pattern, words, re.IGNORECASE)) is None:
        return None
    return Meaning("velocity", {"at_least": int(number(match["many"])), "within": _span(match)})


def _decay(words: str, _: str) -> Meaning | None:
    pattern = (
        rf"(?:per|every|each|for every|for each) {_SPAN}(?: period)? (?:of )?(?:inactivity|inactive|idle|idleness)"
    )
    if (match := re.fullmatch(pattern, words, re.IGNORECASE)) is None:
        return None
    return Meaning("decay", {"every": _span(match)})


def _idle(words: str, criterion: str) -> Meaning | None:
    once = rf"no (?P<what>.+?) (?:for|in|within) (?:the last |at least )?{_SPAN}"
    each = rf"(?:per|every|each|for every|for each) {_SPAN}(?: period)? without (?:a |an |any )?(?P<what>.+)"
    done = rf"(?:(?:the )?(?:lead|user|contact|person) )?(?:has|have|did) not (?P<what>.+?) (?:for|in|within) (?:the |at least )?(?:last |past )?{_SPAN}"
    each_too = rf"no (?P<what>.+?) (?:for|in) (?:every|each) {_SPAN}"
    for pattern, repeated in ((each_too, True), (once, False), (done, False), (each, True)):
        if match := re.fullmatch(pattern, words, re.IGNORECASE):
            if _unit(match) == "hour":
                raise NotCarriedError("time without an event is measured in whole days")
            days = int(number(match["n"])) * (7 if _unit(match) == "week" else 1)
            names, assumed = event_names(match["what"], criterion)
            assumed.append("a lead that never did it is unknown, not idle")
            base: dict[str, Any] = {"days_since": names}
            if repeated:
                return Meaning("idle", {**base, "each": days}, [], assumed)
            return Meaning("idle", base, [{"at_least": days}], assumed)
    return None


def _session(words: str, _: str) -> Meaning | None:
    pattern = rf"(?:at least |>= ?)?(?P<many>{_NUMBER})(?: ?\+| or more)?(?P<of>.*?) (?:per|in one|in a|in any) session"
    if (match := re.fullmatch(pattern, words, re.IGNORECASE)) is None:
        return None
    listed = re.fullmatch(r".*? ?of (.+)", match["of"], re.IGNORECASE)
    names = _listed(listed[1]) if listed else []
    if len(names) < 2:  # noqa: PLR2004  one name has no depth
        raise NotCarriedError(
            "the depth of a session needs the events: write `3+ of report_built, data_exported, … per session`"
        )
    base = {"session_depth": [event_name(n)[0] for n in names]}
    made = [name for name, changed in (event_name(n) for n in names) if changed]
    assumed = [f"the events are named {', '.join(made)} after the words"] if made else []
    return Meaning("event", base, [{"at_least": number(match["many"])}], assumed)


def _count(words: str, criterion: str) -> Meaning | None:
    rest, options, assumed = _options(words)
    rest = _number_first(rest)
    compared = re.fullmatch(rf"(?P<op>{_COMPARED}) ?(?P<n>{_NUMBER}) (?P<what>.+)", rest, re.IGNORECASE)
    ranged = re.fullmatch(rf"(?P<lo>{_NUMBER}) ?(?:-|to) ?(?P<hi>{_NUMBER}) (?P<what>.+)", rest, re.IGNORECASE)
    more = re.fullmatch(rf"(?P<n>{_NUMBER}) ?(?:\+|or more) ?(?P<what>.+)", rest, re.IGNORECASE)
    bare = re.fullmatch(rf"(?P<n>{_NUMBER})(?P<times>x| times)? (?P<what>[^-<>=+].*)", rest, re.IGNORECASE)
    if compared:
        what, band = compared["what"], {_OPERATORS[compared["op"].lower()]: number(compared["n"])}
    elif ranged:
        what, band = ranged["what"], _between(ranged["lo"], ranged["hi"])
    elif more:
        what, band = more["what"], {"at_least": number(more["n"])}
    elif bare:
        what, band = bare["what"], {"at_least": number(bare["n"])}
        assumed.append(f"{bare['n']} is read as at least {bare['n']}; write `exactly {bare['n']}` for no more")
    else:
        return None
    what = re.sub(r"^times ", "", what, flags=re.IGNORECASE)
    noun = NOUNS.get(singular(what.lower()))
    if noun:
        if options:
            raise NotCarriedError(f"`{noun}` is an attribute, and a time frame has no meaning with it")
        return Meaning("attribute", {"attribute": noun}, [band], [])
    if singular(what.lower()) in ("active day", "day active"):
        return Meaning("event", {"distinct": {"of": "days"}, **options}, [band], assumed)
    names, more_assumed = event_names(what, criterion)
    return Meaning("event", {"count": names, **options}, [band], assumed + more_assumed)


def _number_first(words: str) -> str:
    """Return `invited 2+ teammates` and `invited teammates 2+ times` as `2+ invited teammates`."""
    many = rf"(?P<many>(?:(?:{_COMPARED}) ?)?{_NUMBER}(?: ?\+| or more| ?(?:-|to) ?{_NUMBER})?)"
    verb_first = rf"(?P<verb>{'|'.join(sorted(VERBS))}) {many}(?: times)? (?P<what>[^\W\d].*)"
    if match := re.fullmatch(verb_first, words, re.IGNORECASE):
        return f"{match['many']} {match['verb']} {match['what']}"
    if match := re.fullmatch(rf"(?P<what>[^\W\d].*?) {many}(?: times|x)", words, re.IGNORECASE):
        return f"{match['many']} {match['what']}"
    return words


def _between(low: str, high: str) -> dict[str, Any]:
    bounds = [number(low), number(high)]
    if bounds[0] > bounds[1]:
        raise NotCarriedError(f"from {low} to {high} holds nothing; put the lower number first")
    return {"between": bounds}


def _options(words: str) -> tuple[str, dict[str, Any], list[str]]:
    """Return the words without time frame and property, these as options, and what was assumed."""
    options: dict[str, Any] = {}
    assumed: list[str] = []
    if match := re.search(r" while (?P<what>not )?logged[ -]?in$", words, re.IGNORECASE):
        options["where"] = {"logged_in": match["what"] is None}
        words = words[: match.start()]
    frames: tuple[tuple[str, str], ...] = (
        (rf" (?:in|within|during) (?:the )?last {_SPAN} of (?:the )?trial$", "trial_last"),
        (rf" (?:in|within|during) (?:the |their )?first {_SPAN}$", "first"),
        (rf" (?:in|within|during|over) (?:the )?(?:last|past) {_SPAN}$", "last"),
        (rf" (?:in|within|over) (?:a |any )?{_SPAN}$", "assumed"),
    )
    for pattern, key in frames:
        if match := re.search(pattern, words, re.IGNORECASE):
            if key == "assumed":
                assumed.append(f"`{match[0].strip()}` is read as the last {match['n']} {_unit(match)}s")
            frame = {"last" if key == "assumed" else key: _span(match)}
            return _where(words[: match.start()], {**options, "within": frame}, assumed)
    if match := re.search(r" (?:in|within|during) (?:the )?(?:last|past) (?P<unit>day|week)$", words, re.IGNORECASE):
        last = {"within": {"last": f"1{_unit(match)[0]}"}}
        return _where(words[: match.start()], {**options, **last}, assumed)
    if match := re.search(r" (?:in|within|during) (?:(?:the )?first week|week (?:1|one))$", words, re.IGNORECASE):
        return _where(words[: match.start()], {**options, "within": {"first": "7d"}}, assumed)
    if match := re.search(r" (?:in|during|within) (?:the |their )?trial$", words, re.IGNORECASE):
        return _where(words[: match.start()], {**options, "within": {"trial": True}}, assumed)
    return _where(words, options, assumed)


def _where(words: str, options: dict[str, Any], assumed: list[str]) -> tuple[str, dict[str, Any], list[str]]:
    if match := re.search(r" where (?P<name>[A-Za-z_][\w.]*) (?:is|=) (?P<value>.+)$", words, re.IGNORECASE):
        value = _same_as(match["value"])
        return words[: match.start()], {**options, "where": {**options.get("where", {}), match["name"]: value}}, assumed
    if match := re.search(r" while (?P<what>not )?logged[ -]?in$", words, re.IGNORECASE):
        where = {**options.get("where", {}), "logged_in": match["what"] is None}
        return words[: match.start()], {**options, "where": where}, assumed
    return words, options, assumed


def _attribute(words: str, _: str) -> Meaning | None:
    for read in (_presence, _membership, _numbers, _equality):
        found = read(words)
        if found is not None:
            name, bands = found
            attribute = attribute_name(name)
            many = read is _numbers and attribute.endswith("s") and attribute not in NOUNS.values()
            told = f"`{attribute}` is read as an attribute; to count events, put the number first: `3+ logins`"
            return Meaning("attribute", {"attribute": attribute}, bands, [told] if many else [])
    return None


Found = tuple[str, list[dict[str, Any]]] | None


def _presence(words: str) -> Found:
    match = re.fullmatch(
        r"(?P<name>.+?) (?:is |are )?(?P<how>known|unknown|missing|empty|exists|given)", words, re.IGNORECASE
    )
    return (match["name"], [{"exists": match["how"].lower() in ("known", "exists", "given")}]) if match else None


def _membership(words: str) -> Found:
    patterns: tuple[tuple[str, str], ...] = (
        (r"(?P<name>.+?) (?:is |are )?(?:not in|none of|not one of) (?P<values>.+)", "not_in"),
        (r"(?P<name>.+?) (?:is |are )?(?:in|one of|any of) (?P<values>.+)", "in"),
        (r"(?P<name>.+?) (?:contains?|includes?) all of (?P<values>.+)", "contains_all"),
        (r"(?P<name>.+?) (?:contains?|includes?) (?:any of |one of )?(?P<values>.+)", "contains"),
    )
    for pattern, operator in patterns:
        if match := re.fullmatch(pattern, words, re.IGNORECASE):
            values = _listed(match["values"])
            if not values:
                raise NotCarriedError("the list of values is empty")
            if operator == "contains":
                both = re.search(r" (?:and|&|\+) ", match["values"], re.IGNORECASE)
                either = re.search(r",|;| or | / ", match["values"], re.IGNORECASE)
                if both and either:
                    raise NotCarriedError(
                        "`and` and `or` stand in one list, which can be read in two ways; write a row for each"
                    )
                several = "contains_all" if both else "contains_any"
                return match["name"], [{several: values} if len(values) > 1 else {"contains": values[0]}]
            return match["name"], [{operator: values}]
    return None


def _numbers(words: str) -> Found:
    pattern = rf"(?P<name>[A-Za-z][^0-9<>=]*?)[ :]+(?:(?:is|are|of) )?(?P<rest>(?:(?:{_COMPARED}) ?)?[0-9].*)"
    match = re.fullmatch(pattern, words, re.IGNORECASE)
    if match is None:
        return None
    bands: list[dict[str, Any]] = []
    percent = False
    for part in re.split(r" or | and |, | / ", match["rest"], flags=re.IGNORECASE):
        piece = re.sub(r" ?(?:employees|people|points)$", "", part.strip(), flags=re.IGNORECASE)
        percent = percent or "%" in piece or piece.lower().endswith(" percent")
        bands.append(_numeric(re.sub(r" ?(?:%| percent)", "", piece, flags=re.IGNORECASE)))
    name = match["name"]
    return (f"{name} percent" if percent and "percent" not in name.lower() else name), bands


def _numeric(piece: str) -> dict[str, Any]:
    if match := re.fullmatch(rf"(?P<lo>{_NUMBER}) ?(?:-|to) ?(?P<hi>{_NUMBER})", piece, re.IGNORECASE):
        return _between(match["lo"], match["hi"])
    if match := re.fullmatch(rf"(?P<op>{_COMPARED}) ?(?P<n>{_NUMBER})", piece, re.IGNORECASE):
        return {_OPERATORS[match["op"].lower()]: number(match["n"])}
    if match := re.fullmatch(rf"(?P<n>{_NUMBER}) ?(?:\+|or more)", piece, re.IGNORECASE):
        return {"at_least": number(match["n"])}
    if re.fullmatch(_NUMBER, piece):
        return {"is": number(piece)}
    raise NotCarriedError(f"{shown(piece)} is no number, range or comparison")


def _equality(words: str) -> Found:
    if match := re.fullmatch(r"(?P<name>.+?) (?:is|are) not (?P<values>.+)", words, re.IGNORECASE):
        return match["name"], [{"not_in": _listed(match["values"])}]
    if match := re.fullmatch(r"(?P<name>.+?) (?:is|are|=) (?P<values>.+)", words, re.IGNORECASE):
        values = _listed(match["values"])
        return match["name"], [_same_as(values[0]) if len(values) == 1 else {"in": values}]
    return None


def _done(words: str, _: str) -> Meaning | None:
    rest, options, assumed = _options(words)
    quoted = rest[:1] in ("`", "'", '"') and is_written(rest)
    if quoted or re.fullmatch(r"[A-Za-z]\w*(?:[_.:]\w+)+", rest):
        rest = rest.strip("`'\"")
        return Meaning("event", {"count": rest, **options}, [{"at_least": 1}], assumed)
    listed = rest.lower().split()
    asks = any(w in _ASKING for w in listed[1:2]) if listed[0] in VERBS else any(w in _ASKING for w in listed)
    title = is_written(rest) and (listed[0].endswith("ed") or listed[-1].endswith("ed"))
    done = title or listed[0] in VERBS or listed[-1] in VERBS or re.fullmatch(r"(?:has )?logged[ -]in", rest.lower())
    if asks or not done:
        return None
    name, made = event_name(rest)
    if made:
        assumed.append(f"the event is named {name} after the words")
    return Meaning("event", {"count": name, **options}, [{"at_least": 1}], assumed)


def _listed(text: str) -> list[str]:
    """Return the values of a list: parted by `,`, `;`, ` / `, `or`, `and`; quotes keep a value together."""
    parts = re.findall(r'"[^"]*"|[^",;]+', text)
    values: list[str] = []
    for part in parts:
        if part.startswith('"'):
            values.append(part.strip('"').strip())
        else:
            values += [
                v.strip().strip("`'") for v in re.split(r"(?:^|\s)(?:or|and|&|\+|/)(?:\s|$)", part, flags=re.IGNORECASE)
            ]
    return [v for v in values if v]


def _same_as(text: str) -> dict[str, Any]:
    """Return the operator for one value; who writes `yes` means `true` as well, which data may say instead."""
    cleaned = text.strip().strip("`'\"")
    truth = {"true": True, "yes": True, "false": False, "no": False}.get(cleaned.lower())
    if truth is None:
        return {"is": cleaned}
    return {"in": [cleaned.lower(), truth]} if cleaned.lower() in ("yes", "no") else {"is": truth}
