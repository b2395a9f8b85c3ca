"""Read a model file and report every problem at once, each with its place and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from denizen.errors import DenizenError, did_you_mean, fail
from denizen.model import spec
from denizen.model.fingerprint import fingerprint, metadata_fingerprint
from denizen.model.rules import check_model
from denizen.model.segments import segment_source
from denizen.model.size import size_of
from denizen.model.source import parse_yaml

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from denizen.errors import Finding
    from denizen.model.source import Path as Place
    from denizen.model.source import Source

LONGEST_SHOWN = 80
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LoadedSegment:
    """A segment: for whom it is, and the whole model that holds for them."""

    name: str
    when: dict[str, spec.Condition]
    spec: spec.Model


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that passed every check, and the file it came from."""

    spec: spec.Model
    file: str
    segments: tuple[LoadedSegment, ...] = ()

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.spec.model

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change when a score could."""
        return fingerprint(self.spec, {s.name: (s.when, s.spec) for s in self.segments})

    @property
    def metadata_fingerprint(self) -> str:
        """Twelve hex digits that change with the title, the version and the order of the criteria."""
        return metadata_fingerprint(self.spec)

    def __repr__(self) -> str:
        return f"<denizen model {self.name} ({self.fingerprint}): {size_of(self.spec)}>"


def load_model(source: str | Path | LoadedModel) -> LoadedModel:
    """Load a model from a path, or from YAML text (anything with a line break).

    Raises:
        DenizenError: the file cannot be read, or has problems; all of them are in `findings`.
    """
    if isinstance(source, LoadedModel):
        return source
    if not isinstance(source, str | Path):
        raise fail("bad-argument", f"a model is a path, YAML text or a loaded model, not {type(source).__name__}")
    if isinstance(source, str) and "\n" in source:
        return parse_model(source, "<text>")
    return parse_model(read_text(source), str(source))


def read_text(path: str | Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte-order mark."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(
            "file-unreadable", f"not UTF-8 text (byte {error.start}); save it as UTF-8", file=str(path)
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise fail("file-unreadable", f"cannot read: {reason}", file=str(path)) from None


def parse_model(text: str, file: str) -> LoadedModel:
    """Return the model of a YAML text.

    Raises:
        DenizenError: with every finding of level error.
    """
    return model_from(parse_yaml(text, file))


def model_from(source: Source) -> LoadedModel:
    """Return the model of YAML that has been read.

    Raises:
        DenizenError: with every finding of level error.
    """
    model, findings = _checked(source)
    segments: list[LoadedSegment] = []
    if model is not None and not any(f.path.startswith("segments") for f in findings):
        whole = not findings
        for i, segment in enumerate(model.segments or ()):
            found, problems = _segment(source, i, segment)
            findings += [f for f in problems if whole or f.file != source.file or f.path.startswith("segments")]
            segments += [LoadedSegment(segment.name, segment.when, found)] if found is not None else []
    if findings:
        raise DenizenError(sorted(_unique(findings), key=lambda f: (f.file or "", f.line or 0, f.column or 0)))
    assert model is not None  # noqa: S101  no findings means a model
    return LoadedModel(model, source.file, tuple(segments))


def _checked(source: Source) -> tuple[spec.Model | None, list[Finding]]:
    model, shape = validate(spec.Model, source)
    findings = [*source.findings, *shape]
    if model is not None:
        findings += check_model(model, source, whole=not findings)
    return model, findings


def _segment(source: Source, index: int, segment: spec.Segment) -> tuple[spec.Model | None, list[Finding]]:
    """Return the whole model of one segment, and what is wrong with it."""
    if segment.model is None:
        return _checked(segment_source(source, index))
    place: Place = ("segments", index, "model")
    folder = Path(source.file).parent
    path = folder / segment.model
    if not _lies_in(folder, path):
        message = "the model of a segment lies in the folder of this file or below; put it there"
        return None, [source.finding("wrong-value", place, message)]
    try:
        other = parse_yaml(read_text(path), str(path))
    except DenizenError as error:
        return None, [source.finding("file-unreadable", place, str(f.message)) for f in error.findings]
    model, findings = _checked(other)
    if model is not None and model.segments:
        findings.append(
            source.finding("misplaced-key", place, "the model of a segment cannot have segments of its own")
        )
    return model, findings


def _lies_in(folder: Path, path: Path) -> bool:
    """Return whether a file lies in a folder or below, links followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def validate(shape: type[T], source: Source) -> tuple[T | None, list[Finding]]:
    """Return the typed data, or what is left of it once the broken parts are cut out, and the findings."""
    if not isinstance(source.data, dict):
        # A file that is none of ours is not quoted: it may be anything.
        found = "a text" if isinstance(source.data, str) else _kind(source.data)
        return None, [source.finding("wrong-value", (), f"expected keys and values, found {found}")]
    findings: list[Finding] = []
    data: Any = source.data
    for _ in range(100):
        try:
            return shape.model_validate(data), findings
        except ValidationError as error:
            details = error.errors(include_url=False)
            if not findings:
                findings = _unique([_finding(shape, source, d) for d in details])
            places = [_place(source, d["loc"]) for d in details]
            if any(len(p) == 0 for p in places):
                return None, findings
            absent = {
                p[0]: "missing" for p, d in zip(places, details, strict=True) if d["type"] == "missing" and len(p) == 1
            }
            data = {**_without(data, places), **absent}
    return None, findings


def _unique(findings: list[Finding]) -> list[Finding]:
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.line, finding.column, finding.message), finding)
    return list(seen.values())


def _place(source: Source, loc: tuple[int | str, ...]) -> Place:
    """Return the part of a pydantic location that exists in the file (it also names types and union members)."""
    place: Place = ()
    for part in loc:
        here = (*place, part)
        if here in source.values or here in source.keys:
            place = here
        elif part == loc[-1] and isinstance(part, str) and isinstance(_at(source.data, place), dict):
            return here
    return place


def _at(data: Any, place: Place) -> Any:
    for part in place:
        data = data[part]
    return data


def _without(data: Any, places: list[Place]) -> Any:
    """Return a copy of the data with the innermost criterion, section key or top key of each place cut out."""
    cut = {_unit(p) for p in places}

    def copy(node: Any, here: Place) -> Any:
        if isinstance(node, dict):
            return {k: copy(v, (*here, k)) for k, v in node.items() if (*here, k) not in cut}
        if isinstance(node, list):
            return [copy(v, (*here, i)) for i, v in enumerate(node) if (*here, i) not in cut]
        return node

    return copy(data, ())


def _unit(place: Place) -> Place:
    """Return the innermost criterion, product, segment, section key or top key around a place."""
    if "criteria" in place[1:3]:
        return place[: place.index("criteria") + 2]
    return place[:3] if place[:1] == ("products",) else place[:2]


def _finding(shape: type[BaseModel], source: Source, detail: ErrorDetails) -> Finding:
    place = _place(source, detail["loc"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = sorted(_keys_at(shape, place[:-1]))
        hint = did_you_mean(str(place[-1]), known) or f"allowed: {', '.join(known)}"
        return source.finding("unknown-key", place, f"unknown key `{place[-1]}`; {hint}", at_key=True)
    if kind == "missing":
        return source.finding("missing-key", place, f"`{detail['loc'][-1]}` is missing")
    if place and place[-1] == "matches" and kind == "value_error":
        return source.finding("bad-pattern", place, _message(detail))
    if place and _at_key(detail):
        return source.finding("wrong-value", place, _message(detail), at_key=True)
    return source.finding("wrong-value", place, _message(detail))


def _at_key(detail: ErrorDetails) -> bool:
    return detail["loc"][-1:] == ("[key]",)


def _keys_at(shape: type[BaseModel], place: Place) -> set[str]:
    """Return the keys the syntax allows at a place, by walking the types the way the file was walked."""
    from denizen.model.schema import keys_at

    return keys_at(shape, place)


def _message(detail: ErrorDetails) -> str:
    found = _kind(detail["input"])
    if _at_key(detail) and detail["type"] == "string_pattern_mismatch":
        return f"{found} is no name; a name starts with a letter and has letters, digits, `_`, `.` and `-` only"
    messages = {
        "value_error": str(detail.get("ctx", {}).get("error", "")),
        "literal_error": f"found {found}; allowed: {detail.get('ctx', {}).get('expected', '')}",
        "bool_type": f"found {found}; allowed: true, false",
        "string_type": f"expected a text, found {found}",
        "list_type": f"expected a list, found {found}",
        "tuple_type": f"expected a list, found {found}",
        "dict_type": f"expected keys and values, found {found}",
        "model_type": f"expected keys and values, found {found}",
        "int_type": f"expected a whole number, found {found}",
        "too_short": _empty(detail) if detail["type"] == "too_short" else "",
        "string_too_short": "the text is empty",
        "string_pattern_mismatch": (
            f"{found} is no name; a name starts with a letter and has letters, digits, `_`, `.` and `-` only"
        ),
    }
    kind = detail["type"]
    text = messages.get(kind) or f"{detail['msg'].lower()}, found {found}"
    return f"{text}; quote it if it is a text" if kind == "string_type" and not _nested(detail["input"]) else text


def _empty(detail: ErrorDetails) -> str:
    if not isinstance(detail["input"], dict):
        least, there = detail["ctx"]["min_length"], len(detail["input"])
        return "the list is empty" if least == 1 else f"expected at least {least} steps, found {there}"
    if _is_events_of_product(detail["loc"]):
        product = detail["loc"][1]
        return (
            "it says of no event that it is this product's; leave `events` out for those whose property `product` is"
            f" `{product}`, or write a predicate on a property, such as `{{product: NAME}}`"
        )
    return "there is no key in it; write at least one, or leave it out"


def _is_events_of_product(place: tuple[int | str, ...]) -> bool:
    return len(place) == len(("products", "NAME", "events")) and place[0] == "products" and place[2] == "events"


def _nested(value: Any) -> bool:
    return value is None or isinstance(value, list | dict)


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
