"""Become an unprivileged account and run a program as it. Started by root as a script.

    python drop_privileges.py UID GID REACH PROGRAM [ARGUMENT...]

PROGRAM and the directory REACH may lie below directories that only root may enter (a checkout
in a 0700 temporary directory). Only then does the program keep one capability of root's, to
pass through them: CAP_DAC_READ_SEARCH, or CAP_DAC_OVERRIDE where a container grants no other
or the programs themselves are closed to others.
It is a program of its own, and not code between fork and exec, because the caller has threads.
"""

import ctypes
import os
import sys

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def main(arguments: list[str]) -> None:
    """Replace this process by the program."""
    uid, gid, reach, program = int(arguments[0]), int(arguments[1]), arguments[2], arguments[3]
    try:
        become(uid, gid)
    except OSError as error:
        sys.exit(f"cannot become the account with uid {uid} and gid {gid}: {error}")
    for capability in (None, _CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        if capability is not None and not keep(capability):
            continue
        try:
            os.listdir(reach)
            os.execv(program, arguments[3:])
        except PermissionError:
            continue
    sys.exit(
        f"the account with uid {uid}, which runs PostgreSQL because root may not, cannot reach "
        f"{reach} or {program}, and no capability to pass through root's directories is to be "
        "had here; run as an ordinary user, or open the directories above both (chmod o+rx)"
    )


def become(uid: int, gid: int) -> None:
    """Be this account for good, its capabilities permitted but none in effect."""
    os.setgroups([gid])
    os.setresgid(gid, gid, gid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setresuid(uid, uid, uid)


def keep(capability: int) -> bool:
    """Have this capability of root's in effect, also after exec; whether that worked."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    header = _Header(_CAPABILITY_VERSION_3, 0)
    bit = 1 << capability
    permitted = bit | 1 << _CAP_DAC_OVERRIDE
    for low in (_Set(bit, permitted, bit), _Set(bit, bit, bit)):
        if libc.capset(ctypes.byref(header), (_Set * 2)(low, _Set(0, 0, 0))) == 0:
            return bool(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0)
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
