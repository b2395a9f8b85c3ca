"""A naive scorer written from the semantics alone. Nobody optimizes it, and it shares no code with the product.

One lead at a time, plain loops, exact fractions. It takes the model as plain data (the YAML, parsed) and values
as Python objects, and returns what the engines must return.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
DAY = 86_400 * 10**6
UNITS = {"s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": DAY, "w": 7 * DAY}
SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
OPERATORS = "at_least more_than at_most less_than between is is_not in not_in contains contains_any contains_all matches exists".split()


def span(text):
    return int(text[:-1]) * UNITS[text[-1]]


def words(names):
    return names if isinstance(names, list) else [names]


def to_text(value):
    """What a value is called when it is looked at as text; None if it is unknown."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(t for t in (to_text(v) for v in value) if t is not None) or None
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return "".join({"İ": "i"}.get(c, c.lower()) for c in text.strip(SPACE)) or None


def to_number(value):
    text = to_text(value)
    if text is None or isinstance(value, list | bool):
        return None
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", text):
        return None
    number = Decimal(text)
    if abs(number) >= Decimal(10) ** 28:
        return Fraction(10**28 if number > 0 else -(10**28))  # documented: order saturates
    return Fraction(number.quantize(Decimal("1e-9"), ROUND_HALF_UP))


def same(left, right):
    a, b = to_number(left), to_number(right)
    if a is not None and b is not None:
        return a == b
    return to_text(left) == to_text(right)


def is_word(char):
    return bool(re.match(r"[a-z0-9_]", char)) or ord(char) >= 128


def written(literal):
    """A number in a model file is its plain digits: 7.0 is 7."""
    if isinstance(literal, bool) or not isinstance(literal, int | float | Decimal):
        return literal
    digits = format(Decimal(str(literal)), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def contains(value, needle):
    if isinstance(value, list):
        return any(same(v, needle) for v in value if to_text(v) is not None)
    text, wanted = to_text(value), to_text(written(needle))
    at = text.find(wanted)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(wanted) : at + len(wanted) + 1]
        if (at == 0 or not is_word(before)) and (not after or not is_word(after)):
            return True
        at = text.find(wanted, at + 1)
    return False


def compare(operator, value, wanted):
    unknown = value is None or (not isinstance(value, list) and to_text(value) is None)
    if operator == "exists":
        return unknown != wanted
    if unknown:
        return False
    number = to_number(value)
    if operator in ("at_least", "more_than", "at_most", "less_than"):
        if number is None:
            return False
        limit = to_number(wanted)
        return {
            "at_least": number >= limit,
            "more_than": number > limit,
            "at_most": number <= limit,
            "less_than": number < limit,
        }[operator]
    if operator == "between":
        return number is not None and to_number(wanted[0]) <= number <= to_number(wanted[1])
    if operator == "is":
        return same(value, wanted)
    if operator == "is_not":
        return not same(value, wanted)
    if operator == "in":
        return any(same(value, w) for w in wanted)
    if operator == "not_in":
        return not any(same(value, w) for w in wanted)
    if operator == "contains":
        return contains(value, wanted)
    if operator == "contains_any":
        return any(contains(value, w) for w in wanted)
    if operator == "contains_all":
        return all(contains(value, w) for w in wanted)
    return re.search(wanted, to_text(value) or "", re.IGNORECASE | re.ASCII) is not None


def holds(conditions, value):
    if not isinstance(conditions, dict):
        conditions = {"is": conditions}
    return all(compare(op, value, conditions[op]) for op in OPERATORS if op in conditions)


def prop(event, path):
    if path == "product" and event.get("product") is not None:
        return event["product"]
    found = event.get("properties") or {}
    if path in found:
        return found[path]
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


@dataclass
class Line:
    part: str
    line: str
    kind: str
    points: Fraction
    measure: object = None
    unknown: bool = False
    events: list = field(default_factory=list)


@dataclass
class Score:
    fit: Decimal
    behavior: Decimal
    pql: bool
    fit_tier: str | None
    behavior_tier: str | None
    disqualified: bool
    capped: bool
    lines: list
    segment: str | None = None
    product: str | None = None


def visible(events, T, known=False):
    """Events at or before T, each id once: the smallest delivery, with `known` of those received by then."""
    kept = {}
    for i, event in enumerate(events):
        key = event.get("event_id")
        kept.setdefault(("row", i) if key is None else ("id", key), []).append(event)
    seen = []
    for copies in kept.values():
        there = [c for c in copies if not known or c.get("received_us") is None or c["received_us"] <= T]
        there = [c for c in there if c["at_us"] <= T]
        if there:
            seen.append(min(there, key=delivery))
    return sorted(seen, key=lambda e: (e["at_us"], e.get("event_id") is None, e.get("event_id") or "", e["event"]))


def delivery(event):
    return (event["at_us"], event["event"])


class Lead:
    def __init__(self, lead, events, T, known=False):
        self.T = T
        self.own = {}  # predicates that say which events are the product's
        self.lead = lead
        self.events = visible(events, T, known)
        self.signup = lead.get("signup_us")
        if self.signup is None and self.events:
            self.signup = min(e["at_us"] for e in self.events)
        self.trial_start = lead.get("trial_started_us")
        if self.trial_start is None:
            self.trial_start = self.signup
        self.trial_end = lead.get("trial_ends_us")
        self.sessions = {}
        self._cut()

    def _cut(self):
        last, number = None, 0
        for event in self.events:
            given = event.get("session_id")
            if given is not None:
                self.sessions[id(event)] = ("given", given)
                continue
            if last is not None and event["at_us"] - last > 30 * 60 * 10**6:
                number += 1
            last = event["at_us"]
            self.sessions[id(event)] = ("cut", number)

    def inside(self, event, within):
        at = event["at_us"]
        if not within:
            return True
        if "first" in within:
            return self.signup is not None and self.signup <= at < self.signup + span(within["first"])
        if "last" in within:
            return at > self.T - span(within["last"])
        if self.trial_end is None:
            return False
        if "trial_last" in within:
            return self.trial_end - span(within["trial_last"]) <= at < self.trial_end
        return self.trial_start is not None and self.trial_start <= at < self.trial_end

    def pick(self, names, where=None, within=None):
        names = words(names)
        return [
            e
            for e in self.events
            if (names == ["any"] or e["event"] in names)
            and all(holds(c, prop(e, path)) for path, c in self.own.items())
            and all(holds(c, prop(e, path)) for path, c in (where or {}).items())
            and self.inside(e, within)
        ]


class Crowd(Lead):
    """Everyone in a lead's account, looked at from that lead: its windows, their events."""

    def __init__(self, one, people, nobody, known):
        self.__dict__.update(one.__dict__)
        self.events, self.sessions, self.actor = [], {}, {}
        for who, log in [*people.items(), (None, nobody)]:
            person = Lead({}, log, one.T, known)
            self.events += person.events
            for e in person.events:
                self.actor[id(e)] = who
                self.sessions[id(e)] = (who, *person.sessions[id(e)])
        self.events.sort(key=lambda e: (e["at_us"], e.get("event_id") is None, e.get("event_id") or "", e["event"]))


def measure(lead, c):
    """The measure of a criterion (None is unknown), and the events that count."""
    if c.get("scope") == "account":
        lead = lead.crowd
    where, within = c.get("where"), c.get("within")
    if "attribute" in c:
        value = lead.lead.get(c["attribute"])
        if isinstance(value, list):
            return value, []
        return (None if to_text(value) is None else value), []
    if "count" in c:
        found = lead.pick(c["count"], where, within)
        return len(found), found
    if "distinct" in c:
        found = lead.pick(c["distinct"].get("event", "any"), where, within)
        of = c["distinct"]["of"]
        if of == "days":
            return len({e["at_us"] // DAY for e in found}), found
        if of == "events":
            return len({e["event"] for e in found}), found
        if of == "leads":
            return len({lead.actor[id(e)] for e in found} - {None}), found
        if of == "sessions":
            return len({lead.sessions[id(e)] for e in found}), found
        found = [e for e in found if to_text(prop(e, of)) is not None]
        values = [prop(e, of) for e in found]
        keys = {
            (to_number(v), None if to_number(v) is not None else to_text(v)) for v in values if to_text(v) is not None
        }
        return len(keys), found
    if "sum" in c:
        found = lead.pick(c["sum"].get("event", "any"), where, within)
        found = [e for e in found if to_number(prop(e, c["sum"]["of"])) is not None]
        numbers = [to_number(prop(e, c["sum"]["of"])) for e in found]
        return sum((max(min(n, 10**18), -(10**18)) for n in numbers if n is not None), Fraction(0)), found
    if "session_depth" in c:
        found = lead.pick(c["session_depth"], where, within)
        names = {}
        for e in found:
            names.setdefault(lead.sessions[id(e)], set()).add(e["event"])
        return max((len(n) for n in names.values()), default=0), found
    if "session_minutes" in c:
        found = lead.pick(c["session_minutes"], where, within)
        times = {}
        for e in found:
            times.setdefault(lead.sessions[id(e)], []).append(e["at_us"])
        return max(((max(t) - min(t)) // (60 * 10**6) for t in times.values()), default=0), found
    if "days_since" in c:
        found = lead.pick(c["days_since"], where, within)
        return ((lead.T - found[-1]["at_us"]) // DAY if found else None), found
    if "growth" in c:
        recent, previous = span(c["growth"]["recent"]), span(c["growth"]["previous"])
        found = [e for e in lead.pick(c["growth"]["of"], where) if e["at_us"] > lead.T - recent - previous]
        now = sum(e["at_us"] > lead.T - recent for e in found)
        before = len(found) - now
        if not before:
            return None, found
        return Fraction((Decimal(now) / before).quantize(Decimal("1e-9"), ROUND_HALF_UP)), found
    found = lead.pick(c["sequence"], where, within)
    return int(in_order(c["sequence"], found, span(c["inside"]) if "inside" in c else None)), found


def in_order(steps, found, longest):
    """Try every start."""
    for i, first in enumerate(found):
        if first["event"] != steps[0]:
            continue
        at = 1
        for later in found[i + 1 :]:
            if later["event"] == steps[at]:
                at += 1
                if at == len(steps):
                    if longest is None or later["at_us"] - first["at_us"] <= longest:
                        return True
                    break
    return False


def points_of(c, value):
    """Points of a criterion, and whether a band held."""
    if "each" in c:
        number = Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else to_fraction(value)
        if number is None or number < 0:
            return Fraction(0), False
        times = min(min(number, 10**15) // Fraction(str(c["each"])), 10**12)
        limit = Fraction(str(c.get("max_points", 10**6)))
        return max(min(times * Fraction(str(c["points"])), limit), -limit), False
    bands = c.get("bands") or [{"at_least": 1, "points": c["points"]}]
    for band in bands:
        given = Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else value
        if holds(band, given):
            return Fraction(str(band["points"])), True
    return Fraction(0), False


def to_fraction(value):
    return value if isinstance(value, Fraction) else to_number(value)


def round6(value):
    return Decimal(value.numerator) / value.denominator if not value else _half_up(value)


def _half_up(value):
    scaled = abs(value) * 10**6
    whole = scaled.numerator // scaled.denominator
    if (scaled - whole) * 2 >= 1:
        whole += 1
    return Decimal(whole if value > 0 else -whole).scaleb(-6)


def tier(score, bounds):
    reached = [(Decimal(str(b)), name) for name, b in bounds.items() if score >= Decimal(str(b))]
    return max(reached)[1] if reached else None


def penalty(p, idle, after, total):
    if idle is None:
        return Fraction(0)
    if "half_life" in p:
        n = Fraction(max(idle, 0), span(p["half_life"]))
        return max(total, 0) * share(Decimal("0.5"), n)
    n = Fraction(max(idle - after, 0), span(p["every"]))
    if p.get("periods", "whole") == "whole":
        n = Fraction(n.numerator // n.denominator)
    if "points" in p:
        return Fraction(str(p["points"])) * n
    return max(total, 0) * share(1 - Decimal(str(p["percent"])) / 100, n)


def share(base, n):
    """1 - base^n, to many digits."""
    exponent = Decimal(n.numerator) / n.denominator
    if base == 0:
        return Fraction(0 if n == 0 else 1)
    kept = (exponent * base.ln()).exp() if n.denominator != 1 or n > 400 else base ** int(n)
    return Fraction(1 - kept)


def score(model, lead, events, T, known=False, people=None, nobody=()):
    """Score one lead at T; `people` are the logs of everyone in its account, `nobody` the account's own events."""
    it = Lead(lead, events, T, known)
    it.crowd = Crowd(it, people if people is not None else {"me": events}, list(nobody), known)
    segment = None
    for s in model.get("segments", []):
        if all(holds(c, lead.get(path)) for path, c in s["when"].items()):
            segment = s["name"]
            model = merged(model, {k: v for k, v in s.items() if k not in ("name", "when")})
            break
    if "products" not in model:
        found = of_section(model, it, model.get("behavior", {}), {})
        found.segment = segment
        return found
    results = {}
    for name, section in model["products"].items():
        results[name] = of_section(model, it, section, section.get("events", {"product": {"is": name}}))
    best = max(results, key=lambda n: (results[n].behavior, not results[n].capped, -list(results).index(n)))
    found = results[best]
    lines = list(found.lines)
    lines += [Line("behavior", n, "product", Fraction(0), r.behavior) for n, r in results.items() if n != best]
    extra, bonus = Fraction(0), model.get("cross_product_bonus")
    if bonus:
        active = 0
        for name, section in model["products"].items():
            it.own = section.get("events", {"product": {"is": name}})
            active += bool(it.pick("any", None, {"last": bonus.get("active_within", "30d")}))
        it.own = {}
        extra = Fraction(str(bonus["points"])) if active >= bonus.get("at_least", 2) else Fraction(0)
        lines.append(Line("behavior", "cross_product_bonus", "cross_product", extra))
    behavior = found.behavior + Decimal(extra.numerator) / extra.denominator
    disqualified = any(r.disqualified for r in results.values())
    judged = judge(model, lead, found.fit, behavior, disqualified, found.capped, lines)
    judged.segment, judged.product = segment, best
    return judged


def merged(model, over):
    """What a segment makes of a model: sections key by key, criteria by name, all else said anew."""
    found = dict(model)
    for part in ("fit", "behavior", "pql", "tiers", "cross_product_bonus"):
        if part in over:
            found[part] = merged_section(model.get(part, {}), over[part])
    if "products" in over:
        products = dict(model.get("products", {}))
        for name, section in over["products"].items():
            products[name] = merged_section(products.get(name, {}), section)
        found["products"] = products
    return found


def merged_section(section, over):
    found = {**section, **over}
    if "criteria" in section and over.get("criteria"):
        found["criteria"] = {**section["criteria"], **over["criteria"]}
    return {k: v for k, v in found.items() if v is not None}


def of_section(model, it, behavior_section, own):
    """Score a lead by one behavior section over its own events."""
    it.own = it.crowd.own = own
    fit_section = model.get("fit", {})
    lines, disqualified = [], False
    for part, section in (("fit", fit_section), ("behavior", behavior_section)):
        for name, c in section.get("criteria", {}).items():
            value, found = measure(it, c)
            points, _held = points_of(c, value)
            lines.append(Line(part, name, "criterion", points, value, value is None, found))
            disqualified |= bool(c.get("disqualifies")) and any(
                holds(
                    b,
                    value if not isinstance(value, Fraction) else Decimal(value.numerator) / value.denominator,
                )
                for b in c.get("bands") or [{"at_least": 1}]
            )
    raw_fit = sum((x.points for x in lines if x.part == "fit"), Fraction(0))
    fit = clamp(raw_fit, fit_section.get("min", 0), fit_section.get("max", 50))
    lines.append(Line("fit", "limit", "limit", fit - raw_fit))
    behavior, capped = behave(it, behavior_section, lines)
    it.own = it.crowd.own = {}
    return judge(model, it.lead, round6(fit), round6(behavior), disqualified, capped, lines)


def judge(model, lead, fit, behavior, disqualified, capped, lines, key="pql"):
    gates = {"total": 80, "fit": 15, "behavior": 40, **model.get(key, {})}
    qualified = (
        fit + behavior >= Decimal(str(gates["total"]))
        and fit >= Decimal(str(gates["fit"]))
        and behavior >= Decimal(str(gates["behavior"]))
        and all(holds(c, lead.get(path)) for path, c in gates.get("require", {}).items())
        and not disqualified
        and not capped
    )
    tiers = model.get("tiers", {})
    fit_tier = tier(fit, tiers.get("fit", {"strong": 35, "moderate": 20, "weak": 0}))
    behavior_tier = tier(behavior, tiers.get("behavior", {"high": 60, "medium": 30, "low": 0}))
    return Score(fit, behavior, qualified, fit_tier, behavior_tier, disqualified, capped, lines)


def score_world(model, world, T, known=False, strays=()):
    """Score everyone in a world of (lead, log); `strays` are (account, event) that carry no lead."""
    found = []
    for lead, log in world:
        account = lead.get("account_id")
        people = {i: other for i, (mate, other) in enumerate(world) if account and mate.get("account_id") == account}
        nobody = [e for name, e in strays if account and name == account]
        found.append(score(model, lead, log, T, known, people or {"me": log}, nobody))
    return found


def score_accounts(model, world, T, known=False, strays=()):
    """Score every account that has a lead."""
    leads = score_world(model, world, T, known, strays)
    section = model.get("account", {})
    found = {}
    for account in sorted({lead["account_id"] for lead, _ in world if lead.get("account_id")}):
        members = [i for i, (lead, _) in enumerate(world) if lead.get("account_id") == account]
        people = {i: world[i][1] for i in members}
        lines = []
        for name, c in model.get("fit", {}).get("criteria", {}).items():
            each = [points_of(c, measure(Lead(world[i][0], [], T), c)[0])[0] for i in members]
            lines.append(Line("fit", name, "criterion", max(each)))
        out = [leads[i].disqualified for i in members]
        raw = sum((x.points for x in lines), Fraction(0))
        fit = clamp(raw, model.get("fit", {}).get("min", 0), model.get("fit", {}).get("max", 50))
        best = sorted((Fraction(str(leads[i].behavior)) for i in members), reverse=True)
        rollup = section.get("rollup", "max")
        if rollup == "mean":
            behavior = Fraction(round12(sum(best) / len(best)))
        else:
            weights = {"max": [1], "sum": [1] * len(best)}.get(rollup) if isinstance(rollup, str) else rollup["top"]
            behavior = sum((Fraction(str(w)) * b for w, b in zip(weights, best, strict=False)), Fraction(0))
        one = Lead(world[members[0]][0], world[members[0]][1], T, known)
        crowd = Crowd(one, people, [e for name, e in strays if name == account], known)
        one.crowd = crowd
        for name, c in section.get("criteria", {}).items():
            points = points_of(c, measure(one, {**c, "scope": "account"})[0])[0]
            lines.append(Line("behavior", name, "criterion", points))
            behavior += points
        behavior = clamp(behavior, section.get("min", 0), section.get("max"))
        gates, tiers = section.get("pqa", {}), section.get("tiers", {})
        require = gates.get("require", {})
        held = all(any(holds(c, world[i][0].get(path)) for i in members) for path, c in require.items())
        bare = {"pqa": {k: v for k, v in gates.items() if k != "require"}, "tiers": tiers}
        judged = judge(bare, {}, round6(fit), round6(behavior), all(out), False, lines, key="pqa")
        judged.pql = judged.pql and held
        found[account] = judged
    return found


def round12(value):
    """To 12 decimals, half away from zero."""
    scaled = abs(value) * 10**12
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Fraction(whole if value >= 0 else -whole, 10**12)


def clamp(value, low, high):
    value = max(value, Fraction(str(low)))
    return value if high is None else min(value, Fraction(str(high)))


def behave(it, section, lines):
    criteria = section.get("criteria", {})
    steps = [x for x in lines if x.part == "behavior"]
    for line in steps:
        c = criteria[line.line]
        bonus = c.get("recency") or section.get("recency")
        can_be_positive = any(b["points"] > 0 for b in c.get("bands") or [c])
        if bonus and "attribute" not in c and can_be_positive:
            recent = (
                line.points > 0 and line.events and max(e["at_us"] for e in line.events) > it.T - span(bonus["within"])
            )
            extra = line.points * (Fraction(str(bonus["multiplier"])) - 1) if recent else Fraction(0)
            lines.append(Line("behavior", line.line, "recency", extra))
    if section.get("velocity"):
        lines.append(velocity(it, section, steps))
    total = sum((x.points for x in lines if x.part == "behavior"), Fraction(0))
    raw = total
    total += decay(it, section.get("decay"), raw, lines)
    limited = clamp(total, section.get("min", 0), section.get("max"))
    lines.append(Line("behavior", "limit", "limit", limited - total))
    capped, cut = ceiling(it, section.get("ceiling"), limited)
    if section.get("ceiling"):
        lines.append(Line("behavior", "ceiling", "ceiling", cut))
    return limited + cut, capped


def velocity(it, section, steps):
    v = section["velocity"]
    if "of" in v:
        actions = it.pick(v["of"])
    else:
        found = {}
        for c in section["criteria"].values():
            if c.get("key"):
                for e in it.pick(event_names(c), c.get("where")):
                    found[id(e)] = e
        actions = sorted(found.values(), key=lambda e: e["at_us"])
    bursts = []
    for i in range(v["at_least"] - 1, len(actions)):
        at = actions[i]["at_us"]
        if at - actions[i - v["at_least"] + 1]["at_us"] <= span(v["within"]):
            if "expires" in v and not at > it.T - span(v["expires"]):
                continue
            bursts.append(at)
    awards = min(len(bursts), 1)
    if v.get("award") == "per_window":
        awards = len({(at - it.signup) // span(v["within"]) for at in bursts})
        awards = min(awards, v.get("max_awards", awards))
    if "points" in v:
        bonus = awards * Fraction(str(v["points"]))
    else:
        bonus = awards * Fraction(str(v["multiplier"])) * sum((x.points for x in steps if x.points > 0), Fraction(0))
    return Line("behavior", "velocity", "velocity", max(min(bonus, 10**6), -(10**6)), awards, False, actions)


def event_names(c):
    for key in ("count", "session_depth", "session_minutes", "days_since", "sequence"):
        if key in c:
            return c[key]
    if "growth" in c:
        return c["growth"]["of"]
    return (c.get("distinct") or c.get("sum")).get("event", "any")


def decay(it, d, total, lines):
    if not d:
        return Fraction(0)
    active = it.pick(d.get("activity", "any"))
    last = active[-1]["at_us"] if active else it.signup
    idle = None if last is None else max(it.T - last, 0)
    first = Fraction(0)
    if any(k in d for k in ("points", "percent", "half_life")):
        first = penalty(d, idle, span(d["after"]) if "after" in d else 0, total)
    second = Fraction(0)
    if "after_trial" in d and it.trial_end is not None:
        since = it.trial_end if last is None else max(last, it.trial_end)
        second = penalty(d["after_trial"], max(it.T - since, 0), 0, total)
    room = max(total - Fraction(str(d.get("floor", 0))), Fraction(0))
    taken, both = min(first, room), min(first + second, room)
    lines.append(Line("behavior", "decay", "decay", -taken))
    if "after_trial" in d:
        lines.append(Line("behavior", "after_trial", "decay", taken - both))
    return -both


def ceiling(it, c, limited):
    if not c:
        return False, Fraction(0)
    free = all(holds(p, it.lead.get(path)) for path, p in c["when"].items())
    signals = it.pick(c["unless"], None, {"last": c["last"]} if "last" in c else None)
    capped = free and it.signup is not None and it.T - it.signup > span(c["after"]) and not signals
    return capped, (min(Fraction(str(c["at"])) - limited, Fraction(0)) if capped else Fraction(0))
