"""Options that several commands share."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from raylth.spec import SweepSpec

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="A sweep spec, such as sweeps/quickstart.yaml.")]
RunFolderName = Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, such as results/runs/quickstart.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, such as training.epochs=20. Repeatable."),
]
Smoke = Annotated[
    bool,
    typer.Option("--smoke", help="Rehearse the whole grid on embedded data with a tiny model, apart from real runs."),
]
StorageOption = Annotated[
    str | None, typer.Option("--storage", help="Where results go: a folder, s3:// or gs://. Default: the spec's.")
]
DataRoot = Annotated[
    Path | None,
    typer.Option("--data", envvar="RAYLTH_DATA", help="Folder of downloaded data sets. Default: ~/.cache/raylth/data."),
]
AllowImport = Annotated[
    bool, typer.Option("--allow-import", help="Let the spec name your own Python code (module:Name) and run it.")
]


def read_spec(path: Path, overrides: list[str] | None, smoke: bool, storage: str | None) -> SweepSpec:
    """The spec as the command line means it. Raises SpecError."""
    from raylth.spec import load_sweep
    from raylth.spec import smoke as rehearsal

    wanted = [*(overrides or []), *([f"storage={storage}"] if storage else [])]
    spec = load_sweep(path, wanted)
    return rehearsal(spec) if smoke else spec


def this_command() -> str:
    """The command line as it was typed, to be typed again."""
    return shlex.join(["raylth", *sys.argv[1:]])
