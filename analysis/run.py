"""Runs as data frames: the tables of one or several runs, local or in a bucket, finished or still running."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pyarrow import fs

from analysis.cells import AXES
from analysis.errors import AnalysisError

CELL = ("run", *AXES, "seed", "init")
"""The columns that every table has."""

LABELS = ("run", "trial", "trial_a", "trial_b")
"""Columns that name who did something, and not what: they differ between runs that share it."""

NOT_SCIENCE = ("trials", "segments")
"""Tables in which what two runs share is not the same thing twice."""


@dataclass(frozen=True)
class Origin:
    """Where one run came from.

    Attributes:
        address: its folder, as it was named.
        name: the run's own name.
        spec: the sweep spec with all defaults filled in; empty where the file is missing.
        spec_text: the same as YAML.
        launches: one entry per time that a sweep worked on it: `wall_seconds`, `finished_at`, `cores`.
        progress: how far a sweep that is at it, or died, had come; None after a proper end.
    """

    address: str
    name: str
    spec: Mapping[str, Any]
    spec_text: str
    launches: tuple[Mapping[str, Any], ...]
    progress: Mapping[str, Any] | None


class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name, each read when it is first asked for: those with a row per example may be very large.

    Args:
        columns: the columns of every table.
        read: gives a table by its name.
    """

    def __init__(self, columns: Mapping[str, Sequence[str]], read: Callable[[str], pd.DataFrame]) -> None:
        self.columns, self._read = columns, read
        self._known: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.columns:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


@dataclass(frozen=True)
class Run:
    """The tables of one or several runs, by name, as pandas data frames (columns: README, "Results")."""

    origins: tuple[Origin, ...]
    tables: Tables

    def __getitem__(self, table: str) -> pd.DataFrame:
        """A table; without rows, and with the columns of a cell, where no run has it.

        Raises:
            AnalysisError: it cannot be read.
        """
        return self.tables.get(table, EMPTY)

    @cached_property
    def name(self) -> str:
        """The names of all runs."""
        return ", ".join(origin.name for origin in self.origins)

    def where(self, **axes: Any) -> "Run":
        """The rows whose columns have these values, or one of them if a list is given.

        >>> run.where(momentum=0.9, batch_size=[32, 128])  # doctest: +SKIP

        Raises:
            AnalysisError: no table has such a column, or nothing is left.
        """
        known = {column for columns in self.tables.columns.values() for column in columns}
        for axis in axes:
            if axis not in known:
                raise AnalysisError(f"{axis!r} is no column of {self.name}; its axes are {', '.join(AXES)}.")
        kept = Tables(self.tables.columns, lambda name: _chosen(self.tables[name], axes))
        if all(frame.empty for frame in kept.values()):
            wanted = ", ".join(f"{axis} = {value}" for axis, value in axes.items())
            raise AnalysisError(f"nothing in {self.name} has {wanted}.")
        return replace(self, tables=kept)


def load_run(*addresses: str | Path, **where: Any) -> Run:
    """Read the tables of runs, finished or still running.

    Args:
        addresses: folders such as `results/runs/quickstart` or `s3://bucket/path/runs/quickstart`. What several of
            them share is taken once.
        where: values of columns, as `Run.where` takes them.

    Raises:
        AnalysisError: a folder holds no run, or a table cannot be read.
    """
    if not addresses:
        raise AnalysisError("no run was named; name a folder such as results/runs/quickstart.")
    folders = [_Folder.at(str(address)) for address in addresses]
    found = [folder.columns() for folder in folders]
    names = dict.fromkeys(name for columns in found for name in columns)
    columns = {name: list(dict.fromkeys(c for known in found for c in known.get(name, ()))) for name in names}
    holders = {name: [f for f, known in zip(folders, found, strict=True) if name in known] for name in names}
    tables = Tables(columns, lambda name: _together(name, [folder.table(name) for folder in holders[name]]))
    run = Run(tuple(folder.origin() for folder in folders), tables)
    return run.where(**where) if where else run


@dataclass(frozen=True)
class _Folder:
    address: str
    filesystem: fs.FileSystem
    path: str

    @classmethod
    def at(cls, address: str) -> "_Folder":
        try:
            filesystem, path = _open(address)
            found = filesystem.get_file_info(fs.FileSelector(f"{path}/tables", allow_not_found=True))
        except (OSError, pa.ArrowException, ValueError) as error:
            raise AnalysisError(f"{address} cannot be read: {error}") from error
        if not any(info.extension == "parquet" for info in found):
            raise AnalysisError(
                f"{address} holds no tables of a run; name a folder such as results/runs/quickstart, "
                "and wait for the first level of a run that has just begun."
            )
        return cls(address, filesystem, path)

    def columns(self) -> dict[str, list[str]]:
        """The columns of every table, from its footer alone."""
        names = sorted(name.removesuffix(".parquet") for name in self._names("tables") if name.endswith(".parquet"))
        return {name: self._columns(name) for name in names}

    def table(self, name: str) -> pd.DataFrame:
        with self._opened(name) as source:
            frame: pd.DataFrame = pq.read_table(source).to_pandas()
        return frame

    def _columns(self, name: str) -> list[str]:
        with self._opened(name) as source:
            columns: list[str] = pq.read_schema(source).names
        missing = [column for column in CELL if column not in columns]
        if missing:
            raise AnalysisError(
                f"{self.address}: the table {name} has no column {missing[0]!r}; it was written by another version of "
                "raylth: run `raylth sweep` with its spec again, which writes the tables anew."
            )
        return columns

    @contextmanager
    def _opened(self, name: str) -> Iterator[pa.NativeFile]:
        try:
            with self.filesystem.open_input_file(f"{self.path}/tables/{name}.parquet") as source:
                yield source
        except (OSError, pa.ArrowException) as error:
            raise AnalysisError(f"{self.address}: the table {name} cannot be read: {error}") from error

    def origin(self) -> Origin:
        spec = self._mapping("spec.yaml")
        launches = tuple(self._mapping(f"launches/{name}") for name in sorted(self._names("launches")))
        name = str(spec.get("name") or self.path.rpartition("/")[2])
        progress = self._mapping("driver.json").get("progress")
        return Origin(self.address, name, spec, self._text("spec.yaml"), launches, progress)

    def _names(self, folder: str) -> list[str]:
        found = self.filesystem.get_file_info(fs.FileSelector(f"{self.path}/{folder}", allow_not_found=True))
        return [info.base_name for info in found if info.is_file]

    def _mapping(self, name: str) -> Mapping[str, Any]:
        """A file of JSON, or of YAML, which JSON is too; empty where it is missing."""
        try:
            content = yaml.safe_load(self._text(name)) or {}
        except yaml.YAMLError as error:
            raise AnalysisError(f"{self.address}/{name} cannot be read: {error}") from error
        if not isinstance(content, dict):
            raise AnalysisError(f"{self.address}/{name} is no mapping of keys to values.")
        return content

    def _text(self, name: str) -> str:
        try:
            with self.filesystem.open_input_stream(f"{self.path}/{name}") as source:
                return bytes(source.read()).decode()
        except FileNotFoundError:
            return ""
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            raise AnalysisError(f"{self.address}/{name} cannot be read: {error}") from error


EMPTY = pd.DataFrame(columns=list(CELL))


def _open(address: str) -> tuple[fs.FileSystem, str]:
    if "://" in address:
        filesystem, path = fs.FileSystem.from_uri(address)
        return filesystem, path.rstrip("/")
    return fs.LocalFileSystem(), str(Path(address).expanduser().absolute())


def _together(name: str, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all runs; what a later run shares with an earlier one is the same observation, and counts once."""
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return EMPTY
    if len(filled) == 1:
        return filled[0]
    whole = pd.concat(filled, ignore_index=True)
    if name in NOT_SCIENCE:
        return whole
    return whole.drop_duplicates([column for column in whole.columns if column not in LABELS], ignore_index=True)


def _chosen(frame: pd.DataFrame, axes: Mapping[str, Any]) -> pd.DataFrame:
    for axis, values in _lists(axes):
        if axis in frame.columns:
            frame = frame[frame[axis].isin(values)]
    return frame.reset_index(drop=True)


def _lists(axes: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    for axis, value in axes.items():
        yield axis, list(value) if isinstance(value, (list, tuple, set, range)) else [value]
