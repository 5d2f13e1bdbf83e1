"""YAML that people write: no deeper and no larger than such a file can be, whatever it was made to become."""

from __future__ import annotations

from typing import Any

import yaml

_DEEPEST = 20
_MOST_NODES = 100_000


class UnboundedError(yaml.MarkedYAMLError):
    """The file would nest or grow without bound."""

    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem=problem, problem_mark=mark)


def load(content: bytes | str, loader: type[Any]) -> Any:
    """`yaml.load`, refused before anything is built where collections nest too deep or aliases multiply.

    Raises:
        yaml.YAMLError: also for what is refused here, with its place.
    """
    _refuse_depth(content)
    reading = loader(content)
    try:
        root = reading.get_single_node()
        if root is None:
            return None
        if _count(root, {}) > _MOST_NODES:
            raise UnboundedError(f"its aliases make more than {_MOST_NODES:,} values of it", root.start_mark)
        return reading.construct_document(root)
    finally:
        reading.dispose()


def _refuse_depth(content: bytes | str) -> None:
    """Events come without recursion, so the depth is known before anything follows it."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise UnboundedError(f"it is nested deeper than {_DEEPEST}", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _count(node: yaml.Node, counted: dict[int, int]) -> int:
    """How many values a node stands for, when every alias is written out."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    known = counted.get(id(node))
    if known == 0:
        raise UnboundedError("it contains itself", node.start_mark)
    if known is None:
        counted[id(node)] = 0
        pairs = node.value if isinstance(node, yaml.MappingNode) else ((child,) for child in node.value)
        known = counted[id(node)] = 1 + sum(_count(child, counted) for pair in pairs for child in pair)
    return known
