"""`raylth schema`: the JSON Schema of sweep files, for editors."""

import json

import typer


def schema() -> None:
    """Print the JSON Schema of sweep specs, by which editors complete keys and underline mistakes.

    Keep it in a file, and name that file in the first line of a sweep:

    `raylth schema > sweep.schema.json`

    `# yaml-language-server: $schema=sweep.schema.json`
    """
    from raylth.spec import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
