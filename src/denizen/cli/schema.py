"""`denizen schema`."""

from __future__ import annotations

import click

from denizen.cli.terminal import echo_file
from denizen.errors import fail
from denizen.ingest.project import Project
from denizen.model.schema import schema_text
from denizen.model.spec import Model
from denizen.testing.spec import CasesFile


@click.command()
@click.option("--project", is_flag=True, help="Of denizen.yaml instead of a model file.")
@click.option("--cases", is_flag=True, help="Of files of cases instead of a model file.")
@click.option("--json", is_flag=True, expose_value=False, help="Accepted as everywhere; a schema is JSON anyway.")
def schema(project: bool, cases: bool) -> None:  # noqa: FBT001
    """Print the JSON Schema of model files, for editors.

    \b
    denizen schema > denizen-model.schema.json
    """
    if project and cases:
        raise fail("bad-argument", "--project and --cases are two schemas; ask for one")
    echo_file(schema_text(Project if project else CasesFile if cases else Model))
