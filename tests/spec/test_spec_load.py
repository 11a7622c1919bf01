"""Loading: files that build on files, overrides, and errors that say where, what and what instead."""

from pathlib import Path

import pytest

from raylth.errors import SpecError
from raylth.spec import SweepSpec, dump_sweep, load_sweep


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, so that messages hold short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> Path:
    Path(name).write_text(text, encoding="utf-8")
    return Path(name)


def refusal(text: str, *overrides: str) -> str:
    with pytest.raises(SpecError) as caught:
        load_sweep(write("x.yaml", text), overrides)
    return str(caught.value)


def test_defaults_fill_what_is_not_written(folder: Path) -> None:
    assert load_sweep(write("x.yaml", "name: a")) == SweepSpec(name="a")


def test_whole_numbers_serve_as_fractions_and_lists_as_tuples(folder: Path) -> None:
    spec = load_sweep(str(write("x.yaml", "name: a\ntraining: {lr: 1, weight_decay: 5e-4}\nlmc: {levels: [3]}")))
    assert (spec.training.lr, type(spec.training.lr)) == (1.0, float)
    assert spec.training.weight_decay == 5e-4
    assert spec.lmc.levels == (3,)


def test_a_byte_order_mark_is_no_part_of_the_first_key(folder: Path) -> None:
    assert load_sweep(write("x.yaml", "\ufeffname: a\r\nseed: 3\r\n")).seed == 3


def test_the_including_file_wins_key_by_key(folder: Path) -> None:
    Path("parts").mkdir()
    write("parts/root.yaml", "seed: 1\ntraining: {lr: 0.3, epochs: 7}\nlmc: {levels: [1, 2]}")
    write("parts/middle.yaml", "base: root.yaml\ntraining: {lr: 0.4}\ngrid: {momentum: [0, 0.9], epochs: [5]}")
    text = "base: parts/middle.yaml\nname: a\nlmc: {levels: [9]}\ngrid: {momentum: [0.5], epochs: null, lr: [1]}"
    spec = load_sweep(write("x.yaml", text))
    assert (spec.seed, spec.training.lr, spec.training.epochs) == (1, 0.4, 7)
    assert spec.lmc.levels == (9,)
    assert spec.grid == {"momentum": (0.5,), "lr": (1,)}


def test_overrides_win_over_files_and_later_over_earlier(folder: Path) -> None:
    path = write("x.yaml", "name: a\ngrid: {momentum: [0], batch_size: [32]}")
    overrides = ["seed=1", "seed=2", "training.augment.crop=3", "grid.momentum=[0,0.9]", "grid.lineage.rewind=[0, 2]"]
    spec = load_sweep(path, [*overrides, "training={lr: 5e-4}", "grid.batch_size=null", "description=a = b"])
    assert (spec.seed, spec.training.augment.crop, spec.training.lr) == (2, 3, 5e-4)
    assert spec.grid == {"momentum": (0, 0.9), "lineage.rewind": (0, 2)}
    assert spec.description == "a = b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: a\ntraining:\n  momentum: 1.5",
            "x.yaml:3: training.momentum is 1.5, but must be at least 0 and less than 1",
        ),
        ("name: a\ntraining: {momentum: x}", 'momentum is "x", but must be a number, at least 0 and less than 1'),
        (
            "name: a\ntraining: {momentun: 0}",
            "x.yaml:2: training.momentun is not a known key; did you mean `momentum`?",
        ),
        ("name: a\nmomentum: 0", "x.yaml:2: momentum is not a known key; did you mean `training.momentum`?"),
        ("name: a\nlmc: {zzz: 0}", "lmc.zzz is not a known key; known here are kinds, levels, alphas, batchnorm,"),
        ("seed: 1", "x.yaml: name is missing"),
        ("name: a\ntraining: {lr: .inf}", "training.lr is Infinity, but must be a finite number"),
        ("name: a\ntraining: {lr: .nan}", "training.lr is NaN, but must be a finite number"),
        ("name: a\ngrid: {path: [.nan]}", "grid.path[0] is NaN, but must be"),
        ("name: a\ntraining: {lr: 1e999}", "training.lr is Infinity, but must be a finite number"),
        ("name: a\ntraining: {epochs: 1_000}", 'training.epochs is "1_000", but must be a whole number, at least 1'),
        ("name: a\ntraining: {epochs: 5.0}", "training.epochs is 5.0, but must be a whole number"),
        ("name: a\ntraining: {epochs: true}", "training.epochs is true, but must be a whole number"),
        ("name: a\ntraining: {augment: {flip: yes}}", 'training.augment.flip is "yes", but must be true or false'),
        ("name: a\ntraining: {augment: {flip: 1}}", "training.augment.flip is 1, but must be true or false"),
        ("name: a\ntraining: {schedule: step}", 'training.schedule is "step", but must be "cosine" or "constant"'),
        ("name: a\ntraining:", "x.yaml:2: training is null, but must be a mapping of keys"),
        ("name: 1e3", "name is 1000.0, but must be text"),
        ("name: a/b", 'name is "a/b", but must be 1 to 64 letters, digits, dots, dashes or underscores'),
        ("name: a\\b", "must be 1 to 64 letters"),
        ("name: ..", "the first a letter or a digit"),
        ('name: "a\\n"', "must be 1 to 64 letters"),
        ("name: a\ndata: {subset: 0}", "data.subset is 0, but must be at least 1 and at most 1,000,000,000, or null"),
        ("name: a\nlmc: {kinds: [dens]}", 'lmc.kinds[0] is "dens", but must be "dense", "ticket", "cross" or "within"'),
        ("name: a\nlmc: {kinds: dense}", 'lmc.kinds is "dense", but must be a list, each entry "dense", "ticket"'),
        ("name: a\nlmc: {alphas: 30}", "lmc.alphas is 30, but must be odd, so that alpha = 0.5 is one of the points"),
        ("name: a\nlmc: {levels: [5, 5]}", "lmc.levels is [5, 5], but must not list a value twice"),
        ("name: a\nforgetting: {levels: [0, 0]}", "forgetting.levels is [0, 0], but must not list a value twice"),
        ("name: a\nlmc: {batchnorm: []}", "lmc.batchnorm is [], but must be a list of at least one value"),
        ("name: a\nresources: {gpu: 1.5}", "resources.gpu is 1.5, but must be a whole number if more than 1"),
        ("name: a\nresources: {cpu: 2.5}", "resources.cpu is 2.5, but must be a whole number if more than 1"),
        ("name: a\nresources: {gpu: -1}", 'resources.gpu is -1, but must be at least 0, or "auto"'),
        ("name: a\nstorage: ' '", 'storage is " ", but must name a folder or a bucket'),
        ("name: a\ngrid: {momentum: []}", "grid.momentum is [], but must be a list of at least one value"),
        (
            "name: a\ngrid: {lr: [{bool: 1}]}",
            'grid.lr[0] is {"bool": 1}, but must be text, or a whole number, or a number',
        ),
        (
            "name: a\nresources: {gpu: {float: 1}}",
            'resources.gpu is {"float": 1}, but must be a number, at least 0, or',
        ),
        ("name: a\ngrid: {momentum: 0.9}", "grid.momentum is 0.9, but must be a list of at least one value"),
        ("", "x.yaml:1: the file holds no mapping"),
        ("- name", "x.yaml:1: the file holds no mapping"),
        ("name: a\nbase: [b.yaml]", "x.yaml:2: base is not text, but must be the path of another YAML file"),
        ("name: a\nbase: b.yaml", 'x.yaml:2: base is "b.yaml", but there is no such file'),
        ("name: a\nbase: .", 'x.yaml:2: base is ".", but there is no such file'),
        ('name: a\nbase: "b\\0c"', "x.yaml:2: base is "),
        ("name: a\nbase: x.yaml", 'x.yaml:2: base is "x.yaml", which includes this file again'),
    ],
)
def test_refusals_name_place_key_value_and_what_is_allowed(folder: Path, text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize("gpu", ["0", "0.25", "1", "2", "auto"])
def test_shares_and_whole_devices_pass(folder: Path, gpu: str) -> None:
    load_sweep(write("x.yaml", f"name: a\nresources: {{gpu: {gpu}}}"))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "training.epochs=x",
            '--set training.epochs=x: training.epochs is "x", but must be a whole number, at least 1',
        ),
        ("training.epohcs=1", "--set training.epohcs=1: training.epohcs is not a known key; did you mean `epochs`?"),
        ("epochs=1", "--set epochs=1: epochs is not a known key; did you mean `training.epochs`?"),
        ("training.epochs.x=1", "--set training.epochs.x=1: training.epochs is "),
        ("base=y.yaml", "--set base=y.yaml: base is not a known key"),
        (
            "grid.momentun=[0]",
            "--set grid.momentun=[0]: grid.momentun is not a key of data, model, training or lineage",
        ),
        ("training.epochs", "--set training.epochs: must look like training.epochs=20"),
        ("=3", "--set =3: must look like training.epochs=20"),
        ("training..lr=3", "--set training..lr=3: must look like training.epochs=20"),
        ("seed=[1", "--set seed=[1: cannot be read: "),
        ("training.lr=0.2", "would have no effect, because grid.lr gives its values; set grid.lr instead"),
    ],
)
def test_bad_overrides_are_named(folder: Path, override: str, message: str) -> None:
    assert message in refusal("name: a\ngrid: {lr: [0.1]}", override)


def test_a_mistake_in_the_base_is_placed_in_the_base(folder: Path) -> None:
    Path("parts").mkdir()
    write("parts/b.yaml", "training:\n  lr: 0.1\n  momentum: 1.5\n")
    assert refusal("base: parts/b.yaml\nname: a\ntraining: {lr: 0.2}").startswith("parts/b.yaml:3: training.momentum")


def test_files_may_build_on_ten_others_but_not_on_eleven(folder: Path) -> None:
    write("0.yaml", "name: a")
    for i in range(1, 12):
        write(f"{i}.yaml", f"base: {i - 1}.yaml\nseed: {i}")
    assert load_sweep("10.yaml").seed == 10
    with pytest.raises(SpecError, match=r"1\.yaml:1: base is .*may build on 10 others"):
        load_sweep("11.yaml")


def test_a_longer_circle_is_found(folder: Path) -> None:
    write("b.yaml", "base: x.yaml")
    assert 'b.yaml:1: base is "x.yaml", which includes this file again' in refusal("base: b.yaml\nname: a")


def test_all_problems_are_listed_and_ten_at_most(folder: Path) -> None:
    two = refusal("name: a\ntraining: {lr: -1}\ngrid: {momentun: [0]}\n").splitlines()
    assert [line.split(" is ")[0] for line in two] == ["x.yaml:2: training.lr", "x.yaml:3: grid.momentun"]
    many = refusal("name: a\n" + "\n".join(f"zzz{i}: 1" for i in range(14))).splitlines()
    assert len(many) == 11
    assert many[-1] == "and 4 more"


def test_each_file_is_checked_before_it_is_read(folder: Path) -> None:
    Path("x.yaml").write_bytes(b"name: a\nseed: \xff")
    with pytest.raises(SpecError, match=r"x\.yaml:2: the file is not UTF-8 text"):
        load_sweep("x.yaml")
    assert "over 1 MB" in refusal("name: a #" + "x" * 1_000_000)
    with pytest.raises(SpecError, match=r"no such file"):
        load_sweep("absent.yaml")


def test_nothing_in_a_message_can_move_the_cursor(folder: Path) -> None:
    message = refusal('name: "a\\e[2J"\n"\\e[2J": 1\ngrid: {"\\e[2J": [1]}')
    assert all(line.isprintable() for line in message.splitlines())


def test_a_dumped_sweep_reads_back_the_same(folder: Path) -> None:
    text = "name: 'true'\ndescription: 5e-4\ngrid: {lr: [1e-5, 1], data.name: [a, '1e3', 'on', 'null', é]}\n"
    text = text.replace("5e-4", "'5e-4'") + "training: {weight_decay: 1e-7}\nlineage: {exclude: ['*.weight']}"
    spec = load_sweep(write("x.yaml", text))
    assert load_sweep(write("dumped.yaml", dump_sweep(spec))) == spec
