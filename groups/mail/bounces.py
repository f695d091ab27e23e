"""Takes in mail that came back, and pauses addresses that keep failing."""

from .parts import Arrival, Decision


def take_in(arrival: Arrival, token: str) -> Decision:
    """Notes what a bounce says of its envelope's recipients. `token` is what tokens.bounce_token gave.

    Nobody is ever answered but in the dialogue: 550 where the token is not ours, else 250.
    """
    raise NotImplementedError
