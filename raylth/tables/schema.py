"""The tables of a run: every column with its type, meaning and unit (design section 6).

Accuracies, errors, barriers and shares are fractions in [0, 1]. Null means not measured or not defined, never zero.
"""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column; `unit` is empty for names, keys and flags."""

    name: str
    type: pa.DataType
    description: str
    unit: str = ""


TEXT, INT, REAL, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()

CELL = (
    Column("run", TEXT, "name of the run"),
    Column("data", TEXT, "data set"),
    Column("path", TEXT, "folder of images; null unless the data set is one"),
    Column("classes", TEXT, "classes of it that are kept; null is all"),
    Column("subset", INT, "training images kept; null is all", "images"),
    Column("pool", INT, "average-pooling factor of the images"),
    Column("image", TEXT, "channels x height x width that images are resized to; null is their own", "pixels"),
    Column("model", TEXT, "architecture"),
    Column("width", INT, "channels of the first stage; null is the architecture's own", "channels"),
    Column("epochs", INT, "total training budget T", "epochs"),
    Column("batch_size", INT, "images per update", "images"),
    Column("lr", REAL, "learning rate at epoch 0"),
    Column("momentum", REAL, "mu of equation (1)"),
    Column("weight_decay", REAL, "weight decay on all parameters"),
    Column("schedule", TEXT, "learning-rate schedule"),
    Column("crop", INT, "padding of the random crop; 0 is none", "pixels"),
    Column("flip", FLAG, "whether images are mirrored at random"),
    Column("rewind", INT, "rewind point p; null where it is what is searched for", "epochs"),
    Column("fraction", REAL, "share of surviving weights pruned per level"),
    Column("exclude", TEXT, "weights that are never pruned; null is none"),
    Column("precision", TEXT, "fp32 or bf16"),
    Column("seed", INT, "seed of the sweep"),
    Column("init", INT, "initialisation"),
)
TRIAL = (*CELL, Column("trial", TEXT, "trial"), Column("sibling", INT, "SGD-noise seed"))
LEVEL = (
    *TRIAL,
    Column("level", INT, "times pruned; 0 is dense"),
    Column("sparsity", REAL, "share of prunable weights that are pruned"),
)
LINE = (
    *CELL,
    Column("kind", TEXT, "dense, ticket, cross, within, or a study's: never pool them"),
    Column("variant", TEXT, "what a study's line joins, such as a subset of the data; else null"),
    Column("trial_a", TEXT, "trial of the state at alpha 0"),
    Column("trial_b", TEXT, "trial of the state at alpha 1"),
    Column("level_a", INT, "level of the state at alpha 0"),
    Column("level_b", INT, "level of the state at alpha 1"),
    Column("batchnorm", TEXT, "statistics on the line: interpolated with the weights, or recomputed"),
    Column("line", TEXT, "key of the line's inputs"),
)

OUTCOME = (
    Column("images", INT, "training images", "images"),
    Column("diverged_epoch", INT, "epoch with a loss that was not finite; null if none", "epochs"),
    Column("test_accuracy", REAL, "at the end of the budget"),
    Column("test_loss", REAL, "at the end of the budget", "nats"),
    Column("train_accuracy", REAL, "running accuracy of the last epoch's presentations"),
    Column("train_loss", REAL, "running loss of the last epoch's presentations", "nats"),
    Column("trajectory", TEXT, "key of the training"),
)

TARGET = (
    Column("target", TEXT, "data set that the ticket is taken to"),
    Column("target_classes", TEXT, "classes of it that are kept; null is all"),
    Column("method", TEXT, "frozen ticket, finetuned dense (frozen too), retrained dense, or unfrozen ticket"),
    Column("batchnorm", TEXT, "statistics of a frozen network: recomputed on the target, or rewound (as stored)"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "trials": (
        *TRIAL,
        Column("status", TEXT, "finished, diverged, failed or unfinished"),
        Column("levels_planned", INT, "deepest level asked for"),
        Column("levels_done", INT, "levels trained to their end, the dense one included"),
        Column("message", TEXT, "why it diverged or failed; null if it did not"),
        Column("lineage", TEXT, "key of the lineage's masks"),
    ),
    "levels": (
        *LEVEL,
        Column("sparsity_label", REAL, "1 - (1 - fraction)^level, as the paper labels it"),
        Column("surviving", INT, "prunable weights left", "weights"),
        Column("prunable", INT, "prunable weights in all", "weights"),
        Column("diverged_epoch", INT, "epoch with a loss that was not finite; null if none", "epochs"),
        Column("test_accuracy", REAL, "at the end of the budget"),
        Column("test_loss", REAL, "at the end of the budget", "nats"),
        Column("train_accuracy", REAL, "running accuracy of the last epoch's presentations"),
        Column("train_loss", REAL, "running loss of the last epoch's presentations", "nats"),
        Column("start_test_accuracy", REAL, "acc_0: the masked network at p, BatchNorm recomputed"),
        Column("start_train_accuracy", REAL, "acc_0 of the train side: one pass of presentations without updates"),
        Column("test_convergence", REAL, "equation (3) on test accuracy; null where acc_t = acc_0"),
        Column("train_convergence", REAL, "equation (3) on train accuracy; null where acc_t = acc_0"),
        Column("forgetting_mean", REAL, "forgetting events per example, mean over examples", "events"),
        Column("forgetting_std", REAL, "forgetting events, standard deviation over examples (ddof 0)", "events"),
        Column("unforgettable_share", REAL, "examples learned at least once and never forgotten"),
        Column("never_learned_share", REAL, "examples never predicted correctly"),
        Column("trajectory", TEXT, "key of the training"),
        Column("mask", TEXT, "key of the lineage whose mask is in force; null at level 0"),
    ),
    "epochs": (
        *LEVEL,
        Column("epoch", INT, "epochs since initialisation; the first row is the rewind point", "epochs"),
        Column("train_loss", REAL, "running mean over presentations; null at the rewind point", "nats"),
        Column("train_accuracy", REAL, "running accuracy of the presentations"),
        Column("test_loss", REAL, "after the epoch", "nats"),
        Column("test_accuracy", REAL, "after the epoch"),
        Column("trajectory", TEXT, "key of the training"),
    ),
    "lmc": (
        *LINE,
        Column("alpha", REAL, "place on the line, 0 to 1"),
        Column("test_error", REAL, "1 - accuracy on the whole test set"),
        Column("test_loss", REAL, "on the whole test set", "nats"),
        Column("train_error", REAL, "1 - accuracy on the clean class-balanced training subset"),
        Column("train_loss", REAL, "on the clean class-balanced training subset", "nats"),
    ),
    "barriers": (
        *LINE,
        Column("barrier", REAL, "max over alpha of the test error minus the mean of its two ends"),
        Column("barrier_low", REAL, "lower end of its 95% bootstrap interval over test images"),
        Column("barrier_high", REAL, "upper end of its 95% bootstrap interval over test images"),
        Column("verdict", TEXT, "stable, unstable or undecided against the threshold"),
        Column("stable_below", REAL, "the threshold"),
        Column("train_barrier", REAL, "the same of the train error"),
        Column("loss_barrier", REAL, "the same of the test loss", "nats"),
        Column("train_images", INT, "clean training images used", "images"),
        Column("state_a", TEXT, "key of the training at alpha 0"),
        Column("state_b", TEXT, "key of the training at alpha 1"),
    ),
    "probes": (
        *LEVEL,
        Column("network", TEXT, "ticket, or a baseline: permuted mask, dense, reinitialised weights under the mask"),
        Column("batchnorm", TEXT, "statistics of the frozen network: recomputed on clean images, or rewound"),
        Column("block", INT, "block after which the probe is put, from 1"),
        Column("blocks", INT, "blocks of the network"),
        Column("test_accuracy", REAL, "of the linear layer, at the end of its training"),
        Column("test_loss", REAL, "of the linear layer, at the end of its training", "nats"),
        Column("train_accuracy", REAL, "of the linear layer, on the clean training images"),
        Column("zero_shot_accuracy", REAL, "on the test set, of the frozen network with its own untrained classifier"),
        Column("probe", TEXT, "key of the probe's inputs"),
    ),
    "fewshot": (
        *LEVEL,
        Column("network", TEXT, "ticket, or a baseline: permuted mask, or dense from its initialisation"),
        Column("share", REAL, "share of the training images asked for"),
        *OUTCOME,
    ),
    "branches": (
        *LEVEL,
        Column("branch", TEXT, "what was changed: the kind, or the name under `retrain`"),
        *OUTCOME,
    ),
    "subsets": (
        *LEVEL,
        Column("removed", TEXT, "which end of the ranking by forgetting was removed: easiest or hardest"),
        Column("share", REAL, "share of the training images that was removed"),
        *OUTCOME,
    ),
    "transfer": (
        *LEVEL,
        *TARGET,
        *OUTCOME,
    ),
    "transfer_epochs": (
        *LEVEL,
        *TARGET,
        Column("epoch", INT, "epochs trained", "epochs"),
        Column("test_accuracy", REAL, "on the target, after the epoch"),
        Column("train_accuracy", REAL, "on the target; of a linear layer on clean images, else running"),
        Column("trajectory", TEXT, "key of the training, or of the probe"),
    ),
    "rewind_search": (
        *CELL,
        Column("trial", TEXT, "trial: the search of one initialisation"),
        Column("step", INT, "step of the binary search, from 1"),
        Column("candidate", INT, "rewind epoch that was tried", "epochs"),
        Column("barrier_mean", REAL, "mean barrier over all sibling pairs; null if the verdict needed fewer"),
        Column("barrier_floor", REAL, "what that mean cannot fall under, by the pairs that were measured"),
        Column("pairs_measured", INT, "sibling pairs whose barrier was measured"),
        Column("pairs", INT, "sibling pairs in all"),
        Column("batchnorm", TEXT, "statistics on the lines: interpolated with the weights, or recomputed"),
        Column("stable_below", REAL, "the threshold"),
        Column("stable", FLAG, "whether the mean barrier is under the threshold"),
        Column("epochs_trained", INT, "epochs of the siblings that this step needed", "epochs"),
        Column("epochs_naive", INT, "epochs if every step trained all siblings for the whole budget", "epochs"),
        Column("settled", FLAG, "whether the search has come to its end"),
        Column("first_stable_epoch", INT, "what it found; null if none up to T - 1, or not settled", "epochs"),
    ),
    "connectivity": (
        *LINE,
        Column("alphas", INT, "points on the line"),
        Column("barrier", REAL, "max over alpha of the test error minus the mean of its two ends"),
        Column("barrier_low", REAL, "lower end of its 95% bootstrap interval over test images"),
        Column("barrier_high", REAL, "upper end of its 95% bootstrap interval over test images"),
        Column("loss_barrier", REAL, "the same of the test loss", "nats"),
        Column("error_a", REAL, "test error at alpha 0"),
        Column("error_b", REAL, "test error at alpha 1"),
    ),
    "planes": (
        *TRIAL,
        Column("corner_level", INT, "level of a corner; null for points of the grid"),
        Column("x", REAL, "distance from the first corner along the line to the second", "weight space"),
        Column("y", REAL, "distance from that line towards the third corner", "weight space"),
        Column("test_error", REAL, "1 - accuracy on the test set; null for corners, and where no network is"),
        Column("test_loss", REAL, "on the whole test set; null as the error is", "nats"),
        Column("plane", TEXT, "key of the plane's inputs"),
    ),
    "averages": (
        *CELL,
        Column("siblings", INT, "dense siblings that are averaged"),
        Column("batchnorm", TEXT, "statistics of the average: interpolated, which is averaged too, or recomputed"),
        Column("test_accuracy", REAL, "of the average"),
        Column("test_loss", REAL, "of the average", "nats"),
        Column("members_test_accuracy", REAL, "mean over the siblings by themselves"),
        Column("average", TEXT, "key of the average's inputs"),
    ),
    "layerwise": (
        *CELL,
        Column("trial_a", TEXT, "trial of the state at alpha 0"),
        Column("trial_b", TEXT, "trial that the moving layer is taken from"),
        Column("layer", TEXT, "weight that moves; all others stay those at alpha 0"),
        Column("alphas", INT, "points on the line"),
        Column("barrier", REAL, "max over alpha of the test error minus the mean of its two ends"),
        Column("error_a", REAL, "test error at alpha 0"),
        Column("error_b", REAL, "test error at alpha 1"),
        Column("lines", TEXT, "key of the lines' inputs"),
    ),
    "forgetting": (
        *LEVEL,
        Column("example", INT, "index of the training image, in the subset if there is one"),
        Column("events", INT, "times correct at one presentation and wrong at the next", "events"),
        Column("ever_learned", FLAG, "predicted correctly at least once"),
        Column("unforgettable", FLAG, "learned and never forgotten"),
        Column("first_learned", INT, "presentations since p until first correct; null if never", "epochs"),
        Column("trajectory", TEXT, "key of the training"),
    ),
    "forgetting_siblings": (
        *CELL,
        Column("level", INT, "times pruned; 0 is dense"),
        Column("example", INT, "index of the training image, in the subset if there is one"),
        Column("siblings", INT, "siblings that finished this level"),
        Column("events_mean", REAL, "forgetting events, mean over siblings", "events"),
        Column("events_std", REAL, "standard deviation over siblings (ddof 1); null with one", "events"),
        Column("unforgettable_share", REAL, "share of siblings that never forgot it"),
        Column("never_learned_share", REAL, "share of siblings that never learned it"),
    ),
    "segments": (
        *CELL,
        Column("kind", TEXT, "train, or the evaluation: line, probe"),
        Column("trial", TEXT, "trial it was done for; null for evaluations"),
        Column("level", INT, "level; null for evaluations"),
        Column("key", TEXT, "key of the trajectory or evaluation"),
        Column("computed", FLAG, "done by this trial in this run; else shared from elsewhere"),
        Column("first_epoch", INT, "epochs done before; null for evaluations", "epochs"),
        Column("last_epoch", INT, "epochs done after; null for evaluations", "epochs"),
        Column("seconds", REAL, "wall-clock time", "seconds"),
        Column("core_seconds", REAL, "processor time; waiting does not count", "seconds"),
        Column("images_per_second", REAL, "images trained or evaluated per second", "images/s"),
        Column("device", TEXT, "model of the GPU or CPU"),
        Column("threads", INT, "PyTorch threads"),
        Column("host", TEXT, "machine"),
        Column("torch", TEXT, "PyTorch version"),
        Column("finished_at", REAL, "seconds since 1970 (UTC)", "seconds"),
    ),
}

STUDIES = (
    "probes",
    "fewshot",
    "branches",
    "subsets",
    "transfer",
    "transfer_epochs",
    "rewind_search",
    "connectivity",
    "planes",
    "averages",
    "layerwise",
)
"""Tables that only sweeps with such a study have."""

SCIENCE = tuple(name for name in TABLES if name != "segments")
"""Tables without wall-clock columns: equal however often a sweep was interrupted."""


def arrow_schema(table: str) -> pa.Schema:
    """The Parquet schema of a table, each field carrying its description and unit as metadata."""
    fields = (
        pa.field(column.name, column.type, metadata={"description": column.description, "unit": column.unit})
        for column in TABLES[table]
    )
    return pa.schema(fields, metadata={"raylth.table": table})
