"""`denizen export-features`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from denizen.cli.history_options import history_options, study_of
from denizen.cli.show import print_json, progress
from denizen.cli.terminal import echo
from denizen.errors import fail
from denizen.history.features import make_features
from denizen.model.load import load_model
from denizen.scoring.inputs import inputs_of, refuse_inputs
from denizen.scoring.output import check_outputs


@click.command("export-features")
@click.argument("model", type=click.Path())
@history_options(without=("html",))
@click.option("--out", required=True, metavar="PATH", help="Where to write the table: a file ending in .parquet.")
@click.option("--card", metavar="PATH", help="Also write the data card: a file ending in .md, and .json beside it.")
def export_features(model: str, out: str, card: str | None, **given: Any) -> None:
    """Write the labelled table of features as of then, for machine learning, with a data card.

    \b
    denizen export-features model.yaml --outcomes outcomes.csv --out features.parquet --card card.md
    denizen export-features model.yaml --every 30d --horizon 60d --out features.parquet

    A row a lead (--at) or a lead and date (--every); features from events up to then, the label strictly after.

    \b
    Keys of --json: model, model_hash, design, cohort, left_out, splits [{split, rows, won, base_rate, from, to}],
      columns [{column, type, meaning, source, fill}], leaks, notes, intended_use, limits, rows.
    """
    loaded = load_model(model)
    study = study_of(model, given)
    if not out.lower().endswith(".parquet"):
        raise fail("bad-argument", f"--out {out}: write to a file ending in .parquet")
    data = study.data
    check_outputs([out, data.rejects], inputs_of(data, loaded))
    if card is not None and (not card.lower().endswith(".md") or not Path(card).absolute().parent.is_dir()):
        raise fail("bad-argument", f"--card {card}: write to a file ending in .md, in a folder that exists")
    if card is not None:
        refuse_inputs([out, card, str(Path(card).with_suffix(".json"))], inputs_of(data, loaded))
    with progress(quiet=study.as_json) as step:
        found = make_features(loaded, data, study.design, known=study.known, engine=study.engine, progress=step)
    found.write(out)
    if card is not None:
        found.write_card(card)
    if study.as_json:
        print_json(found.card)
        return
    echo(f"{len(found.table):,} rows, {len(found.table.schema):,} columns; {found.card['design']}")
    for split in found.card["splits"]:
        echo(f"{split['split']}: {split['rows']:,} rows, {split['won']:,} won ({split['base_rate']:.1%})")
    echo(f"left out: {found.card['left_out'] or 'nobody'}")
    lacking = [note for note in found.card["notes"] if note.startswith("There is no")]
    for line in [*[f"warning: {told}" for told in (*lacking, *found.card["leaks"])], *found.told]:
        echo(line)
    echo(f"wrote features to {out}" + (f", the card to {card}" if card else ""))
