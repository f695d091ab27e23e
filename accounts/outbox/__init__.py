"""What webhooks are told (rule 11.5): which changes they are told of, and what waits to be delivered."""

from .events import TEST, Events, headings, known, register
from .write import Told, add, add_test

__all__ = ["TEST", "Events", "Told", "add", "add_test", "headings", "known", "register"]
