"""YAML text to a tree of located values, refusing what a spec never needs: see `parse`."""

from collections.abc import Callable
from typing import TypeAlias

import yaml

from raylth.errors import SpecError
from raylth.spec.sentences import dotted, shown
from raylth.spec.tree import KeyPath, Located
from raylth.spec.yaml_core import PREFIX, core_tag, scalar

MAX_DEPTH = 50
MAX_NODES = 20_000

PlaceOfLine: TypeAlias = Callable[[int], str]


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with YAML 1.2 words and a bounded depth, since it calls itself for every nesting."""

    resolve = staticmethod(core_tag)
    depth = 0
    composed = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        self.composed += 1
        if self.depth > MAX_DEPTH or self.composed > MAX_NODES:
            raise yaml.MarkedYAMLError(problem=_too_much(self.depth), problem_mark=self.get_mark())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _too_much(depth: int) -> str:
    return f"it is nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"it has over {MAX_NODES:,} values"


class _Builder:
    """Nodes to located values. Counts what it builds, because a few aliases can expand to billions of values."""

    def __init__(self, place: PlaceOfLine) -> None:
        self.place = place
        self.built = 0

    def fail(self, node: yaml.Node, sentence: str) -> SpecError:
        return SpecError(f"{self.at(node)}: {sentence}")

    def at(self, node: yaml.Node) -> str:
        return self.place(node.start_mark.line + 1)

    def build(self, node: yaml.Node, path: KeyPath, place: str) -> Located:
        self.built += 1
        if len(path) >= MAX_DEPTH or self.built > MAX_NODES:
            raise self.fail(node, f"cannot be read: {_too_much(len(path) + 1)} once its aliases are followed")
        if isinstance(node, yaml.MappingNode) and node.tag == PREFIX + "map":
            return Located(self.mapping(node, path), place)
        if isinstance(node, yaml.SequenceNode) and node.tag == PREFIX + "seq":
            items = (self.build(item, (*path, i), self.at(item)) for i, item in enumerate(node.value))
            return Located(tuple(items), place)
        return Located(self.scalar(node, path), place)

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Located]:
        lines: dict[str, int] = {}
        children: dict[str, Located] = {}
        for key_node, child in node.value:
            key = self.key(key_node, path)
            if key in lines:
                where = dotted((*path, key))
                raise self.fail(key_node, f"{where} is given twice; the first time is on line {lines[key]}")
            lines[key] = key_node.start_mark.line + 1
            children[key] = self.build(child, (*path, key), self.at(key_node))
        return children

    def key(self, node: yaml.Node, path: KeyPath) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.fail(node, f"a key under {dotted(path) or 'the top level'} is not a word, but must be one")
        return self.encodable(node, str(node.value))

    def encodable(self, node: yaml.Node, text: str) -> str:
        # An escape such as "\ud800" makes half of a character, which no file and no terminal can hold.
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise self.fail(node, f"{shown(text)} holds half a character; write the whole one")
        return text

    def scalar(self, node: yaml.Node, path: KeyPath) -> str | int | float | bool | None:
        try:
            value = scalar(node)
        except ValueError:
            tag = shown(node.tag.replace(PREFIX, "!!"))
            raise self.fail(node, f"{dotted(path)} has the tag {tag}, which does not fit here; leave it out") from None
        return self.encodable(node, value) if isinstance(value, str) else value


def parse(text: str, place: PlaceOfLine) -> Located:
    """The one document in `text`; an empty one is null.

    Args:
        text: YAML of any size.
        place: Turns a line number, counted from 1, into what an error should call it.

    Raises:
        SpecError: Not YAML, several documents, a key given twice or not a word, a tag that is not YAML's own, more
            than 50 levels, or more than 20,000 values once aliases are followed.
    """
    node = _compose(text, place)
    if node is None:
        return Located(None, place(1))
    return _Builder(place).build(node, (), place(1))


def _compose(text: str, place: PlaceOfLine) -> yaml.Node | None:
    try:
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(f"{place(line)}: cannot be read: {_one_line(error)}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = text[error.position]
        raise SpecError(f"{place(line)}: cannot be read: the character U+{ord(character):04X} is not allowed") from None
    except (ValueError, OverflowError):
        # PyYAML does not check escapes such as "\UFFFFFFFF" before it makes characters of them.
        raise SpecError(f"{place(1)}: cannot be read: an escape or a number in it is out of range") from None


def _one_line(error: yaml.MarkedYAMLError) -> str:
    sentence = ", ".join(" ".join(part.split()) for part in (error.context, error.problem) if part)
    return sentence if sentence.isprintable() else ascii(sentence)
