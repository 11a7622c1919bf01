"""The page: everything that the templates show, gathered from a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.claims import judge
from analysis.evidence import RunEvidence
from analysis.report.cost import cost, machines
from analysis.report.findings import Findings, findings
from analysis.report.illustrations import FigureView, FigureViews, TableView, figure_views, table_views
from analysis.report.policy import content_policy, scripts_of
from analysis.report.reproduce import Lineage, Recipe, lineages, recipes, report_command, software
from analysis.report.scoreboard import ScoreRow, score_rows
from analysis.report.setting import Facts, setting
from analysis.report.state import State, state_of
from analysis.report.trials import TrialGroup, trial_groups
from analysis.run import Origin, Run
from analysis.words import moment

MOST_NAMES = 3
"""Of more runs than these, the title gives only their number."""


@dataclass(frozen=True)
class RunView:
    """One run, as the first section shows it."""

    name: str
    description: str
    setting: Facts


@dataclass(frozen=True)
class Page:
    """What the templates show, in the order in which they do."""

    title: str
    state: State
    runs: tuple[RunView, ...]
    machines: Facts
    cost: Facts
    findings: Findings
    scores: tuple[ScoreRow, ...]
    tables: tuple[TableView, ...]
    drawn: FigureViews
    groups: tuple[TrialGroup, ...]
    recipes: tuple[Recipe, ...]
    command: str
    software: Mapping[str, str]
    lineages: tuple[Lineage, ...]
    written: str
    style: Markup
    script: Markup

    @property
    def figures(self) -> tuple[FigureView, ...]:
        """The figures."""
        return self.drawn.views

    @property
    def common(self) -> Facts:
        """What is the same for all runs."""
        first = self.runs[0].setting
        return {k: text for k, text in first.items() if all(run.setting.get(k) == text for run in self.runs)}

    @property
    def differing(self) -> tuple[str, ...]:
        """What differs between runs, in the order of the first that knows it."""
        labels = dict.fromkeys(label for run in self.runs for label in run.setting)
        return tuple(label for label in labels if label not in self.common)

    @property
    def measured(self) -> tuple[ScoreRow, ...]:
        """The claims that something was measured for."""
        return tuple(row for row in self.scores if row.verdict != "not measured")

    @property
    def unmeasured(self) -> tuple[ScoreRow, ...]:
        """The claims that nothing was measured for."""
        return tuple(row for row in self.scores if row.verdict == "not measured")

    @property
    def went_wrong(self) -> bool:
        """Whether any trial failed or diverged."""
        return any(group.went_wrong for group in self.groups)

    @property
    def policy(self) -> str:
        """The page's Content-Security-Policy."""
        return content_policy([self.script, *scripts_of(self.drawn.head), *scripts_of(self.drawn.script)])


def report_html(run: Run) -> str:
    """The report of a run, or of several that were loaded together, as one HTML page that needs no network."""
    page = _page(run)
    environment = Environment(
        loader=PackageLoader("analysis.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("base.html").render(page=page)


def _page(run: Run) -> Page:
    evidence = RunEvidence(run)
    scoreboard = judge(evidence)
    return Page(
        title=_title(run),
        state=state_of(run),
        runs=tuple(map(_run_view, run.origins)),
        machines=machines(run),
        cost=cost(run),
        findings=findings(scoreboard, evidence),
        scores=score_rows(scoreboard),
        tables=table_views(evidence),
        drawn=figure_views(evidence),
        groups=trial_groups(run),
        recipes=recipes(run),
        command=report_command(run),
        software=software(run),
        lineages=lineages(run),
        written=moment(datetime.now(UTC).timestamp()),
        style=_own_file("report.css"),
        script=_own_file("report.js"),
    )


def _title(run: Run) -> str:
    return run.name if len(run.origins) <= MOST_NAMES else f"{len(run.origins)} runs"


def _run_view(origin: Origin) -> RunView:
    return RunView(origin.name, str(origin.spec.get("description") or ""), setting(origin))


def _own_file(name: str) -> Markup:
    """A style sheet or script of the package, which is text of ours and needs no escaping."""
    return Markup(files("analysis.report").joinpath(name).read_text(encoding="utf-8"))
