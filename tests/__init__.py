"""Tests look for cycles as rarely as the program does, also while all of it is imported."""

from app.memory import look_for_cycles_rarely

look_for_cycles_rarely()
