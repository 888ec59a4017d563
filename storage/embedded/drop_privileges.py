"""Become an unprivileged account and run a program as it. Started by root as a script.

    python drop_privileges.py UID GID REACH... -- PROGRAM [ARGUMENT...]

PROGRAM and the directories REACH may lie below directories that only root may enter (a checkout
in a 0700 temporary directory). Only then does the program keep one capability of root's, to
pass through them: CAP_DAC_READ_SEARCH, or CAP_DAC_OVERRIDE where a container grants no other
or the programs themselves are closed to others.
It is a program of its own, and not code between fork and exec, because the caller has threads.
"""

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_PASSAGE = 1 << _CAP_DAC_OVERRIDE | 1 << _CAP_DAC_READ_SEARCH


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
    uid, gid = int(arguments[0]), int(arguments[1])
    end = arguments.index("--")
    directories, command = arguments[2:end], arguments[end + 1 :]
    try:
        become(uid, gid)
    except OSError as error:
        sys.exit(f"cannot become the account with uid {uid} and gid {gid}: {error}")
    for capability in (None, _CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        if capability is not None and not keep(capability):
            continue
        try:
            for directory in directories:
                list(Path(directory).iterdir())
            os.execv(command[0], command)  # noqa: S606 - the caller named the program
        except PermissionError:
            continue
        except OSError as error:
            sys.exit(f"cannot run {command[0]}: {error}")
    sys.exit(
        f"the account with uid {uid}, which runs PostgreSQL because root may not, cannot reach "
        f"one of {', '.join((*directories, command[0]))}, and no capability to pass through "
        "root's directories is to be had here; run as an ordinary user, or open the "
        "directories above them (chmod o+rx)"
    )


def become(uid: int, gid: int) -> None:
    """Be this account for good, with root's capabilities permitted but none in effect.

    initdb asks access(2) for its programs, which leaves out capabilities unless the kernel is
    told to stop adjusting them by user id.
    """
    os.setgroups([gid])
    os.setresgid(gid, gid, gid)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0)
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setresuid(uid, uid, uid)
    if sys.platform == "linux":
        put_in_effect(0)


def keep(capability: int) -> bool:
    """Have this capability of root's in effect, also after exec; whether that worked."""
    if sys.platform != "linux" or not put_in_effect(1 << capability):
        return False
    raised = ctypes.CDLL(None).prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)
    return bool(raised == 0)


def put_in_effect(capabilities: int) -> bool:
    """Have exactly these in effect and permit no others than may be needed; whether it worked."""
    libc = ctypes.CDLL(None)
    header, sets = _Header(_CAPABILITY_VERSION_3, 0), (_Set * 2)()
    libc.capget(ctypes.byref(header), sets)
    permitted = sets[0].permitted & _PASSAGE
    sets[0] = _Set(capabilities, permitted, capabilities)
    sets[1] = _Set(0, 0, 0)
    return bool(libc.capset(ctypes.byref(header), sets) == 0)


if __name__ == "__main__":
    main(sys.argv[1:])
