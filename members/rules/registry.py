"""The kinds of leaves. Those of members are registered by `members.apps`; upper layers add theirs the same way."""

from collections.abc import Mapping

from members.rules.leaf import Leaf

_leaves: dict[str, type[Leaf]] = {}


def register(*leaves: type[Leaf]) -> None:
    """Add kinds of leaves; called from AppConfig.ready."""
    for leaf in leaves:
        _leaves[leaf.kind] = leaf


def kinds() -> Mapping[str, type[Leaf]]:
    """Return every kind of leaf by its word."""
    return _leaves
