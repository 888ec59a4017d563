"""Which scopes only somebody with a second factor uses: those that manage, and those that sign; and
those of somebody who comes from outside."""

from collections.abc import Collection

from services.identity.scopes import OUTSIDE_SCOPES

GUARDED_VERBS = frozenset({"manage", "approve", "attest", "release", "sign"})
"""The last words of such scopes, whatever the area."""


def need_second_factor(scopes: Collection[str]) -> bool:
    """Whether somebody who holds these scopes has to have a second factor.

    An auditor from outside has, though they only read: nobody in the house sees who uses their
    password, and what they read is what the house keeps to itself.
    """
    if frozenset(scopes) == OUTSIDE_SCOPES:
        return True
    return any(scope.rpartition(":")[2] in GUARDED_VERBS for scope in scopes)
