"""`raylth data`: which data sets there are, whether they are whole, and getting them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from raylth.cli.console import make_console
from raylth.cli.options import AllowImport, DataRoot

if TYPE_CHECKING:
    from raylth.data import Dataset, SourceInfo
    from raylth.spec.schema import DataSpec

data_app = typer.Typer(help="List, check and download data sets.", no_args_is_help=True)

PIPE_COLUMNS = 80
"""The width of tables in pipes and logs, which have none of their own."""


@data_app.command(name="list")
def list_(data: DataRoot = None) -> None:
    """Show the known data sets, where they are on this machine, and how to get the others."""
    from raylth.data import data_root, describe, known_datasets

    root, console = data_root(data), make_console()
    table = dataset_table([describe(name, root) for name in known_datasets()])
    console.print(table, width=None if console.is_terminal else PIPE_COLUMNS)
    typer.echo(f"\nDownloads go to {root}.\nFor your own images, write `data: {{name: folder, path: DIR}}` in a sweep.")


@data_app.command()
def check(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Known data sets, `folder`, or module:Name.")],
    path: Annotated[
        Path | None, typer.Option("--path", help="For `folder`: a directory with one sub-directory per class.")
    ] = None,
    data: DataRoot = None,
    allow_import: AllowImport = False,
) -> None:
    """Read data sets wholly, check their content, and show their facts."""
    from raylth.data import check_dataset, data_root

    for spec in [_data_spec(name, path) for name in names]:
        _show(check_dataset(spec, data_root(data), allow_import))


@data_app.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A known data set.")], data: DataRoot = None
) -> None:
    """Download a data set, unless it is on this machine already, and check its content."""
    from raylth.data import check_dataset, data_root, describe
    from raylth.data import fetch as download
    from raylth.spec.schema import DataSpec

    _check_known(name)
    root = data_root(data)
    found = describe(name, root).found
    typer.echo(f"Getting {name} for {root} ..." if found is None else f"{name} is in {found} already.")
    place = download(name, root)
    typer.echo(f"Checking {place} ...")
    _show(check_dataset(DataSpec(name=name), root))


def dataset_table(infos: "list[SourceInfo]") -> Table:
    """One row per data set; long texts wrap, so that nothing is cut however narrow the terminal is."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("name", no_wrap=True)
    for title in ("shape", "classes", "images"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("on this machine", overflow="fold")
    for info in infos:
        place = f"no: {info.how_to_get}" if info.found is None else str(info.found)
        table.add_row(info.name, _shape(info.shape), str(info.classes), f"{info.images:,}", Text(place))
    return table


def _data_spec(name: str, path: Path | None) -> "DataSpec":
    from raylth.errors import BadInput
    from raylth.spec.schema import DataSpec

    if name == "folder" and path is None:
        raise BadInput("folder needs --path, a directory with one sub-directory of images per class")
    if name != "folder" and path is not None:
        raise BadInput(f"--path is only for `folder`, not for {name}")
    if ":" not in name:
        _check_known(name, "folder")
    return DataSpec(name=name, path=None if path is None else str(path))


def _check_known(name: str, *others: str) -> None:
    from raylth.data import known_datasets
    from raylth.errors import BadInput
    from raylth.spec.sentences import did_you_mean

    known = [*known_datasets(), *others]
    if name not in known:
        raise BadInput(f"there is no data set {name!r}; {did_you_mean(name, known)}")


def _show(dataset: "Dataset") -> None:
    facts = dataset.facts
    counts = f"{facts.train_images:,} training and {facts.test_images:,} test images"
    typer.echo(f"{dataset.name}: {counts}, {facts.classes} classes, {_shape(facts.shape)}")
    typer.echo(f"  fingerprint {facts.fingerprint}")


def _shape(shape: tuple[int, int, int]) -> str:
    return "x".join(str(size) for size in shape)
