"""How a model that init made is told, in a terminal and in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.cli.terminal import Text, console
from denizen.ingest.project import FILE_NAME
from denizen.model.writing import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from denizen.ingest.columns import Proposal
    from denizen.model.advisor import Recommendation
    from denizen.model.event_names import Match
    from denizen.model.load import LoadedModel
    from denizen.model.tailor import Tailored

SHOWN = 10
ASKED_FOR = {
    "leads": "; a criterion can name them as attributes",
    "accounts": "; a criterion can name them as attributes",
    "events": "; `where:` and `sum:` can name them as properties",
}
"""By table, what a column without a meaning of its own may still be read as."""


def made_as_dict(recommendation: Recommendation, made: Tailored, model: LoadedModel) -> dict[str, Any]:
    """Return what was made, and why, as plain data for `--json`."""
    return {
        **recommendation.as_dict(),
        "choices": [choice.as_dict() for choice in made.choices],
        "cautions": list(made.cautions),
        "model": model.name,
        "model_hash": model.fingerprint,
        "events": [
            {
                "wanted": m.wanted,
                "product": m.product,
                "found": m.found,
                "sure": m.sure,
                "others": list(m.others),
                "names_no_product": m.bare,
            }
            for m in made.matches
        ],
        "products": list(model.spec.products or ()),
        "proxies": list(made.proxies),
        "left_out": list(made.left_out),
    }


def column_as_dict(proposal: Proposal) -> dict[str, str]:
    """Return which column was taken for which, as plain data for `--json`."""
    return {"table": proposal.table, "name": proposal.name, "column": proposal.column}


def print_recommendation(recommendation: Recommendation, made: Tailored) -> None:
    """Print what is recommended, and why."""
    out = console()
    out.print(Text(f"{recommendation.approach.name}: {recommendation.approach.title}", style="bold"))
    for choice in made.choices:
        line = Text(f"  {choice.about}: ", style="bold").append(f"{choice.value} ", style="not bold")
        out.print(line.append(f"({choice.reason})", style="not bold dim"), soft_wrap=True)
    for caution in made.cautions:
        out.print(Text(f"  ! {caution}", style="yellow"), soft_wrap=True)
    for match in made.matches:
        out.print(event_line(match), soft_wrap=True)
    for what, names in (("replaced by a proxy", made.proxies), ("left out", made.left_out)):
        if names:
            out.print(Text(f"  {what}: {', '.join(names)}", style="yellow"), soft_wrap=True)


def print_assumptions(assumed: Mapping[str, object]) -> None:
    """Print which answers, each by its flag, were taken because nobody gave them."""
    if assumed:
        taken = ", ".join(f"{flag} {value}" for flag, value in assumed.items())
        console().print(
            Text(f"  assumed, where neither you nor the data said: {taken}", style="yellow"), soft_wrap=True
        )


def event_line(match: Match) -> Text:
    """Return what an event of the template is called in the data."""
    wanted = f"{match.wanted} of {one_line(match.product)}" if match.product else match.wanted
    if match.found is None and match.bare is not None:
        said = f"{one_line(match.bare)} is in the data but names no product, so it cannot count for {one_line(match.product or '')}"
        return Text(f"  event {wanted}: {said}: send `product` with it, or score one product", style="yellow")
    if match.found is None:
        return Text(f"  event {wanted}: not in the data", style="yellow")
    found, others = one_line(match.found), ", ".join(map(one_line, match.others))
    if match.sure:
        return Text(f"  event {wanted}: {found}")
    return Text(f"  event {wanted}: {found}, a guess{f'; or {others}' if others else ''}", style="yellow")


def print_columns(
    mapped: Iterable[Proposal], doubtful: Iterable[Proposal], unmapped: Mapping[str, Sequence[str]]
) -> None:
    """Print which columns were mapped, which may be meant, and which nothing reads."""
    out = console()
    for p in mapped:
        out.print(Text(f"  column {p.table}.{p.name}: {one_line(p.column)}, mapped in {FILE_NAME}"), soft_wrap=True)
    for p in doubtful:
        may_be = f"  column {p.table}.{p.name}: may be {one_line(p.column)}, not mapped; if it is, {one_line(p.option)}"
        out.print(Text(may_be, style="yellow"), soft_wrap=True)
    for table, columns in unmapped.items():
        if columns:
            told = f"  columns of {table} that are not read: {_few(columns)}{ASKED_FOR.get(table, '')}"
            out.print(Text(f"{told}; or --map {table}.NAME=COLUMN", style="yellow"), soft_wrap=True)


def print_unread_outcomes(words: Mapping[str, int]) -> None:
    """Print which words of outcomes mean nothing yet."""
    if words:
        told = _few([f"{word} ({rows:,} row{'s' * (rows > 1)})" for word, rows in words.items()])
        say = f"say what each means under `outcomes:` in {FILE_NAME}, where they stand as a comment"
        console().print(Text(f"  outcomes that mean nothing yet: {told}; {say}", style="yellow"), soft_wrap=True)


def print_unused_events(names: Sequence[str], *, activity: bool) -> None:
    """Print which events of the data no criterion of the model names; with `activity` every event may count as that."""
    if names:
        used = "no criterion names, so that they count as activity at most" if activity else "the model does not use"
        told = f"  events of the data that {used}: {_few(names)}"
        console().print(Text(told, style="yellow"), soft_wrap=True)


def _few(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(map(one_line, names[:SHOWN])) + more
