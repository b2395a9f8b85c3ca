"""`denizen init`."""

from __future__ import annotations

import os
import sys
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from denizen.cli.import_ import write_text
from denizen.cli.options import json_option
from denizen.cli.show import print_json
from denizen.cli.show_init import (
    column_as_dict,
    made_as_dict,
    print_assumptions,
    print_columns,
    print_recommendation,
    print_unread_outcomes,
    print_unused_events,
)
from denizen.cli.terminal import Text, console, echo
from denizen.errors import fail
from denizen.ingest.columns import settle_columns
from denizen.ingest.project import FILE_NAME, Data, parse_mappings
from denizen.ingest.unmapped import unmapped_columns
from denizen.model.advisor import CRMS, TRACKINGS, TRIALS, Answers, Recommendation, recommend
from denizen.model.approaches import APPROACHES
from denizen.model.load import parse_model
from denizen.model.named_products import MOST_PRODUCTS, default_names
from denizen.model.project_file import project_text
from denizen.model.tailor import attributes_asked, tailor
from denizen.model.writing import one_line
from denizen.plan.build import build_program
from denizen.plan.needs import needs_of
from denizen.scoring.inputs import refuse_inputs
from denizen.visible import visible_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from denizen.ingest.columns import Proposal
    from denizen.model.event_names import Match
    from denizen.model.load import LoadedModel
    from denizen.model.seen_events import SeenEvents
    from denizen.plan.needs import Needs
    from denizen.scoring.known_attributes import Known

MODEL_NAME = "model.yaml"
NONE = "none of these"
TRACKED = (
    "What is tracked (full: 50 events and more; partial: page views and key actions; "
    "sparse: 10-15 events; minimal: logins and signups)"
)
QUESTIONS: dict[str, tuple[str, str, Any]] = {
    "trial": ("--trial", "Which trial model", click.Choice(TRIALS)),
    "trial_days": ("--trial-days", "How many days does the trial last", click.IntRange(1, 365)),
    "tracking": ("--tracking", TRACKED, click.Choice(TRACKINGS)),
    "sales_cycle_days": ("--sales-cycle", "How many days does a sale take", click.IntRange(1, 1000)),
    "leads_a_month": ("--leads-a-month", "How many leads sign up a month", click.IntRange(0, 10_000_000)),
    "data_months": ("--data-months", "How many months of conversions are on record", click.IntRange(0, 600)),
    "products": ("--products", "How many products have a trial of their own", click.IntRange(1, 20)),
    "acv": ("--acv", "What is a contract worth a year", click.IntRange(0, 1_000_000_000)),
    "crm": ("--crm", "Which CRM", click.Choice(CRMS)),
}
"""Each question: its flag, its words, what may be answered."""


def questions(command: Callable[..., None]) -> Callable[..., None]:
    """Add the flag of each question."""
    for name, (flag, words, kind) in reversed(QUESTIONS.items()):
        command = click.option(flag, name, type=kind, help=f"{words}?")(command)
    return command


@click.command()
@questions
@click.option(
    "--product", "named", multiple=True, metavar="NAME", help="A product, as the events name it; repeat it for each."
)
@click.option("--approach", type=click.Choice(list(APPROACHES)), help="Take this template, whatever the answers give.")
@click.option("--events", help="Map the template to the events that occur here.")
@click.option("--leads", help="The leads, for the project file.")
@click.option("--accounts", help="The companies, for the project file.")
@click.option("--outcomes", help="What became of leads, for the project file: lead_id, outcome, at.")
@click.option("--map", "maps", multiple=True, metavar="TABLE.COLUMN=YOURS", help="Name a column of your data.")
@click.option("--into", type=click.Path(), default=".", show_default=True, help="The folder to write to.")
@click.option("--yes", is_flag=True, help="Take the default of every question without a flag, and ask nothing.")
@click.option("--force", is_flag=True, help="Overwrite model.yaml and denizen.yaml.")
@json_option
def init(
    named: tuple[str, ...],
    approach: str | None,
    events: str | None,
    leads: str | None,
    accounts: str | None,
    outcomes: str | None,
    maps: tuple[str, ...],
    into: str,
    yes: bool,  # noqa: FBT001
    force: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    **given: Any,
) -> None:
    """Ask the scoping questions, recommend an approach, and write a commented model and project file.

    \b
    denizen init
    denizen init --trial freemium --tracking full --yes
    denizen init --events events.csv --leads leads.csv --into scoring
    denizen init --events events.csv --product CRM --product 'Help Desk' --yes

    With --events, each event that the template waits for gets the name it has in the data; where that is not sure, it is
    asked for, or the best guess stands in the file with a comment. What the data do not have is replaced by a proxy or
    left out, and the file says so. Products are those that the property `product` of the events names, or those given with
    --product. Nothing is overwritten without --force.
    Columns with the names of other tools (userId, distinct_id, event_type, createdAt …) are asked for and mapped in
    denizen.yaml; without a terminal they are mapped, and told. A table that lacks what it needs is refused.
    Told are also the columns that nothing reads, and the events of the data that the model does not use.
    """
    folder = Path(into)
    check_target(folder, force=force)
    quiet = yes or as_json or not sys.stdin.isatty()
    refuse_inputs([str(folder / name) for name in (MODEL_NAME, FILE_NAME)], [leads, events, accounts, outcomes])
    check_products(named, given["products"])
    data = Data(leads=leads, accounts=accounts, events=events, columns=parse_mappings(maps), outcomes=outcomes)
    doubtful: list[Proposal] = []
    data, mapped = settle_columns(data, partial(accept_sure, doubtful) if quiet else accept_column)
    seen = seen_in(data)
    counted = counted_in(data)
    answers = answer(given, expected_products(named, seen), counted, yes=yes, quiet=quiet)
    assumed = assumptions(given, answers, counted) if quiet else {}
    recommendation = recommend(answers, approach)
    products = named or product_names(recommendation, seen, quiet=quiet)
    known = known_in(data, recommendation)
    made = tailor(recommendation, seen, None if quiet else choose, products, known.attributes if known else None)
    model = parse_model(made.text, str(folder / MODEL_NAME))
    needs = needs_of_model(model)
    unmapped = unmapped_columns(data, needs)
    unused = [name for name in seen.names if name not in needs.names] if seen else []
    folder.mkdir(parents=True, exist_ok=True)
    places = {
        table: relative(path, folder)
        for table, path in (("leads", leads), ("accounts", accounts), ("events", events), ("outcomes", outcomes))
    }
    write_text(str(folder / MODEL_NAME), made.text)
    unread = unread_in(data)
    write_text(str(folder / FILE_NAME), project_text(places, data.columns, recommendation, unread))
    if as_json:
        print_json(
            {
                **made_as_dict(recommendation, made, model),
                "answers": {f.name: getattr(answers, f.name) for f in fields(answers)},
                "assumed": list(assumed),
                "files": [str(folder / MODEL_NAME), str(folder / FILE_NAME)],
                "mapped": [column_as_dict(p) for p in mapped],
                "doubtful": [column_as_dict(p) for p in doubtful],
                "unmapped": {table: list(columns) for table, columns in unmapped.items()},
                "unused_events": unused,
                "unread_outcomes": unread,
                "warnings": [known.apart] if known and known.apart else [],
            }
        )
        return
    print_recommendation(recommendation, made)
    print_assumptions({QUESTIONS[name][0]: value for name, value in assumed.items()})
    print_columns(mapped, doubtful, unmapped)
    print_unused_events(unused, activity=needs.every_event)
    print_unread_outcomes(unread)
    if known and known.apart:
        console().print(Text(f"  ! {visible_line(known.apart)}", style="yellow"), soft_wrap=True)
    echo(f"wrote {folder / MODEL_NAME} and {folder / FILE_NAME}; next: denizen check {folder / MODEL_NAME}")


def accept_sure(doubtful: list[Proposal], proposal: Proposal) -> bool:
    """Take a column for what its name says; it is told, and stands in the project file. What is not sure is told only."""
    if not proposal.sure:
        doubtful.append(proposal)
    return proposal.sure


def accept_column(proposal: Proposal) -> bool:
    """Ask whether a column is what its name says."""
    return click.confirm(
        f"Is {visible_line(proposal.column)} of {proposal.table} the column {proposal.name}?", default=proposal.sure
    )


def check_target(folder: Path, *, force: bool) -> None:
    """Refuse to overwrite, and refuse a folder that cannot be one, before anything is asked."""
    if folder.exists() and not folder.is_dir():
        raise fail("bad-argument", f"--into {folder}: it is a file, not a folder")
    there = [name for name in (MODEL_NAME, FILE_NAME) if (folder / name).exists()]
    if there and not force:
        raise fail("bad-argument", f"{folder} already has {' and '.join(there)}; use --into, or --force to overwrite")


def check_products(named: tuple[str, ...], count: int | None) -> None:
    """Refuse names of products that cannot all be meant."""
    folded = [name.strip().lower() for name in named]
    if "" in folded or len(set(folded)) < len(folded):
        raise fail("bad-argument", "--product: each name stands once, whatever its case, and none is empty")
    if len(named) > MOST_PRODUCTS:
        raise fail("bad-argument", f"--product: {len(named)} names; a model has at most {MOST_PRODUCTS} products")
    if named and count not in (None, len(named)):
        raise fail(
            "bad-argument", f"--products {count}, and {len(named)} are named with --product; leave --products out"
        )


def needs_of_model(model: LoadedModel) -> Needs:
    """Return what a model reads of the data, of leads and of accounts."""
    program = build_program(model)
    return needs_of(*program.plans, program.account.facts)


def seen_in(data: Data) -> SeenEvents | None:
    """Return the events of the data, or None if none were given."""
    if data.events is None:
        return None
    from denizen.scoring.event_names import seen_events

    return seen_events(data)


def counted_in(data: Data) -> dict[str, int]:
    """Return what the data itself answers: leads a month and months of outcomes, each where it is there."""
    if data.leads is None and data.outcomes is None:
        return {}
    from denizen.scoring.volume import volume_of

    return volume_of(data)


def unread_in(data: Data) -> dict[str, int]:
    """Return the words of outcomes that nobody can read, with how many rows say each."""
    if data.outcomes is None:
        return {}
    from denizen.scoring.volume import unread_outcomes

    return unread_outcomes(data)


def known_in(data: Data, recommendation: Recommendation) -> Known | None:
    """Return which attributes of a template some lead has, or None if no leads were given."""
    if data.leads is None:
        return None
    from denizen.scoring.known_attributes import known_attributes

    return known_attributes(data, attributes_asked(recommendation.approach))


def expected_products(named: tuple[str, ...], seen: SeenEvents | None) -> int:
    """Return how many products there are: those that were named, else those that the events name, at least one."""
    return len(named) or max(1, len(seen.products) if seen else 1)


def product_names(recommendation: Recommendation, seen: SeenEvents | None, *, quiet: bool) -> list[str]:
    """Return what the products are called: as it is answered, or as the events name them."""
    count = recommendation.answers.products
    if count == 1 or recommendation.approach.name != "multi-product":
        return []
    names = default_names(seen, count)
    while not quiet:
        default = ", ".join(names)
        words = f"What are they called in the events, parted by commas [{visible_line(default)}]"
        said = click.prompt(words, default=default, show_default=False)
        names = [name.strip() for name in said.split(",") if name.strip()]
        different = len({name.lower() for name in names})
        if len(names) == different == count:
            break
        echo(f"{count} products, and {different} different names")
        names = default_names(seen, count)
    return names


def answer(given: dict[str, Any], products: int, counted: Mapping[str, int], *, yes: bool, quiet: bool) -> Answers:
    """Return the answers: flags first, then what is asked, or the defaults with --yes; products as they were seen.

    Defaults are what was `counted` in the data, where it tells.
    """
    if quiet and given["products"] is None and products > 1:
        given = {**given, "products": products}
    missing = [QUESTIONS[name][0] for name in QUESTIONS if given[name] is None]
    if missing and quiet and not yes:
        message = f"no terminal to ask in; give {', '.join(missing)}, or --yes for their defaults"
        raise fail("bad-argument", message)
    defaults = Answers(products=products)
    defaults = replace(
        defaults,
        leads_a_month=counted.get("leads_a_month", defaults.leads_a_month),
        data_months=counted.get("data_months", defaults.data_months),
    )
    answers: dict[str, Any] = {}
    for name, (_, words, kind) in QUESTIONS.items():
        default = getattr(defaults, name)
        if given[name] is not None:
            answers[name] = given[name]
        elif quiet or (name == "trial_days" and answers["trial"] == "freemium"):
            answers[name] = default
        else:
            answers[name] = click.prompt(words, type=kind, default=default)
    return Answers(**answers)


def assumptions(given: dict[str, Any], answers: Answers, counted: Mapping[str, int]) -> dict[str, Any]:
    """Return the answers that nobody gave and the data do not tell."""
    told = {name for name, value in given.items() if value is not None} | {*counted, "products"}
    told |= {"trial_days"} if answers.trial == "freemium" else set()
    return {name: getattr(answers, name) for name in QUESTIONS if name not in told}


def choose(match: Match) -> str | None:
    """Ask which event of the data an event of the template is."""
    options = [n for n in (match.found, *match.others) if n is not None]
    whose = f" of {one_line(match.product)}" if match.product else ""
    echo(f"Which event{whose} of your data is {match.wanted}?")
    for number, name in enumerate([*options, NONE], 1):
        echo(f"  {number}  {one_line(name)}")
    picked: int = click.prompt("Number", type=click.IntRange(1, len(options) + 1), default=1)
    return options[picked - 1] if picked <= len(options) else None


def relative(path: str | None, folder: Path) -> str | None:
    """Return a path as it is seen from the project file."""
    return None if path is None else os.path.relpath(path, folder).replace(os.sep, "/")
