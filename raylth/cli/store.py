"""`raylth store`: whether the objects behind a run are whole, and how much room they take."""

from collections import Counter
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from analysis.words import count
from raylth.cli.console import make_console
from raylth.cli.options import RunFolderName

if TYPE_CHECKING:
    from raylth.tables import RunFolder

store_app = typer.Typer(help="Look after the store behind a run.", no_args_is_help=True)


@store_app.command()
def verify(run: RunFolderName) -> None:
    """Read every object of the store and every part of the run's tables, and set aside what is damaged.

    Exit code 1 if anything was; `raylth sweep` then makes it anew.
    """
    from raylth.store.upkeep import damage, stored_files

    folder = _open(run)
    console = make_console()
    files, sentences, lost = 0, list[str](), set[str]()
    for stored in stored_files(folder.storage):
        files += stored.kind not in ("damaged", "unfinished writes")
        if (sentence := damage(folder.storage, stored)) is not None:
            sentences.append(sentence)
            lost.add(stored.key or stored.path)
    files += len(folder.parts())
    sentences += _damaged_parts(folder)
    _reopen(folder, lost)
    if not sentences:
        console.print(f"All {count(files, 'file')} of the store and of the run's tables are whole.")
        return
    for sentence in sentences:
        console.print(sentence, markup=False, soft_wrap=True)
    console.print(
        f"{len(sentences)} of {count(files, 'file')} damaged; run `raylth sweep` with the run's spec again, "
        "which makes anew what it needs of them.",
        soft_wrap=True,
    )
    raise typer.Exit(1)


@store_app.command()
def du(run: RunFolderName) -> None:
    """Show how much room the store takes that this run shares with others, and the run itself."""
    from raylth.store.upkeep import stored_files

    folder = _open(run)
    files, room = Counter[str](), Counter[str]()
    for stored in stored_files(folder.storage):
        files[stored.kind] += 1
        room[stored.kind] += stored.bytes
    own = [size for _, size in folder.storage.sizes(folder.path)]
    table = Table("kind", box=None, padding=(0, 2, 0, 0))
    for title in ("files", "MB"):
        table.add_column(title, justify="right")
    for kind in sorted(files, key=lambda kind: -room[kind]):
        table.add_row(kind, f"{files[kind]:,}", f"{room[kind] / 1e6:,.1f}")
    table.add_row(f"the run {folder.name}", f"{len(own):,}", f"{sum(own) / 1e6:,.1f}")
    make_console().print(table)


def _open(run: str) -> "RunFolder":
    from raylth.errors import BadInput
    from raylth.tables.run import open_run

    folder = open_run(run)
    if not folder.storage.exists(f"{folder.path}/spec.yaml"):
        raise BadInput(f"{run} holds no run; name a folder such as results/runs/quickstart.")
    return folder


def _damaged_parts(folder: "RunFolder") -> list[str]:
    from raylth.errors import ObjectDamaged

    sentences = []
    for table, part in folder.parts():
        try:
            folder.read_part(table, part)
        except ObjectDamaged as error:
            sentences.append(str(error))
    return sentences


def _reopen(folder: "RunFolder", lost: set[str]) -> None:
    """Let the trials go on whose trainings or lineages lost something."""
    if not lost:
        return
    segments = folder.read_table("segments").select(["trial", "key"]).to_pylist()
    lineages = folder.read_table("trials").select(["trial", "lineage"]).to_pylist()
    trials = {row["trial"] for row in segments if row["key"] in lost and row["trial"]}
    trials |= {row["trial"] for row in lineages if row["lineage"] in lost}
    for trial in trials:
        folder.reopen(trial)
