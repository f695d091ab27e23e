"""What became of an attempt, in words (rule 11.5)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from groupadmin.base.public_http import Reason

from .sending import Problem

WORDS: dict[str, Promise] = {
    Problem.STATUS: gettext_lazy("The receiver did not take it."),
    Problem.REDIRECT: gettext_lazy(
        "The receiver redirected, which is not followed. Enter the final address."
    ),
    Problem.GONE: gettext_lazy("The receiver said that the address no longer exists."),
    Problem.SECRET: gettext_lazy("The secret can no longer be read. Make a new one."),
    Reason.ADDRESS: gettext_lazy("The address cannot be called."),
    Reason.PRIVATE: gettext_lazy("The address is not public, so it was not called."),
    Reason.UNKNOWN: gettext_lazy("The name in the address was not found."),
    Reason.CONNECTION: gettext_lazy("Nobody answers at the address."),
    Reason.TLS: gettext_lazy("No secure connection could be made."),
    Reason.TIMEOUT: gettext_lazy("The answer took too long."),
    Reason.BROKEN: gettext_lazy("The answer could not be read."),
}
SAYS_MORE = {Reason.TLS, Reason.BROKEN, Reason.CONNECTION}
"""Problems whose cause helps: what the certificate lacks, for example."""


def explain(problem: str) -> str:
    """A stored problem as a sentence, with its cause where that helps. Empty for none."""
    code, _colon, cause = problem.partition(": ")
    text = str(WORDS.get(code, code))
    return f"{text} ({cause})" if cause and code in SAYS_MORE else text
