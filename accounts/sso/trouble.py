"""What goes wrong between a provider and us, in words for whoever signs in or sets it up (rule 9.6)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


class Trouble(Exception):  # noqa: N818  (mostly the other side's)
    """A provider does not do what it should, or lets nobody in whom we know.

    `words` are for the person; `detail` is for logs, in English.
    """

    def __init__(self, words: str | Promise, detail: str = "") -> None:
        super().__init__(detail or str(words))
        self.words = words
        self.detail = detail


UNREACHABLE = gettext_lazy("Your company's sign-in does not answer. Try again in a few minutes.")
BROKEN = gettext_lazy(
    "Your company's sign-in gave an answer that cannot be trusted. Ask an administrator to check its "
    "settings."
)
STALE = gettext_lazy("This sign-in took too long, or was used already. Sign in again.")
CANCELLED = gettext_lazy("You did not finish signing in. Try again, or choose another way.")
REFUSED = gettext_lazy("Your company's sign-in did not let you in. Ask an administrator of your company.")
UNVERIFIED = gettext_lazy(
    "Your company's sign-in did not say that your email address is verified. Ask an administrator of your "
    "company."
)
UNKNOWN = gettext_lazy("There is no active account for you here. Ask an administrator of your company.")
OTHER_IDENTITY = gettext_lazy(
    "Your account here belongs to another identity at your company's sign-in. Ask an administrator to "
    "separate them."
)
OFF = gettext_lazy("This sign-in is no longer in use. Choose another way.")
OTHER_PERSON = gettext_lazy("You signed in as somebody else there. Nothing was confirmed.")
NOT_FRESH = gettext_lazy(
    "Your company's sign-in did not say that you have just signed in. Confirm in another way, or ask the "
    "emergency administrator."
)
