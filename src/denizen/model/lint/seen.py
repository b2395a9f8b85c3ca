"""What the data holds of what a model asks for: facts for lint, gathered by `denizen.scoring.check`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Values:
    """The known values of one attribute or property: how many, how many read as numbers, and the distinct texts.

    `texts` are normalized and `words` are the elements of lists; they are cut off (`all_texts` is then False) where
    there are too many to compare. `unread` values of an attribute read as no number where the model compares with one,
    and are no word that it names: `unread_texts` are a few of these.
    """

    known: int = 0
    numbers: int = 0
    texts: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    all_texts: bool = True
    unread: int = 0
    unread_texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked for in the data; a part that was not given is None.

    `events` are the rows of each event name. `properties` are, by path and then by event name, the values found.
    `attributes` are the values of each attribute of the model, `columns` all names that leads or accounts have.
    `apart` are the columns of accounts where no lead belongs to any of them.
    `products` are, by product of the model, the rows of each event name; `strangers` the rows of no product, by what
    their property `product` says, the empty text where it says nothing.
    """

    events: dict[str, int] | None = None
    properties: dict[str, dict[str, Values]] = field(default_factory=dict)
    attributes: dict[str, Values] | None = None
    columns: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    products: dict[str, dict[str, int]] = field(default_factory=dict)
    strangers: dict[str, int] = field(default_factory=dict)
