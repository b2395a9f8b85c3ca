"""Which files a command reads, so that it writes over none of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from denizen.errors import DenizenError, fail
from denizen.ingest.files import files_of
from denizen.ingest.project import FILE_NAME
from denizen.model.load import LoadedModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.ingest.project import Data


def inputs_of(data: Data, *models: str | LoadedModel | None) -> list[object]:
    """Return what is read: the tables, each model with the files that its segments name, and the project file beside it."""
    found: list[object] = [data.leads, data.events, data.accounts, data.outcomes, data.attributes_history]
    for model in models:
        file = model.file if isinstance(model, LoadedModel) else model
        if file is None:
            continue
        beside = Path(file).parent
        found += [file, str(beside / FILE_NAME)]
        if isinstance(model, LoadedModel):
            found += [str(beside / s.model) for s in model.spec.segments or () if s.model is not None]
    return found


def refuse_inputs(outputs: Iterable[str | None], inputs: Iterable[object]) -> None:
    """Refuse an output that is an input or another output, whatever it is called: links and globs are followed.

    Raises:
        DenizenError: a file would be written over.
    """
    read = [*inputs]
    taken: set[str] = set()
    for path in outputs:
        if path is None:
            continue
        place = str(Path(path).resolve())
        if place in taken or _is_read(path, read):
            raise fail("bad-argument", f"{path}: is an input or another output already")
        taken.add(place)


def _is_read(path: str, inputs: list[object]) -> bool:
    if any(str(Path(i).resolve()) == str(Path(path).resolve()) for i in inputs if isinstance(i, str | Path)):
        return True
    try:
        return Path(path).exists() and any(Path(path).samefile(file) for file in _files(inputs))
    except (OSError, ValueError):
        return False


def _files(inputs: list[object]) -> Iterator[str]:
    """Yield the files of paths, folders and globs; what is not there is told where it is read."""
    for given in inputs:
        if not isinstance(given, str | Path):
            continue
        try:
            yield from files_of(str(given))
        except (DenizenError, OSError, ValueError):
            continue
