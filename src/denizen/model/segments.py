"""What a segment makes of a model: its own words on top of the rest of the file (semantics, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.model.source import Source
from denizen.model.spec import SEGMENTED

if TYPE_CHECKING:
    from denizen.model.source import Path


def segment_source(source: Source, index: int) -> Source:
    """Return the model file as it is for the leads of one segment, every value with the place where it stands.

    Sections are merged key by key and their criteria by name; a criterion, a decay, a velocity and the like are said
    anew as a whole. A key with nothing behind it leaves out what the rest of the file has there.
    """
    segment: Path = ("segments", index)
    whole = Source(source.file, {k: v for k, v in source.data.items() if k != "segments"})
    whole.keys = {p: place for p, place in source.keys.items() if p[:1] != ("segments",)}
    whole.values = {p: place for p, place in source.values.items() if p[:1] != ("segments",)}
    given = source.at(segment)
    whole.segment, whole.own = segment, {*given.keys, *given.values} - {()}
    for key in SEGMENTED:
        if key not in given.data:
            continue
        if given.data[key] is None:
            whole.data.pop(key, None)
        else:
            whole.data[key] = _merged(whole, (key,), whole.data.get(key), given, given.data[key])
    return whole


def segment_place(source: Source, index: int, path: Path) -> Path:
    """Return where in the file a value of the model of a segment stands: in the segment itself, or in the rest."""
    given: Any = source.data["segments"][index]
    for part in path:
        if given is None or not isinstance(given, dict | list):
            break  # one name stands without its list
        within = given if isinstance(given, dict) else dict(enumerate(given))
        if part not in within:
            return path
        given = within[part]
    return "segments", index, *path


def _merged(whole: Source, path: Path, base: Any, given: Source, override: Any) -> Any:
    if isinstance(base, dict) and isinstance(override, dict) and _is_section(path):
        _take(whole, path, given, path)
        merged = dict(base)
        for key, value in override.items():
            here = (*path, key)
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = _merged(whole, here, base.get(key), given, value)
        return merged
    for places in (whole.keys, whole.values):
        for stale in [p for p in places if p[: len(path)] == path]:
            del places[stale]
    for places, known in ((whole.keys, given.keys), (whole.values, given.values)):
        places.update({p: place for p, place in known.items() if p[: len(path)] == path})
    return override


def _is_section(path: Path) -> bool:
    """Return whether a mapping is merged: a section, a product, or the criteria of one."""
    return len(path) == 1 or path[1:] == ("criteria",) or (path[0] == "products" and path[2:] in {(), ("criteria",)})


def _take(whole: Source, path: Path, given: Source, at: Path) -> None:
    for places, known in ((whole.keys, given.keys), (whole.values, given.values)):
        if at in known:
            places[path] = known[at]
