"""A criterion speaks in its own words: what other criteria, segments or models name cannot change what it sees.

Ingest keeps a value that anything scored in one run names (`US` beside `United States`), in one column for all. So a
condition is told which of those words mean one of its own, read as if its criterion stood alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from denizen.ingest.derive.reading import meaning_of_own
from denizen.ingest.derive.recipes import RECIPES
from denizen.ingest.derive.vocabulary import spelled_as
from denizen.ingest.project import AttributeRule
from denizen.model.values import Literal, normalize
from denizen.plan import nodes
from denizen.plan.needs import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from denizen.ingest.derive.reading import Meaning
    from denizen.sql.tables import Tables

_LITERAL = ("is", "in", "is_not", "not_in", "contains", "contains_any", "contains_all")


def in_own_words(program: nodes.Program, tables: Tables, rules: Mapping[str, AttributeRule]) -> nodes.Program:
    """Return the program with, at each condition, what other words mean to it.

    Args:
        program: what a model computes.
        tables: the columns that are read; their attributes know every word that is named in the run.
        rules: how the project file wants attributes read.
    """
    reader = _Reader(tables, rules)
    variants = tuple(replace(v, plans=tuple(map(reader.plan, v.plans))) for v in program.variants)
    account = replace(program.account, facts=reader.plan(program.account.facts))
    return replace(program, variants=variants, account=account)


class _Reader:
    def __init__(self, tables: Tables, rules: Mapping[str, AttributeRule]) -> None:
        self.tables = tables
        self.rules = rules

    def plan(self, plan: nodes.Plan) -> nodes.Plan:
        ceiling, audience = plan.ceiling, plan.audience
        if ceiling is not None:
            ceiling = replace(ceiling, when=self._predicates(ceiling.when))
        if audience is not None:
            earlier = tuple(map(self._predicates, audience.earlier))
            audience = replace(audience, when=self._predicates(audience.when), earlier=earlier)
        return replace(
            plan,
            criteria=tuple(map(self._criterion, plan.criteria)),
            gates=replace(plan.gates, require=self._predicates(plan.gates.require)),
            ceiling=ceiling,
            audience=audience,
        )

    def _criterion(self, criterion: nodes.Criterion) -> nodes.Criterion:
        measure, scoring = criterion.measure, criterion.scoring
        if not isinstance(measure, nodes.Attribute) or not isinstance(scoring, nodes.Bands):
            return criterion
        own = words_of(c for band in scoring.bands for c in band.conditions)
        bands = (replace(b, conditions=self._conditions(measure.name, own, b.conditions)) for b in scoring.bands)
        return replace(criterion, scoring=nodes.Bands(tuple(bands)))

    def _predicates(self, predicates: tuple[nodes.Predicate, ...]) -> tuple[nodes.Predicate, ...]:
        return tuple(
            replace(p, conditions=self._conditions(p.subject, words_of(p.conditions), p.conditions)) for p in predicates
        )

    def _conditions(
        self, name: str, own: frozenset[str], conditions: Iterable[nodes.Condition]
    ) -> tuple[nodes.Condition, ...]:
        others = self._others(name, own)
        return tuple(self._told(c, others) if others and c.operator in _LITERAL else c for c in conditions)

    def _told(self, condition: nodes.Condition, others: dict[str, list[str]]) -> nodes.Condition:
        words = sorted(words_of([condition]))
        return replace(condition, also=tuple((w, Literal.of(other)) for w in words for other in others.get(w, ())))

    def _others(self, name: str, own: frozenset[str]) -> dict[str, list[str]]:
        """Return, by word of a criterion, the words that others name and that mean it."""
        value = self.tables.attributes.get(name)
        foreign = value.forms.named - own if value is not None and own else frozenset()
        if not foreign or (meaning := self._meaning(name, own)) is None:
            return {}
        found: dict[str, list[str]] = {}
        for word in sorted(foreign):
            meant = meaning(word)
            if meant is not None and normalize(meant) in own:
                found.setdefault(normalize(meant), []).append(word)
        return found

    def _meaning(self, name: str, own: frozenset[str]) -> Meaning | None:
        rule, forms = self.rules.get(name, AttributeRule()), replace(self.tables.attributes[name].forms, named=own)
        read = meaning_of_own(name, forms, rule)
        return (lambda said: spelled_as(own, said)) if read is None and name in RECIPES and rule.derive else read
