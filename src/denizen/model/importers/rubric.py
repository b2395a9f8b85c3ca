"""A scoring rubric in a spreadsheet: CSV with the columns criterion, condition and points.

Rows of one criterion that look at the same thing become its bands. Optional columns: `section` (fit or behavior),
`key` and `disqualifies` (yes or no).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from denizen.errors import fail
from denizen.model.importers.draft import Draft, fate_of
from denizen.model.importers.reading import Row, header_of, read_csv, read_points, shown
from denizen.model.importers.report import Line, NotCarriedError
from denizen.model.importers.rubric_words import Meaning, plain_words, read_condition
from denizen.model.writing import Noted

if TYPE_CHECKING:
    from denizen.model.importers.draft import Part

CRITERION = ("criterion", "criteria", "rule", "name")
CONDITION = ("condition", "threshold", "when")
POINTS = ("points", "score", "pts")
YES = ("yes", "y", "true", "1", "x")
FIT_DEFAULT = Decimal(50)
ALL_KEYS = "no row is marked in a column key, so every event that gives points is a key action"
ORDERED = (
    "rows of a criterion that look at the same thing are tried from the narrowest to the widest, and the first that holds"
    " counts"
)


@dataclass(slots=True)
class Group:
    """The rows of one criterion that look at the same thing."""

    part: Part
    called: str
    base: dict[str, Any]
    disqualifies: bool
    rows: list[tuple[list[dict[str, Any]], Line]] = field(default_factory=list)
    key: bool = False

    @property
    def most(self) -> Decimal | None:
        """The most points it can give; None without a limit."""
        if "each" in self.base:
            return None if self.base["points"] > 0 else Decimal(0)
        points: list[Decimal] = [band["points"] for bands, _ in self.rows for band in bands]
        return max([Decimal(0), *points])


def read_rubric(text: str, file: str) -> Draft:
    """Return the draft of a rubric.

    Raises:
        DenizenError: it is no CSV, or lacks a column.
    """
    rows = read_csv(text, file)
    have = header_of(text)
    missing = [names for names in (CRITERION, CONDITION, POINTS) if not set(have) & set(names)]
    if missing:
        listed = "; ".join(f"`{names[0]}` (or {', '.join(names[1:])})" for names in missing)
        count = "1 column is" if len(missing) == 1 else f"{len(missing)} columns are"
        found = ", ".join(shown(n) for n in have if n) or "none"
        raise fail("import-shape", f"{count} missing: {listed}; found {found}", file=file)
    return _Rubric(file).read(rows)


class _Rubric:
    def __init__(self, file: str) -> None:
        self.draft = Draft("rubric", file, title="imported rubric")
        self.groups: list[Group] = []
        self.velocity: list[tuple[dict[str, Any], Line]] = []
        self.every = False

    def read(self, rows: list[Row]) -> Draft:
        for row in rows:
            called = row.get(*CRITERION) or f"row {row.line}"
            said = f"{called}: {row.get(*CONDITION)} = {row.get(*POINTS)}"
            try:
                self._row(row, called, said)
            except NotCarriedError as error:
                part: Part = "fit" if plain_words(row.get("section")).lower() == "fit" else "behavior"
                self.draft.drop(part, said, f"line {row.line}", str(error))
        self._write()
        self._velocity()
        self._gates()
        self.draft.report.lines.sort(key=lambda line: int(line.place.removeprefix("line ")))
        return self.draft

    def _row(self, row: Row, called: str, said: str) -> None:
        points = self._points(row.get(*POINTS))
        meaning = read_condition(row.get(*CONDITION), called)
        place = f"line {row.line}"
        line = fate_of(said, place, meaning.assumed)
        if meaning.measure == "velocity":
            if points <= 0:
                raise NotCarriedError("the bonus of a burst is more than 0 points")
            self.velocity.append(({**meaning.base, "points": points}, line))
        elif meaning.measure == "decay":
            self._decay(meaning, points, line)
        else:
            self._criterion(row, called, meaning, points, line)

    def _points(self, text: str) -> Decimal:
        plain = plain_words(text).replace("+", "", 1) if plain_words(text).startswith("+") else plain_words(text)
        points = None if "," in plain or " " in plain else read_points(plain)
        if points is None:
            raise NotCarriedError(f"{shown(text)} is no number of points; write 15, -10 or 2.5")
        return points

    def _decay(self, meaning: Meaning, points: Decimal, line: Line) -> None:
        if points >= 0:
            raise NotCarriedError("decay takes points, so they are below 0")
        if any(item.name == "decay" for item in self.draft.settings["behavior"]):
            raise NotCarriedError("behavior has one decay, and it stands above")
        self.draft.set("behavior", "decay", {"points": -points, **meaning.base}, line)

    def _criterion(self, row: Row, called: str, meaning: Meaning, points: Decimal, line: Line) -> None:
        part = self._part(row, meaning)
        disqualifies = row.get("disqualifies").lower() in YES
        if "each" in meaning.base:
            base = {**meaning.base, "points": points}
            self.groups.append(Group(part, called, base, disqualifies, [([], line)]))
            return
        group = next(
            (g for g in self.groups if (g.part, g.called.lower(), g.base) == (part, called.lower(), meaning.base)), None
        )
        if group is None:
            group = Group(part, called, meaning.base, disqualifies)
            self.groups.append(group)
        known = [{k: v for k, v in band.items() if k != "points"} for bands, _ in group.rows for band in bands]
        if any(band in known for band in meaning.bands):
            raise NotCarriedError("the same condition of this criterion stands above")
        group.rows.append(([{**band, "points": points} for band in meaning.bands], line))
        group.disqualifies |= disqualifies
        group.key |= row.get("key").lower() in YES

    def _part(self, row: Row, meaning: Meaning) -> Part:
        section = plain_words(row.get("section")).lower()
        if section not in ("", "fit", "behavior", "behaviour", "behavioral"):
            raise NotCarriedError(f"the section {shown(section)} is neither fit nor behavior")
        if not section:
            usage = meaning.measure == "attribute" and str(meaning.base.get("attribute", "")).endswith("_percent")
            return "fit" if meaning.measure == "attribute" and not usage else "behavior"
        if section == "fit" and meaning.measure != "attribute":
            raise NotCarriedError("fit looks at attributes, never at events")
        return "fit" if section == "fit" else "behavior"

    def _write(self) -> None:
        every = bool(self.velocity) and not any(g.key for g in self.groups)
        written: dict[str, list[tuple[str, Group]]] = {}
        for group in self.groups:
            criterion: dict[str, Any] = dict(group.base)
            bands = sorted((b for bs, _ in group.rows for b in bs), key=_width)
            if bands:
                criterion["bands"] = bands
            short = len(bands) == 1 and bands[0].keys() == {"at_least", "points"} and bands[0]["at_least"] == 1
            if short and "count" in group.base:
                criterion["points"] = criterion.pop("bands")[0]["points"]
            positive = any(b["points"] > 0 for b in bands)
            if group.key or (every and positive and "attribute" not in group.base):
                criterion["key"] = True
            if group.disqualifies:
                criterion["disqualifies"] = True
            name = self.draft.add(group.part, group.called, criterion, [line for _, line in group.rows])
            if name:
                written.setdefault(group.called.lower(), []).append((name, group))
        self.every = every
        if any(len(g.rows) > 1 for g in self.groups):
            self.draft.note(f"{ORDERED[0].upper()}{ORDERED[1:]}.")
        for parted in written.values():
            if len(parted) > 1:
                self.draft.note(_add_up(parted))

    def _velocity(self) -> None:
        keyed = any(isinstance(item.data, dict) and item.data.get("key") for item in self.draft.criteria["behavior"])
        for i, (data, line) in enumerate(self.velocity):
            if i or not keyed:
                reason = "there is one velocity bonus, and it stands above" if i else "no row counts a key action"
                self.draft.drop("behavior", line.rule, line.place, reason)
            else:
                because = [ALL_KEYS] if self.every else []
                self.draft.set("behavior", "velocity", data, fate_of(line.rule, line.place, because))

    def _gates(self) -> None:
        has_fit = any(item.data is not None for item in self.draft.criteria["fit"])
        self.draft.pql = Noted(
            "pql",
            {"total": 80, "fit": 15 if has_fit else 0, "behavior": 40},
            ["A rubric has no gates: these are the methodology's; set your own."],
        )
        self.draft.note(
            "A rubric has no gates for a PQL; the gates in the file are the methodology's, so set your own."
        )
        best = sum((max([b["points"] for b in bands], default=Decimal(0)) for bands in self._fit_bands()), Decimal(0))
        if best > FIT_DEFAULT:
            self.draft.note(
                f"Fit could reach {best} points, and is limited to {FIT_DEFAULT}; set fit.max if it should not be."
            )

    def _fit_bands(self) -> list[list[dict[str, Any]]]:
        bands = [item.data["bands"] for item in self.draft.criteria["fit"] if item.data and "bands" in item.data]
        return [[b for b in listed if b["points"] > 0] for listed in bands]


def _add_up(parted: list[tuple[str, Group]]) -> str:
    """Say that one criterion of the rubric became several, which all count for one lead."""
    lines = ", ".join(line.place.removeprefix("line ") for _, group in parted for _, line in group.rows)
    names = ", ".join(f"`{name}`" for name, _ in parted)
    most = [group.most for _, group in parted]
    together = "without a limit" if None in most else f"up to {sum(m for m in most if m is not None)} points"
    return (
        f"The rows of `{parted[0][1].called}` (lines {lines}) look at different things (another event, window, property or"
        f" attribute), so they became {len(parted)} criteria, {names}. All of them can count together, {together}; if only"
        " one is meant to, keep one."
    )


def _width(band: dict[str, Any]) -> tuple[int, Decimal, Decimal]:
    """Sort numeric bands from the narrowest; anything else keeps its order, after exact values."""
    if "between" in band:
        return 1, band["between"][1] - band["between"][0], -band["between"][0]
    for key, sign in (("at_least", -1), ("more_than", -1), ("at_most", 1), ("less_than", 1)):
        if key in band:
            return 2, Decimal(0), sign * band[key]
    return (0 if isinstance(band.get("is"), Decimal) else 3), Decimal(0), Decimal(0)
