"""Rules about velocity: what a burst gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.lint.measures import impossible_property
from denizen.model.lint.names import key_names
from denizen.model.lint.reach import ZERO, can_have_key_actions, velocity_bounds
from denizen.model.lint.rule import Remark, Rule
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.lint.rule import Subject
    from denizen.model.lint.seen import Seen
    from denizen.model.spec import Behavior


def velocity_unreachable(subject: Subject) -> Iterator[Remark]:
    """A bonus that nobody can earn."""
    for reach in subject.behavior:
        behavior = reach.section.behavior
        if behavior is None or behavior.velocity is None:
            continue
        bonus = velocity_bounds(behavior.velocity, reach.positive)
        reason = _unreachable(behavior, subject.seen)
        if reason is None and bonus.low == bonus.high == ZERO:
            reason = "the bonus is always 0"
        if reason is not None:
            yield Remark((*reach.section.path, "velocity"), reason, at_key=True)


def _unreachable(behavior: Behavior, seen: Seen) -> str | None:
    """Return why no burst can be reached. One event can be repeated, so one possible key action is enough."""
    if not can_have_key_actions(behavior):
        keys = {name: impossible_property(c.where) for name, c in behavior.criteria.items() if c.key}
        listed = ", ".join(f"`{name}` asks too much of `{path}`" for name, path in keys.items())
        return f"no event can be a key action: {listed}"
    names = key_names(behavior)
    if seen.events and names is not None and not names & set(seen.events):
        return f"none of the key actions ever occurs in the data: {', '.join(f'`{n}`' for n in sorted(names))}"
    return None


def velocity_size(subject: Subject) -> Iterator[Remark]:
    """A bonus larger than everything it rewards."""
    for reach in subject.behavior:
        velocity = reach.section.behavior.velocity if reach.section.behavior else None
        if velocity is None:
            continue
        bonus = velocity.points
        if bonus is None:
            bonus = (velocity.multiplier or ZERO) * reach.positive
        if bonus > reach.positive > ZERO:
            message = (
                f"one burst gives {plain(bonus)} points, more than all criteria together ({plain(reach.positive)})"
            )
            yield Remark((*reach.section.path, "velocity"), message, at_key=True)


_MODEL = """model: m
behavior:
  criteria:
    exports: {count: exported, where: {rows: {more_than: 100, WHERE}}, points: 60, key: true}
  velocity: {at_least: 5, within: 48h, points: BONUS}
"""
RULES = (
    Rule(
        code="velocity-unreachable",
        level="warning",
        title="No sequence of events can earn the velocity bonus",
        rationale="Any event may be repeated, so a burst fails only where no event at all can be a key action: what their"
        " `where` asks for contradicts itself, the bonus is 0, or (with data) none of them ever occurs.",
        source="semantics, section 3, step 3",
        mend="Mend the `where` of the criteria marked `key: true`, or name other events in `velocity.of`.",
        bad=_MODEL.replace("WHERE", "less_than: 50").replace("BONUS", "25"),
        good=_MODEL.replace("WHERE", "less_than: 500").replace("BONUS", "25"),
        check=velocity_unreachable,
    ),
    Rule(
        code="velocity-size",
        level="info",
        title="The velocity bonus outweighs what it rewards",
        rationale="The bonus is usually 25 to 50 percent of the points of the actions, at most 100.",
        source="methodology, section 3, scoring weight distribution",
        mend="Lower `points` or `multiplier` of velocity.",
        bad=_MODEL.replace("WHERE", "less_than: 500").replace("BONUS", "75"),
        good=_MODEL.replace("WHERE", "less_than: 500").replace("BONUS", "25"),
        check=velocity_size,
    ),
)
