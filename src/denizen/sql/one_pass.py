"""What one pass of native code works out of a batch's events, instead of steps of SQL (decision 6).

The conditions stay SQL: every event comes with bits that say which of them it meets, so that what counts is spelled in one
place for every engine. The pass only counts, keeps first and last times, finds bursts and the distinct names of a session.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from denizen.sql.events import SEEN, Picked, Selection, add_lead, add_seen
from denizen.sql.statement import Statement, select

if TYPE_CHECKING:
    from denizen.plan import nodes

HOME = "one_pass"
"""Where what the pass found stands, a row a place; `g` tells whose it is."""
MAX_BITS = 62
"""How many bits tell what an event meets."""
NONE = -(2**63)
"""What stands for an instant that there is none of."""
LINE = 64
"""Bytes in a line of memory; the numbers of a lead take whole lines."""
MOST_EVENTS = 2**32 - 1
"""Counts have 32 bits; more events are left to SQL."""
_NARROW = 32
"""How many bits a session and the names in it may have to be kept as one number."""
_MET = "met"
_FUNCTIONS: dict[str, Literal["count", "first", "last"]] = {
    "count(*)": "count",
    "min(at_us)": "first",
    "max(at_us)": "last",
}


@dataclass(frozen=True, slots=True)
class Places:
    """How leads are numbered: `place` is an expression beside `g` after `join` and `where`.

    Beside the `place` of a result, `owner` is the lead, after `join_owner`.
    """

    count: int
    place: str
    owner: str
    join: str = ""
    where: str = ""
    join_owner: str = ""


@dataclass(frozen=True, slots=True)
class Native:
    """What native code can do with the tables that are prepared.

    It knows sessions only by whole numbers, `narrow` ones by such of 32 bits; `every_session` says that every event has one.
    `memory` is how many bytes it may take; what takes more is left to SQL, which can spill to disk.
    """

    places: Places
    integer_sessions: bool
    narrow_sessions: bool
    every_session: bool
    memory: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One number a lead: how many events meet a condition, or when the first or last of them happened.

    `bit` is the number of the condition, None where every event counts; `window` that of the span of the lead's own the
    event must lie in; it must have happened after `after_us`.
    """

    name: str
    kind: Literal["count", "first", "last"]
    bit: int | None
    window: int | None = None
    after_us: int | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """Whether some event that meets a condition is the last of `at_least` within a span.

    With a `grid`, in how many windows of the grid that begins at the anchor of that number there is one.
    """

    name: str
    bit: int | None
    at_least: int
    within_us: int
    after_us: int | None
    grid: int | None


@dataclass(frozen=True, slots=True)
class Depth:
    """The most names that the events of one session have together, of those that `slot` picks.

    Each name is a bit of what an event meets, from bit `first` on.
    """

    name: str
    slot: Slot
    first: int
    names: int


@dataclass(slots=True)
class OnePass:
    """Collects what the pass works out, and spells the rows it reads. Takes what it can and declines the rest.

    `anchors` are the instants of a lead that windows are counted from; a window lasts from an anchor and what is added to
    it until another. `used_bits` of what an event meets have a meaning.
    """

    selection: Selection
    audience: nodes.Audience | None
    native: Native
    slots: list[Slot] = field(default_factory=list)
    bursts: list[Burst] = field(default_factory=list)
    depths: list[Depth] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)
    windows: list[tuple[int, int, int, int]] = field(default_factory=list)
    conditions: dict[Picked, int] = field(default_factory=dict)
    used_bits: int = 0

    def aggregate(self, name: str, function: str, picked: Picked) -> str | None:
        """Return where an aggregate stands that the pass computes, None if it cannot."""
        if function not in _FUNCTIONS or not self._has_room(picked):
            return None
        self.slots.append(self._slot(name, _FUNCTIONS[function], picked))
        return f"{HOME}.{name}"

    def presence(self, picked: Picked) -> str | None:
        """Return whether any event is picked, None if the pass cannot tell: a single bit, of all that a lead met."""
        if picked != Picked(picked.codes, picked.also) or not self._has_room(picked):
            return None
        bit = self._bit(picked)
        return None if bit is None else f"{HOME}.met & {1 << bit} <> 0"

    def burst(self, name: str, picked: Picked, velocity: nodes.Velocity) -> str | None:
        """Return where the awards of bursts stand."""
        if not self._has_room(picked):
            return None
        grid = self._anchor("signup_us") if velocity.per_window else None
        after = velocity.expires_us
        since = None if after is None else (self.selection.frame.as_of_us or 0) - after
        self.bursts.append(Burst(name, self._bit(picked), velocity.at_least, velocity.within_us, since, grid))
        return f"{HOME}.{name}"

    def depth(self, name: str, picked: Picked) -> str | None:
        """Return where the most of the picked names in one session with an id stand."""
        codes = picked.codes or ()
        if not self.native.integer_sessions or self.used_bits + len(codes) >= MAX_BITS:
            return None
        which = replace(picked, codes=None) if not picked.also else picked
        slot = self._slot(name, "count", which)
        self.depths.append(Depth(name, slot, self.used_bits, len(codes)))
        for code in codes:
            self._give(self.used_bits, (code,))
            self.used_bits += 1
        return f"{HOME}.{name}"

    def _has_room(self, picked: Picked) -> bool:
        condition = Picked(picked.codes, picked.also)
        return condition == Picked() or condition in self.conditions or self.used_bits < MAX_BITS

    def _slot(self, name: str, kind: Literal["count", "first", "last"], picked: Picked) -> Slot:
        window = None if picked.window is None else self._window(picked.window)
        after = None if picked.within_us is None else (self.selection.frame.as_of_us or 0) - picked.within_us
        return Slot(name, kind, self._bit(picked), window, after)

    def _bit(self, picked: Picked) -> int | None:
        condition = Picked(picked.codes, picked.also)
        if condition == Picked():
            return None
        if condition not in self.conditions:
            self.conditions[condition] = self.used_bits
            if not condition.also:
                self._give(self.used_bits, condition.codes or ())
            self.used_bits += 1
        return self.conditions[condition]

    def _give(self, bit: int, codes: tuple[int, ...]) -> None:
        rows = self.selection.names.bits.setdefault(_MET, {})
        for code in codes:
            rows[code] = rows.get(code, 0) | 1 << bit

    def _window(self, given: nodes.Window) -> int:
        (start, later), (end, until) = self.selection.bounds(given)
        window = (self._anchor(start), later, self._anchor(end), until)
        if window not in self.windows:
            self.windows.append(window)
        return self.windows.index(window)

    def _anchor(self, instant: str) -> int:
        if instant not in self.anchors:
            self.anchors.append(instant)
        return self.anchors.index(instant)

    @property
    def places(self) -> Places:
        """How leads are numbered."""
        return self.native.places

    def is_narrow(self, depth: Depth) -> bool:
        """Return whether a session and the names in it are kept as one number."""
        return depth.names <= _NARROW and self.native.narrow_sessions

    def fits(self, events: int) -> bool:
        """Return whether native code can hold what it makes of so many events, even if all of them meet everything."""
        instants = sum(slot.kind != "count" for slot in self.slots)
        numbers = 1 + instants + len(self.anchors) + 2 * len(self.depths)
        counts = len(self.slots) - instants + len(self.bursts) + len(self.depths)
        a_lead = LINE * -(-(8 * numbers + 4 * counts) // LINE)
        # A place and the value, then the values once more in order of places; bursts and depths have values of their own.
        an_event = sum(4 + 8 * 2 * (1 if self.is_narrow(d) else 2) for d in self.depths) + (4 + 8 * 2) * len(
            self.bursts
        )
        return events <= MOST_EVENTS and a_lead * self.places.count + an_event * events <= self.native.memory

    def events(self) -> str:
        """Return the query for the visible events: the lead's place, when, what they meet, and the session."""
        met = [f"COALESCE({_MET}, 0)"] if _MET in self.selection.names.bits else []
        asked = {bit: self.selection.text(condition) for condition, bit in self.conditions.items() if condition.also}
        met += [f"CASE WHEN {holds} THEN {1 << bit} ELSE 0 END" for bit, holds in asked.items()]
        statement = Statement()
        add_seen(statement, self.selection, every_event=True)
        columns = ["at_us", f"CAST({' | '.join(met) or '0'} AS BIGINT) AS met"]
        if self.depths:
            columns.append("CAST(session_id AS BIGINT) AS session")
        return self._beside_places(statement, SEEN, columns)

    def instants(self) -> str:
        """Return the query for the instants that windows are counted from: the lead's place, then each anchor."""
        statement = Statement()
        add_lead(statement, self.selection, self.audience)
        return self._beside_places(statement, "lead", [f"{a} AS anchor_{i}" for i, a in enumerate(self.anchors)])

    def _beside_places(self, statement: Statement, source: str, columns: list[str]) -> str:
        place = f"CAST({self.places.place} AS INTEGER) AS place"
        return statement.text(select([place, *columns], source, self.places.join, self.places.where))

    def found(self, results: str) -> str:
        """Return the query that names the columns of the results: place, what was met, slots, bursts and depths."""
        names = [*[s.name for s in self.slots], *[b.name for b in self.bursts], *[d.name for d in self.depths]]
        instants = {s.name for s in self.slots if s.kind != "count"}
        columns = [f"{self.places.owner} AS g", "c1 AS met"]
        for i, name in enumerate(names, 2):
            columns.append(f"{f'nullif(c{i}, {NONE})' if name in instants else f'c{i}'} AS {name}")
        return select(columns, f"(SELECT c0 AS place, * FROM {results}) AS found", self.places.join_owner)
