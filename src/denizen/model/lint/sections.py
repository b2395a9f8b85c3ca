"""The parts of a model that hold criteria, so that a rule looks at each alike, wherever it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.model.rules import behaviors_of, criteria_of
from denizen.model.spec import Account, Behavior, Fit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.source import Path
    from denizen.model.spec import Criterion, Model


@dataclass(frozen=True, slots=True)
class Section:
    """A fit, behavior, product or account section and where it stands."""

    path: Path
    spec: Fit | Behavior | Account

    @property
    def behavior(self) -> Behavior | None:
        """The section, if it is one of behavior."""
        return self.spec if isinstance(self.spec, Behavior) else None

    def criteria(self) -> Iterator[tuple[Path, Criterion]]:
        """Yield every criterion with its place."""
        for name, criterion in self.spec.criteria.items():
            yield (*self.path, "criteria", name), criterion


def behaviors(model: Model) -> list[Section]:
    """Return every behavior section of a model: the one, or that of each product."""
    return [Section(path, spec) for path, spec in behaviors_of(model)]


def criteria(model: Model) -> Iterator[tuple[Path, Criterion]]:
    """Yield every criterion of a model with its place."""
    for path, _, criterion in criteria_of(model):
        yield path, criterion
