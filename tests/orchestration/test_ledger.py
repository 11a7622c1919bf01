"""The driver's books: what is still worth trying."""

from pathlib import Path

from tiny import make_spec, make_store, plan_of

from raylth.orchestration.ledger import Ledger
from raylth.planning import Plan
from raylth.state import State, Telemetry
from raylth.studies.lines import PlannedLine
from raylth.tables import RunFolder
from raylth.trials.status import TrialStatus, write_progress

LMC = {"kinds": ("dense", "ticket"), "levels": (1,), "alphas": 3, "bootstrap": 100, "train_images": 50}


def books(root: Path) -> tuple[Plan, Ledger]:
    plan, store = plan_of(make_spec(grid={}, lmc=LMC)), make_store(root)
    return plan, Ledger(plan, RunFolder(store.storage, "tiny"), store)


def kinds(ledger: Ledger) -> set[str]:
    return {each.kind for each in ledger.evaluations_to_try() if isinstance(each, PlannedLine)}


def test_a_line_to_a_copy_that_diverged_is_given_up(tmp_path: Path) -> None:
    plan, ledger = books(tmp_path)
    assert kinds(ledger) == {"dense", "ticket"}
    ledger.store.mark_diverged(plan.trials[0].lineage.ticket_copy(1, 1), 2)
    assert kinds(ledger) == {"dense"}


def test_lines_to_levels_that_a_finished_trial_never_reached_are_given_up(tmp_path: Path) -> None:
    plan, ledger = books(tmp_path)
    trial = plan.trials[0]
    ledger.statuses[trial.id] = TrialStatus(trial.digest, "diverged", 1)
    assert kinds(ledger) == {"dense"}
    assert ledger.lost_keys(trial) == [trial.lineage.level(1).key, trial.lineage.ticket_copy(1, 1).key]
    assert ledger.done_keys(trial) == [trial.lineage.level(0).key]


def test_a_trial_whose_state_an_evaluation_still_needs_goes_on_if_it_was_lost(tmp_path: Path) -> None:
    plan, ledger = books(tmp_path)
    for trial in plan.trials:
        status = TrialStatus(trial.digest, "finished", len(trial.steps))
        write_progress(ledger.folder, trial, {}, status)
        for trajectory in trial.own.values():
            ledger.store.publish(trajectory, State(trajectory.training.epochs, {}, {}, Telemetry.empty(images=1)))
    owner = plan.trials[0]
    ledger.store.put_masks(owner.lineage.mask_key, {}, 1)
    ledger.read()
    assert ledger.trials_left() == ()
    ref = owner.lineage.level(1).end
    ledger.store.storage.delete(f"{ledger.store.folder(ref.trajectory)}/e{ref.epoch:05d}.safetensors")
    ledger.read()
    assert ledger.trials_left() == (owner,)


def test_a_lineage_that_lost_its_masks_goes_on(tmp_path: Path) -> None:
    plan, ledger = books(tmp_path)
    owner = plan.trials[0]
    write_progress(ledger.folder, owner, {}, TrialStatus(owner.digest, "finished", len(owner.steps)))
    for trajectory in owner.own.values():
        ledger.store.publish(trajectory, State(trajectory.training.epochs, {}, {}, Telemetry.empty(images=1)))
    ledger.read()
    assert owner in ledger.trials_left()
    ledger.store.put_masks(owner.lineage.mask_key, {}, 1)
    ledger.read()
    assert owner not in ledger.trials_left()
