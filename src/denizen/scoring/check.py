"""Check a model: what lint says of it, with what the data holds, and the fixes written where they are safe."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from denizen.errors import fail
from denizen.model.approaches import APPROACHES
from denizen.model.lint.fix import diff_of, fixed_text
from denizen.model.lint.ignores import check_codes
from denizen.model.lint.rules import RULES
from denizen.model.lint.run import Around, lint_model
from denizen.model.load import model_from, read_text
from denizen.model.source import parse_yaml
from denizen.plan.build import build_program
from denizen.scoring.look import look_at_data

if TYPE_CHECKING:
    from denizen.errors import Finding
    from denizen.ingest.project import Data
    from denizen.model.lint.run import Advice
    from denizen.model.lint.seen import Seen
    from denizen.model.lint.settings import LintSettings
    from denizen.model.load import LoadedModel

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Checked:
    """A model that loads, what is to be said of it, and how it would read once mended.

    `event_names` is how many names the events have, None without events; `ignored` how many findings are switched off;
    `remaining` are the findings that the fixes leave.
    """

    model: LoadedModel
    findings: tuple[Finding, ...]
    ignored: int
    event_names: int | None
    text: str
    fixed: str
    fixes: int
    remaining: tuple[Finding, ...]

    @property
    def diff(self) -> str:
        """What the fixes change, as a unified diff; empty if nothing."""
        return diff_of(self.text, self.fixed, self.model.file)


def check_model(model: str | Path, data: Data, settings: LintSettings) -> Checked:
    """Return what lint says of a model file or YAML text, with what the data holds.

    Raises:
        DenizenError: the model does not load, the data cannot be read, or a code to ignore is none.
    """
    check_codes(settings.ignore, RULES)
    text, file = (model, "<text>") if isinstance(model, str) and "\n" in model else (_read(model), str(model))
    source = parse_yaml(text.removeprefix(BOM), file)
    loaded = model_from(source)
    seen, findings = look_at_data(build_program(loaded).plans, data)
    advice = _advice(text, file, seen, settings)
    fixed, count = fixed_text(text, file, lambda changed: _advice(changed, file, seen, settings).fixes)
    names = None if seen.events is None else len(seen.events)
    after = _advice(fixed, file, seen, settings).findings if count else advice.findings
    return Checked(
        model=loaded,
        findings=(*advice.findings, *findings),
        ignored=advice.ignored,
        event_names=names,
        text=text,
        fixed=fixed,
        fixes=count,
        remaining=(*after, *findings),
    )


def _advice(text: str, file: str, seen: Seen, settings: LintSettings) -> Advice:
    text = text.removeprefix(BOM)
    source = parse_yaml(text, file)
    approach = None if settings.approach is None else APPROACHES[settings.approach]
    return lint_model(model_from(source), source, text, Around(approach, settings.sales_cycle, seen), settings.ignore)


def _read(path: str | Path) -> str:
    """Return a file as it is, line ends and byte-order mark included."""
    read_text(path)
    return Path(path).read_bytes().decode("utf-8")


def write_fixed(checked: Checked) -> None:
    """Write the mended text over the file, all of it or nothing.

    Raises:
        DenizenError: the file cannot be written.
    """
    path = Path(checked.model.file).resolve()
    try:
        mode = path.stat().st_mode
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
            draft.write(checked.fixed.encode("utf-8"))
        Path(draft.name).chmod(mode)
        Path(draft.name).replace(path)
    except OSError as error:
        raise fail("file-unreadable", f"cannot write: {error.strerror}", file=str(path)) from None
