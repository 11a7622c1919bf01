"""YAML text to values: YAML 1.2's words, lines of keys, and what is refused."""

import math
import time

import pytest

from raylth.errors import SpecError
from raylth.spec.reading import parse
from raylth.spec.tree import find, nearest_place, plain


def read(text: str) -> object:
    return plain(parse(text, lambda line: f"x.yaml:{line}"))


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("5e-4", 5e-4),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("-3", -3),
        ("007", 7),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("1_000", "1_000"),
        ("on", "on"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("2024-01-01", "2024-01-01"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1:30", "1:30"),
        ("'5e-4'", "5e-4"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
    ],
)
def test_words_mean_what_yaml_1_2_says(word: str, value: object) -> None:
    read_value = read(f"key: {word}")
    assert read_value == {"key": value}
    assert type(read_value["key"]) is type(value)  # type: ignore[index]


def test_nan_is_a_number() -> None:
    assert math.isnan(read("key: .nan")["key"])  # type: ignore[index]


def test_keys_are_the_words_as_written() -> None:
    assert read("{on: 1, 5: 2, null: 3}") == {"on": 1, "5": 2, "null": 3}


def test_values_know_their_lines() -> None:
    tree = parse("a:\n  b: 1\n\n  c:\n    - 2\n    - 3\n", lambda line: f"x.yaml:{line}")
    assert nearest_place(tree, ("a", "b")) == "x.yaml:2"
    assert nearest_place(tree, ("a", "c")) == "x.yaml:4"
    assert nearest_place(tree, ("a", "c", 1)) == "x.yaml:6"
    assert nearest_place(tree, ("a", "absent")) == "x.yaml:1"
    assert find(tree, ("a", "absent")) is None


def test_small_aliases_are_followed() -> None:
    assert read("a: &few [1, 2]\nb: *few") == {"a": (1, 2), "b": (1, 2)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", "x.yaml:4: b.c is given twice; the first time is on line 3"),
        ("a: 1\n---\nb: 2", "x.yaml:2: cannot be read: expected a single document in the stream, but found another"),
        ("a:\n\tb: 1", "x.yaml:2: cannot be read: while scanning for the next token, found character '\\t'"),
        ("a: *nowhere", "x.yaml:1: cannot be read: found undefined alias 'nowhere'"),
        ("a: 1\nb: !!python/name:os.system x", 'x.yaml:2: b has the tag "!!python/name:os.system", which does not fit'),
        ("a: !mine x", 'x.yaml:1: a has the tag "!mine", which does not fit here'),
        ("a: !!int 1e3", 'x.yaml:1: a has the tag "!!int", which does not fit here'),
        ("a: !!set {b}", 'x.yaml:1: a has the tag "!!set", which does not fit here'),
        ("a: !!str [b]", 'x.yaml:1: a has the tag "!!str", which does not fit here'),
        ("a: !!null {b: 1}", 'x.yaml:1: a has the tag "!!null", which does not fit here'),
        ("a:\n  ? [b]\n  : 1", "x.yaml:2: a key under a is not a word"),
        ("a: 1\nb: x\x07", "x.yaml:2: cannot be read: the character U+0007 is not allowed"),
        ('a: "\\UFFFFFFFF"', "x.yaml:1: cannot be read: an escape or a number in it is out of range"),
        ('a: "\\ud800"', 'x.yaml:1: "\\ud800" holds half a character'),
        ("a: " + "[" * 60, "x.yaml:1: cannot be read: it is nested deeper than 50 levels"),
        ("{a: " * 5000, "x.yaml:1: cannot be read: it is nested deeper than 50 levels"),
        ("\n".join(" " * i + "a:" for i in range(60)), "x.yaml:50: cannot be read: it is nested deeper than 50 levels"),
        ("a: &a [*a]", "x.yaml:1: cannot be read: it is nested deeper than 50 levels once its aliases are followed"),
    ],
)
def test_refusals_name_line_and_cause(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


def test_exploding_aliases_are_refused_at_once() -> None:
    laughs = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    laughs += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
    start = time.process_time()
    assert "it has over 20,000 values once its aliases are followed" in refusal(laughs)
    assert time.process_time() - start < 1


def test_numbers_of_absurd_length_stay_text() -> None:
    assert read("a: " + "9" * 5000) == {"a": "9" * 5000}
    assert "does not fit" in refusal("a: !!float " + "9" * 400)
