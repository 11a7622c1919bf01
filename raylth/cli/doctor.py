"""`raylth doctor`: whether this machine, or each node of a cluster, is fit for sweeps."""

import shutil
import textwrap
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raylth.cli.options import DataRoot

if TYPE_CHECKING:
    from raylth.doctor import Check

NAME_COLUMNS = 25
COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "bright_black"}


def doctor(
    address: Annotated[
        str | None,
        typer.Option("--address", help="Examine each node of a running Ray cluster: `auto` or host:port."),
    ] = None,
    data: DataRoot = None,
    storage: Annotated[
        str | None,
        typer.Option("--storage", help="Where sweeps will write: a folder, s3:// or gs://. Default: this folder."),
    ] = None,
) -> None:
    """Examine this machine in about half a minute, or each node of a cluster: versions, speed, determinism, storage.

    Ends with exit code 1 if a check fails; warnings and skipped checks are no failures.
    """
    checks = _examine_here(data, storage) if address is None else _examine_cluster(address, data, storage)
    failed = [check for check in checks if check.outcome == "fail"]
    if failed:
        typer.echo(f"\n{len(failed)} failed: {', '.join(dict.fromkeys(check.name for check in failed))}.")
        raise typer.Exit(1)
    typer.echo("\nNothing failed.")


def _examine_here(data: Path | None, storage: str | None) -> "list[Check]":
    from raylth.data import data_root
    from raylth.doctor import examine
    from raylth.orchestration.gpu import packed_share

    typer.echo("This machine; trainings run on one thread, as trials with `cpu: 1` do.")
    return _show(examine(data_root(data), packed_share, storage or _default_storage()))


def _examine_cluster(address: str, data: Path | None, storage: str | None) -> "list[Check]":
    from raylth.data import data_root
    from raylth.doctor import agreement, examine, marker
    from raylth.orchestration.gpu import packed_share
    from raylth.orchestration.nodes import examine_nodes
    from raylth.orchestration.sweep import absolute_storage

    uri = None if storage is None else absolute_storage(storage)
    nodes: dict[str, list[Check]] = {}
    with ExitStack() as stack:
        shared = None if uri is None else stack.enter_context(marker(uri))
        typer.echo(f"Examining the nodes of {address}; trainings run on one thread, as trials with `cpu: 1` do.")
        for report in examine_nodes(address, partial(examine, data_root(data).absolute(), packed_share, uri, shared)):
            typer.echo(f"\n{report.node}")
            nodes[report.node] = _show(report.checks)
    typer.echo("\nAll nodes")
    return [*(check for checks in nodes.values() for check in checks), *_show([agreement(nodes)])]


def _default_storage() -> str:
    """The folder in which a sweep without `storage` makes its own."""
    from raylth.spec import SweepSpec

    return str(Path(SweepSpec.model_fields["storage"].default).absolute().parent)


def _show(checks: "Iterable[Check]") -> "list[Check]":
    shown = []
    for check in checks:
        typer.echo(_line(check))
        shown.append(check)
    return shown


def _line(check: "Check") -> str:
    margin = len("pass  ") + NAME_COLUMNS
    columns = max(shutil.get_terminal_size().columns, margin + 30)
    lines = textwrap.wrap(check.detail, columns - margin, break_long_words=False, break_on_hyphens=False) or [""]
    mark = typer.style(f"{check.outcome}  ", fg=COLOURS[check.outcome])
    return mark + f"{check.name:<{NAME_COLUMNS}}" + f"\n{' ' * margin}".join(lines)
