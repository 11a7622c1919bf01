"""How to get the same numbers again: spec, commands, and versions."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from analysis.run import Origin, Run

SOFTWARE = ("raylth", "numpy", "pandas", "pyarrow", "scipy")


@dataclass(frozen=True)
class Recipe:
    """One run: its spec as YAML, empty if the run has none, and the command that runs it again."""

    name: str
    address: str
    spec: str
    file: str
    command: str


@dataclass(frozen=True)
class Lineage:
    """The key under which the store has the masks of a trial."""

    run: str
    trial: str
    key: str


def recipes(run: Run) -> tuple[Recipe, ...]:
    """One per origin."""
    return tuple(map(_recipe, run.origins))


def report_command(run: Run) -> str:
    """The command that writes the report again."""
    return f"raylth report {shlex.join(origin.address for origin in run.origins)}"


def lineages(run: Run) -> tuple[Lineage, ...]:
    """The keys of all lineages, by run and trial."""
    trials = run["trials"]
    if "lineage" not in trials.columns:
        return ()
    rows = trials.dropna(subset=["lineage"]).itertuples(index=False)
    return tuple(Lineage(str(row.run), str(row.trial), str(row.lineage)) for row in rows)


def software(run: Run) -> Mapping[str, str]:
    """Versions: of what trained, as the run recorded it, and of what made this report."""
    return dict(_versions(run))


def _versions(run: Run) -> Iterator[tuple[str, str]]:
    segments = run["segments"]
    if "torch" in segments.columns:
        yield "PyTorch (training)", ", ".join(sorted(map(str, segments["torch"].dropna().unique())))
    for package in SOFTWARE:
        try:
            yield f"{package} (report)", version(package)
        except PackageNotFoundError:
            continue


def _recipe(origin: Origin) -> Recipe:
    file = f"{origin.name}.yaml"
    return Recipe(origin.name, origin.address, origin.spec_text.strip(), file, shlex.join(["raylth", "sweep", file]))
