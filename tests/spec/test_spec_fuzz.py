"""Whatever the text, the answer is a spec or one explained refusal."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raylth.errors import BadInput
from raylth.spec import SweepSpec, dump_sweep, load_sweep, smoke

QUICKSTART = (Path(__file__).parents[2] / "sweeps" / "quickstart.yaml").read_text(encoding="utf-8")
PIECES = [
    *(
        "name: a",
        "grid:",
        "training:",
        "  momentum: ",
        "[0, 0.9]",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "? ",
        "&a ",
        "*a",
        "!!int ",
    ),
    *(
        "!x ",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "%TAG ! tag:x,2000:\n",
        "'",
        '"',
        "\\x",
        "\\ud800",
        "\\UFFFFFFFF",
    ),
    *(
        "\n",
        "\n  ",
        "\t",
        "# ",
        "<<: ",
        "null",
        "true",
        "1e999",
        ".nan",
        "9" * 120,
        "base: ",
        "x.yaml",
        "\x00",
        "\ufeff",
        "\x85",
    ),
    *("lmc:\n  levels: [", "resources: {gpu: ", "data:\n  subset: ", "siblings: 1\n", "rewind: [0, 500]\n"),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
KEYS = sorted(SweepSpec.model_fields)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "x.yaml"


def load_or_refuse(path: Path, content: bytes, overrides: tuple[str, ...] = ()) -> None:
    path.write_bytes(content)
    try:
        spec = load_sweep(path, overrides)
    except BadInput as refusal:
        lines = str(refusal).splitlines()
        assert 1 <= len(lines) <= 11
        assert all(line.isprintable() and len(line) < 1000 for line in lines)
    else:
        path.write_text(dump_sweep(spec), encoding="utf-8")
        assert load_sweep(path) == spec
        smoke(spec)


quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join))
def test_scraps_of_yaml(scratch: Path, text: str) -> None:
    load_or_refuse(scratch, text.encode("utf-8", "replace"))


@quick
@given(st.binary(max_size=60))
def test_bytes(scratch: Path, content: bytes) -> None:
    load_or_refuse(scratch, content)


@quick
@given(st.data())
def test_mutations_of_a_good_file(scratch: Path, data: st.DataObject) -> None:
    text = QUICKSTART
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 8, len(text))))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    load_or_refuse(scratch, text.encode())


@quick
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), TREES, max_size=4))
def test_wrong_values_under_right_keys(scratch: Path, tree: dict[str, object]) -> None:
    load_or_refuse(scratch, yaml.safe_dump({"name": "a"} | tree).encode())


@quick
@given(
    st.sampled_from(["grid", "grid.lr", "training", "training.lr", "lmc.levels", "name", "x"]) | st.text(max_size=9),
    TREES,
)
def test_overrides(scratch: Path, key: str, tree: object) -> None:
    load_or_refuse(scratch, b"name: a", (f"{key}={yaml.safe_dump(tree, default_flow_style=True)}",))
