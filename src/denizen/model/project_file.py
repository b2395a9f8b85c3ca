"""Write a project file `denizen.yaml` that says where the data is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.model.writing import comment, dump

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from denizen.model.advisor import Recommendation

EXAMPLES = {"leads": "leads.csv", "accounts": "accounts.csv", "events": "events.csv", "outcomes": "outcomes.csv"}
UNREAD = "Nothing says what these words mean; say it (won, lost, opportunity …), and write this instead:"


def project_text(
    places: Mapping[str, str | None],
    columns: Mapping[str, Mapping[str, str]],
    recommendation: Recommendation,
    unread: Iterable[str] = (),
) -> str:
    """Return the text of a project file; a table without a place stands there as a comment.

    So do words of outcomes that were `unread`, to be given a meaning.
    """
    lines = [comment("Where the data is, and how its columns are named. Paths are seen from this file.")]
    for table, place in places.items():
        mapped = columns.get(table)
        if place is None and not mapped:
            lines.append(comment(f"{table}: {{path: {EXAMPLES[table]}}}"))
            continue
        entry: dict[str, Any] = {} if place is None else {"path": place}
        if mapped:
            entry["columns"] = dict(mapped)
        lines += dump({table: entry})
        if table == "outcomes" and (words := list(unread)):
            lines.append(comment(UNREAD))
            lines += [f"# {line}" for line in dump({table: {**entry, "values": dict.fromkeys(words, "lost")}})]
    judged = {"approach": recommendation.approach.name, "sales_cycle": recommendation.answers.sales_cycle_days}
    lines += ["", comment("What denizen check judges weights and decay by."), *dump({"lint": judged})]
    lines += ["", comment("What sales and operations agreed on:")]
    wanted = ("review", "recalibration", "validation", "crm")
    lines += [comment(f"{c.about}: {c.value} ({c.reason})") for c in recommendation.choices if c.about in wanted]
    return "\n".join(lines) + "\n"
