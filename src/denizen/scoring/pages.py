"""Pages out: one HTML file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from denizen.errors import fail
from denizen.scoring.inputs import refuse_inputs
from denizen.whole_files import whole_file


def check_page(path: str | None, inputs: list[object]) -> None:
    """Refuse the path of a page before any work is done.

    Raises:
        DenizenError: it is no .html file, its folder does not exist, or it is an input.
    """
    if path is None:
        return
    if not path.lower().endswith((".html", ".htm")):
        raise fail("bad-argument", f"{path}: write the page to a file ending in .html")
    place = Path(path)
    if place.is_dir() or not place.absolute().parent.is_dir():
        raise fail("bad-argument", f"{path}: {'is a folder' if place.is_dir() else 'the folder does not exist'}")
    refuse_inputs([path], inputs)


def write_page(path: str, page: str) -> None:
    """Write a page.

    Raises:
        DenizenError: the file cannot be written.
    """
    with whole_file(path) as draft:
        draft.write_text(page, encoding="utf-8")
