"""Which scopes only somebody with a second factor uses: those that manage, and those that sign."""

from collections.abc import Collection

GUARDED_VERBS = frozenset({"manage", "approve", "attest", "release", "sign"})
"""The last words of such scopes, whatever the area."""


def need_second_factor(scopes: Collection[str]) -> bool:
    """Whether somebody who holds these scopes has to have a second factor."""
    return any(scope.rpartition(":")[2] in GUARDED_VERBS for scope in scopes)
