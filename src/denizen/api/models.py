"""Make models, and judge them before a score goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen import clock
from denizen.api.arguments import data_of, instants
from denizen.ingest.prepare import Moments
from denizen.model.approaches import approach_named
from denizen.model.diff import diff_models
from denizen.model.importers import Imported, import_text
from denizen.model.lint.settings import LintSettings
from denizen.model.load import LoadedModel, load_model, read_text
from denizen.scoring.audit.audit import audit_data
from denizen.scoring.check import check_model
from denizen.scoring.run import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from denizen.clock import Instant
    from denizen.errors import Finding
    from denizen.model.change import Change
    from denizen.scoring.audit.report import Audit


def import_model(kind: str, path: str | Path) -> Imported:
    """Read a scoring definition of another tool: `hubspot`, `mautic` or `rubric`.

    Returns the model file as `text`, the loaded `model`, and the `report` of what was carried, changed and dropped.

    Raises:
        DenizenError: the file cannot be read, or is not of the shape its source documents.
    """
    return import_text(kind, read_text(path), str(path))


def check(
    model: str | Path,
    *,
    leads: Any = None,
    events: Any = None,
    accounts: Any = None,
    approach: str | None = None,
    sales_cycle_days: int | None = None,
    ignore: Iterable[str] = (),
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Finding, ...]:
    """Return what lint says of a model file, in the order of the file; what stops it from loading is raised.

    Args:
        model: a path or YAML text.
        leads: path or dataframe; with it, attributes and their values are looked for.
        events: path or dataframe; with it, events, properties and their values are looked for.
        accounts: path or dataframe.
        approach: judge weights and size by this approach, such as `behavioral-heavy`.
        sales_cycle_days: judge decay by it.
        ignore: codes of rules to switch off.
        columns: names of your columns, as `{"events": {"lead_id": "user_id"}}`.

    Raises:
        DenizenError: the model has problems, data cannot be read, or there is no such approach or code.
    """
    if approach is not None:
        approach_named(approach)
    settings = LintSettings(approach=approach, sales_cycle=sales_cycle_days, ignore=list(ignore))
    return check_model(model, data_of(leads, events, accounts, columns, unique=False), settings).findings


def audit(
    model: str | Path | LoadedModel,
    *,
    events: Any,
    leads: Any = None,
    accounts: Any = None,
    as_of: Instant | None = None,
    known: bool = False,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    engine: str = IN_MEMORY,
) -> Audit:
    """Audit data for a model: what is tracked, what it feeds, what is wrong, what to ask for (methodology, edge case 5).

    The arguments are those of `score`. Values that look personal are hidden, by the rules of `denizen audit --help`.

    Raises:
        DenizenError: the model has problems, or data cannot be read.
    """
    data = data_of(leads, events, accounts, columns, unique=False)
    moments = Moments(tuple(instants(as_of)), None, known, defaulted=as_of is None)
    return audit_data(load_model(model), data, moments, clock.to_us(clock.now()), engine=engine)


def diff(before: str | Path | LoadedModel, after: str | Path | LoadedModel) -> tuple[Change, ...]:
    """Tell what changed between two models: each difference with a sentence, its place, and what it can touch.

    Raises:
        DenizenError: a model has problems; `findings` tells all.
    """
    return diff_models(load_model(before), load_model(after))
