"""Takes back what somebody has just done: "Undo" in the message that says it (rule 10.13)."""

from .keeping import keep, together
from .kinds import Kind, State, register
from .undoing import forget_old, undo

__all__ = ["Kind", "State", "forget_old", "keep", "register", "together", "undo"]
