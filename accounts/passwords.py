"""Which passwords are taken, at every door where one is set (Django's AUTH_PASSWORD_VALIDATORS)."""

import re
import unicodedata
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from .models import Member

# Short pieces, such as "kim" or "of", are in many good passwords: only what is left without them counts.
SHORTEST_PIECE = 3
LEFT_AT_LEAST = 6
# The hundred million guesses that somebody makes with a stolen database in a moment.
GUESSES_AT_LEAST = 10**8
ESTIMATED_LENGTH = 72
"""As far as zxcvbn reads; what is longer is not easier to guess."""

_SEPARATORS = re.compile(r"[\W_]+")


class PersonalPasswordValidator:
    """Refuses a password made of the person's own name, address or company."""

    def validate(self, password: str, user: object = None) -> None:
        rest = _plain(password)
        for piece in sorted(set(_pieces(user)), key=len, reverse=True):
            rest = rest.replace(piece, "").replace(piece[::-1], "")
        if rest != _plain(password) and len(rest) < LEFT_AT_LEAST:
            raise ValidationError(self.get_help_text(), code="password_too_similar")

    def get_help_text(self) -> str:
        return _("Your password must not be made of your name, your email address or your company's name.")


class GuessablePasswordValidator:
    """Refuses what is common, has been in breaches, or follows a pattern: by the lists of zxcvbn."""

    def validate(self, password: str, user: object = None) -> None:
        known = [*_pieces(user)]
        found = zxcvbn(password[:ESTIMATED_LENGTH], user_inputs=known)
        if found["guesses"] < GUESSES_AT_LEAST:
            raise ValidationError(
                _("This password is easy to guess. Choose a longer one, such as several words."),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return _("Your password must not be easy to guess: several words are hard to guess.")


def _pieces(user: object) -> Iterator[str]:
    """The words of what others know about the person."""
    if not isinstance(user, Member):
        return
    company = user.company.name if user.company is not None else ""
    local_part, _at, domain = user.email.partition("@")
    for text in (user.name, local_part, domain.rpartition(".")[0], user.email, company):
        words = [_plain(word) for word in _SEPARATORS.split(text)]
        yield from (word for word in (*words, _plain(text)) if len(word) >= _shortest(word))


def _shortest(word: str) -> int:
    """A word of two characters says much in scripts other than ours."""
    return SHORTEST_PIECE if word.isascii() else 2


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SEPARATORS.sub("", folded)
