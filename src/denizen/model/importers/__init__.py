"""Scoring definitions of other tools, read as Denizen models: one module a source.

Nothing is guessed in silence: every rule that was read is carried, changed or dropped, each with its reason and place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.errors import fail
from denizen.model.importers.draft import Imported
from denizen.model.importers.hubspot import read_hubspot
from denizen.model.importers.mautic import read_mautic
from denizen.model.importers.rubric import read_rubric

if TYPE_CHECKING:
    from collections.abc import Callable

    from denizen.model.importers.draft import Draft

KINDS: dict[str, Callable[[str, str], Draft]] = {
    "hubspot": read_hubspot,
    "mautic": read_mautic,
    "rubric": read_rubric,
}
MAX_CHARACTERS = 5_000_000


def import_text(kind: str, text: str, file: str) -> Imported:
    """Return the model that a definition of another tool becomes, and what became of each of its rules.

    Raises:
        DenizenError: the text is not of the shape its source documents, or holds no rule at all.
    """
    if kind not in KINDS:
        raise fail("bad-argument", f"there is no importer `{kind}`; allowed: {', '.join(KINDS)}")
    if len(text) > MAX_CHARACTERS:
        message = f"{len(text):,} characters; a scoring definition has at most {MAX_CHARACTERS:,}"
        raise fail("import-shape", message, file=file)
    return KINDS[kind](text, file).finish()


__all__ = ["KINDS", "Imported", "import_text"]
