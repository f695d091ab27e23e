"""Tries a provider's address out, and says what is wrong (rule 9.6)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .discovery import discovery_address, fetch, forget, host_of, keys_of, metadata_of
from .signed import ALGORITHMS, may_sign
from .trouble import UNREACHABLE, Trouble

NO_ANSWER = gettext_lazy("There is no answer from this address: %(reason)s")
NO_SUCH_KEY = gettext_lazy("None of the provider's keys can sign in a way that we trust.")


@dataclass(frozen=True)
class Fact:
    """Something that the provider says of itself; `is_good` is None if it is neither good nor bad."""

    text: str | Promise
    is_good: bool | None = True


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    problem: str | Promise = ""
    detail: str = ""
    facts: tuple[Fact, ...] = ()


def try_out(typed: str) -> Trial:
    """Reads the provider's document and keys, past the cache."""
    url = discovery_address(typed)
    try:
        forget(url)
        return Trial(facts=_facts(url))
    except Trouble as problem:
        # What an administrator is told is what was seen, not what people are told who sign in.
        words = (
            NO_ANSWER % {"reason": host_of(url) or url[:100]}
            if problem.words == UNREACHABLE
            else problem.words
        )
        return Trial(problem=words, detail=problem.detail)


def _facts(url: str) -> tuple[Fact, ...]:
    found = metadata_of(url)
    keys = keys_of(found)
    usable = [key for key in keys if any(may_sign(key, algorithm) for algorithm in ALGORITHMS)]
    if not usable:
        raise Trouble(NO_SUCH_KEY, f"{found.jwks_uri} has {len(keys)} keys, and none that signs")
    document = fetch(url)
    claims = document.get("claims_supported")
    says_when = not isinstance(claims, list) or "auth_time" in claims
    return (
        Fact(_("Issuer: %(issuer)s") % {"issuer": found.issuer}),
        Fact(_("People sign in at %(host)s") % {"host": host_of(found.authorization_endpoint)}),
        Fact(_("Its keys were read.")),
        Fact(_("It says when somebody signs out there."))
        if found.ends_sessions
        else Fact(_("It does not say when somebody signs out there: sessions here go on."), None),
        Fact(_("It says when somebody has last entered their password."))
        if says_when
        else Fact(
            _("It may not say when somebody has last entered their password: then nobody can confirm by it."),
            None,
        ),
    )
