"""What a claim lacks before it can go out, gathered so that all of it is told at once."""

from services.refusals import Fault


class Lacks:
    """Faults by the claim's own pointers. What is said never quotes a patient's data."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, pointer: str, message: str, code: str) -> None:
        """One thing, and how to mend it; the same is told once."""
        fault = Fault(pointer, message, code)
        if fault not in self.faults:
            self.faults.append(fault)
