"""What lint is told about a model besides the model itself: the `lint` section of a project file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from denizen.model.approaches import APPROACHES, listed
from denizen.model.durations import DAY_US, parse_duration
from denizen.model.spec import Spec

LONGEST_CYCLE_DAYS = 3650


def days(value: Any) -> int:
    """Return a number of whole days from `45`, `"45"` or a duration such as `45d`.

    Raises:
        ValueError: it is neither, or not from 1 to 3650 days.
    """
    if isinstance(value, str) and not value.strip().isdigit():
        us = parse_duration(value)
        if us % DAY_US:
            raise ValueError(f"{value!r} is no whole number of days")
        found = us // DAY_US
    elif isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is no number of days; write it as 45 or 45d")
    else:
        found = int(value)
    if not 1 <= found <= LONGEST_CYCLE_DAYS:
        raise ValueError(f"{found} days is no sales cycle; from 1 to {LONGEST_CYCLE_DAYS} days")
    return found


def _approach(name: str) -> str:
    if name not in APPROACHES:
        raise ValueError(f"there is no approach {name!r}; approaches: {listed(APPROACHES)}")
    return name


Days = Annotated[int, BeforeValidator(days), WithJsonSchema({"type": ["integer", "string"], "examples": ["45d"]})]
ApproachName = Annotated[str, AfterValidator(_approach), WithJsonSchema({"enum": list(APPROACHES)})]


class LintSettings(Spec):
    """What `denizen check` is told, so that weights and decay can be judged."""

    approach: ApproachName | None = Field(None, description="the approach the model follows")
    sales_cycle: Days | None = Field(None, description="from first contact to deal, in days, as 45 or 45d")
    ignore: list[str] = Field(default_factory=list, description="codes of rules that are switched off")
