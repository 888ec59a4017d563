"""How often the interpreter looks for cycles among its objects."""

import gc

_NEW_OBJECTS = 50_000
_YOUNG_PASSES = 20
_OLD_PASSES = 100


def look_for_cycles_rarely() -> None:
    """Leave what was imported out of collections, and make them rare.

    Nearly everything is freed by its reference count. By default Python looks after every 700 new
    objects, which takes a third of the time that posting a remittance takes; a request or a
    thousand claims make some ten thousand, and next to none of them are cycles.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_PASSES, _OLD_PASSES)
