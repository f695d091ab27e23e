"""Keys that sign the mail of a domain (rule 4.16): made, put in use once their record is found, ended."""

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.models import Company, Domain
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groups.mail.outgoing import signing_keys
from groups.models import SigningKey

# Name servers that do not answer would hold one web process after the other.
AT_MOST_EVERY = timedelta(seconds=5)
# Once a day: with name servers that do not answer, some keys wait for the next day.
SECONDS_OF_A_RUN = 600
KEYS_OF_A_RUN = 10_000
FORMER_SHOWN_FOR = timedelta(days=30)


@audit.action
def make_key(domain: Domain, *, actor: Actor) -> SigningKey:
    """Makes a key, which signs nothing until its record is found. Raises Refused or Invalid.

    Asked again, it gives the one that waits for its record.
    """
    check_administers(actor, domain.company, "mail.make_key")
    if not settings.MAIL_SIGN:
        raise Invalid(None, _("This installation does not sign mail."))
    key = signing_keys.new_key(domain)
    lock_company(domain.company_id)
    domain = Domain.objects.select_for_update(no_key=True).get(pk=domain.pk)
    if not domain.is_usable:
        raise Invalid(None, _("Prove this domain first."))
    if waiting := SigningKey.objects.filter(domain=domain, state=SigningKey.State.NEW).first():
        return waiting
    key.save(force_insert=True)
    audit.record(actor, "mail.make_key", domain, {"signing_key": [None, key.record_name]})
    return key


def check_key(key: SigningKey, *, actor: Actor) -> SigningKey | None:
    """Looks for a key's record now; a new one whose record is there signs from now on.

    Nothing is locked while name servers answer. Returns the key as it is then, if it still is there. Raises
    Refused, or Invalid if somebody has asked a moment ago.
    """
    check_administers(actor, key.domain.company, "mail.check_key")
    if key.state == SigningKey.State.FORMER:
        return key
    asking = SigningKey.objects.filter(domain__company=key.domain.company_id)
    if asking.filter(checked_at__gt=timezone.now() - AT_MOST_EVERY).exists():
        raise Invalid(None, _("You have just checked. Try again in a few seconds."))
    _look(key, actor)
    return SigningKey.objects.select_related("domain").filter(pk=key.pk).first()


def check_keys() -> int:
    """Looks for the records of all keys, once a day, those first that nobody has looked for longest.

    What somebody has added and not come back to tell signs from then on; what is gone is shown on the page.
    Returns how many were looked for.
    """
    end, count = time.monotonic() + SECONDS_OF_A_RUN, 0
    keys = SigningKey.objects.exclude(state=SigningKey.State.FORMER).select_related("domain__company")
    for key in keys.order_by(F("checked_at").asc(nulls_first=True))[:KEYS_OF_A_RUN]:
        if not settings.MAIL_SIGN or time.monotonic() > end:
            break
        _look(key, Actor.system())
        count += 1
    return count


def _look(key: SigningKey, actor: Actor) -> None:
    SigningKey.objects.filter(pk=key.pk).update(checked_at=timezone.now())
    problem = signing_keys.problem_of(key)
    SigningKey.objects.filter(pk=key.pk).update(problem=problem or "")
    if problem is None and key.state == SigningKey.State.NEW:
        use_key(key, actor=actor)


@audit.action
def use_key(key: SigningKey, *, actor: Actor) -> None:
    """Signs with this key from now on. The former one loses its private half."""
    lock_company(key.domain.company_id)
    keys = SigningKey.objects.select_for_update(of=("self",), no_key=True).filter(domain=key.domain_id)
    found = {one.pk: one for one in keys}
    if (new := found.get(key.pk)) is None or new.state != SigningKey.State.NEW:
        return
    former = next((one for one in found.values() if one.state == SigningKey.State.IN_USE), None)
    if former is not None:
        _end(former)
    new.state, new.used_since = SigningKey.State.IN_USE, timezone.now()
    new.save(update_fields=["state", "used_since"])
    before = former.record_name if former else None
    audit.record(actor, "mail.use_key", key.domain, {"signing_key": [before, key.record_name]})


@audit.action
def stop_key(key: SigningKey, *, actor: Actor) -> None:
    """Signs no longer with this key; one that never did is removed. Raises Refused."""
    check_administers(actor, key.domain.company, "mail.stop_key")
    lock_company(key.domain.company_id)
    found = SigningKey.objects.select_for_update(of=("self",), no_key=True).filter(pk=key.pk).first()
    if found is None or found.state == SigningKey.State.FORMER:
        return
    if found.state == SigningKey.State.NEW:
        found.delete()
    else:
        _end(found)
    audit.record(actor, "mail.stop_key", key.domain, {"signing_key": [key.record_name, None]})


def forget_former() -> int:
    """Removes keys that have not signed for a while. Returns how many."""
    long_ago = timezone.now() - FORMER_SHOWN_FOR
    count, _each = SigningKey.objects.filter(state="former", used_until__lt=long_ago).delete()
    return count


def keys_of(company: Company) -> dict[Domain, list[SigningKey]]:
    """The company's domains that can have keys, with them, the newest first."""
    found: dict[Domain, list[SigningKey]] = {
        domain: []
        for domain in Domain.objects.usable().filter(company=company).order_by("-is_primary", "name")
    }
    for key in SigningKey.objects.filter(domain__in=found).select_related("domain"):
        found[key.domain].append(key)
    return found


def _end(key: SigningKey) -> None:
    key.state, key.used_until, key.private_key = SigningKey.State.FORMER, timezone.now(), ""
    key.save(update_fields=["state", "used_until", "private_key"])
