"""Check a model: what lint says of it, with what the data holds, and the fixes written where they are safe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from denizen.model.approaches import APPROACHES
from denizen.model.lint.fix import diff_of, fixed_text
from denizen.model.lint.ignores import check_codes
from denizen.model.lint.rules import RULES
from denizen.model.lint.run import Around, lint_model
from denizen.model.load import model_from, read_text
from denizen.model.source import parse_yaml
from denizen.plan.build import build_program
from denizen.scoring.look import look_at_data
from denizen.whole_files import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from denizen.errors import Finding
    from denizen.ingest.project import Data
    from denizen.model.lint.run import Advice
    from denizen.model.lint.seen import Seen
    from denizen.model.lint.settings import LintSettings
    from denizen.model.load import LoadedModel

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of a model, and how it would read with the fixes that are safe."""

    file: str
    text: str
    fixed: str
    fixes: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A model that loads, what is to be said of it, and how its files would read once mended.

    `files` are the model file, then those that segments name. `event_names` is how many names the events have, None
    without events; `ignored` how many findings are switched off; `remaining` are the findings that the fixes leave.
    """

    model: LoadedModel
    findings: tuple[Finding, ...]
    ignored: int
    event_names: int | None
    files: tuple[CheckedFile, ...]
    remaining: tuple[Finding, ...]

    @property
    def fixes(self) -> int:
        """How many fixes there are, in all files."""
        return sum(file.fixes for file in self.files)

    @property
    def diff(self) -> str:
        """What the fixes change, as a unified diff; empty if nothing."""
        return "".join(diff_of(file.text, file.fixed, file.file) for file in self.files)


def check_model(model: str | Path, data: Data, settings: LintSettings) -> Checked:
    """Return what lint says of a model file or YAML text, and of the files its segments name, with what the data holds.

    Raises:
        DenizenError: the model does not load, the data cannot be read, or a code to ignore is none.
    """
    check_codes(settings.ignore, RULES)
    text, file = (model, "<text>") if isinstance(model, str) and "\n" in model else (_read(model), str(model))
    loaded = model_from(parse_yaml(text.removeprefix(BOM), file))
    program = build_program(loaded)
    of_accounts = bool(program.account.facts.part("behavior"))
    seen, findings = look_at_data(program.plans, data, of_accounts=of_accounts)
    before: list[Finding] = []
    after: list[Finding] = []
    files: list[CheckedFile] = []
    ignored = 0
    for name, given in {file: text, **_files_of_segments(loaded)}.items():
        lint = partial(_advice, file=name, seen=seen, settings=settings, of_segment=name != file)
        checked, advice, left = _check_file(name, given, lint)
        files.append(checked)
        before += advice.findings
        after += left.findings
        ignored += advice.ignored
    return Checked(
        model=loaded,
        findings=(*before, *findings),
        ignored=ignored,
        event_names=None if seen.events is None else len(seen.events),
        files=tuple(files),
        remaining=(*after, *findings),
    )


def _check_file(file: str, text: str, lint: Callable[[str], Advice]) -> tuple[CheckedFile, Advice, Advice]:
    """Return a file as it would read once mended, and what lint says of it before and after."""
    advice = lint(text)
    fixed, count = fixed_text(text, file, lambda changed: lint(changed).fixes)
    return CheckedFile(file, text, fixed, count), advice, lint(fixed) if count else advice


def _files_of_segments(model: LoadedModel) -> dict[str, str]:
    """Return the other model files that segments name, by path; a file that is named in two ways is one."""
    named = [Path(model.file).parent / s.model for s in model.spec.segments or () if s.model is not None]
    paths = {path.resolve(): path for path in reversed(named)}
    return {str(path): _read(path) for path in reversed(paths.values())}


def _advice(text: str, *, file: str, seen: Seen, settings: LintSettings, of_segment: bool) -> Advice:
    text = text.removeprefix(BOM)
    source = parse_yaml(text, file)
    around = Around(None if settings.approach is None else APPROACHES[settings.approach], settings.sales_cycle, seen)
    return lint_model(model_from(source), source, text, around, settings.ignore, of_segment=of_segment)


def _read(path: str | Path) -> str:
    """Return a file as it is, line ends and byte-order mark included."""
    read_text(path)
    return Path(path).read_bytes().decode("utf-8")


def write_fixed(checked: Checked) -> None:
    """Write the mended text over each file that has fixes, all of it or nothing.

    Raises:
        DenizenError: a file cannot be written.
    """
    for file in checked.files:
        if file.fixed != file.text:
            _write(Path(file.file).resolve(), file.fixed)


def _write(path: Path, text: str) -> None:
    with whole_file(path) as draft:
        draft.write_bytes(text.encode("utf-8"))
        draft.chmod(path.stat().st_mode)
