"""Makes and revokes tokens (rule 11.4): each function is one transaction, with its audit."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, once
from accounts.actor import Actor, Refused
from accounts.models import OF_COMPANIES_ONLY, AccessToken, Company, Member, Scope
from accounts.models.token import AccessTokenQuerySet
from accounts.permissions import check_administers, may_administer
from accounts.tasks import WayIn, tell_token_ends, tell_way_in
from accounts.tokens import hash_of, hint_of, make_token
from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line

from .locks import lock_company
from .names import clean_name

AT_MOST = 100
"""Tokens of one owner that have not ended."""
LONGEST_DAYS = 731
SOURCE_LENGTH = 50
ISSUED_FOR = timedelta(hours=1)
ISSUED_AT_MOST = 1_000
"""Tokens that a client has at once; more end its oldest."""
WARNED_BEFORE, WARNED_AT_ONCE = timedelta(days=14), 1_000
KEPT_FOR = timedelta(days=90)
"""How long a token is shown after its end."""
NOT_YOURS = gettext_lazy("People can only do this for themselves.")


@dataclass(frozen=True)
class TokenSettings:
    """What "Add token" asks for. `default_master` is an id; `source` and it are for SCIM (rule 10.4)."""

    name: str
    scopes: frozenset[Scope]
    days: int
    source: str = ""
    default_master: int | None = None
    is_client: bool = False
    accepts_loss: bool = False


@dataclass(frozen=True)
class MadeToken:
    """A new token, and what is shown this once: empty if the same form had made it before (rule 5.8)."""

    token: AccessToken
    secret: str


@audit.action
def create_company_token(company: Company, wanted: TokenSettings, *, actor: Actor) -> MadeToken:
    """Adds a token of the company, or a client. Raises Refused, Unconfirmed (rule 9.4) or Invalid."""
    company = lock_company(company.pk)
    check_administers(actor, company, "token.create")
    actor.check_confirmed()
    if made := once.made(actor, AccessToken):
        return MadeToken(made, "")
    master = _default_master(company, wanted)
    _check(wanted, AccessToken.objects.filter(company=company, member=None))
    token, secret = _make(wanted)
    token.company, token.default_master = company, master
    token.source = clean_line(wanted.source)[:SOURCE_LENGTH]
    token.accepts_loss = wanted.accepts_loss
    return _save(token, secret, actor)


@audit.action
def create_own_token(member: Member, wanted: TokenSettings, *, actor: Actor) -> MadeToken:
    """Adds a token of a person, who is told by mail (rule 9.1).

    Raises Refused, Unconfirmed (rule 9.4) or Invalid.
    """
    if actor.member != member:
        raise Refused("token.create", NOT_YOURS, target=member)
    actor.check_confirmed()
    member = Member.objects.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    if made := once.made(actor, AccessToken):
        return MadeToken(made, "")
    if wanted.scopes & OF_COMPANIES_ONLY or wanted.is_client:
        raise Invalid("scopes", _("Only tokens of the company can have this permission."))
    _check(wanted, AccessToken.objects.filter(member=member))
    token, secret = _make(wanted)
    token.company_id, token.member = member.company_id, member
    made_token = _save(token, secret, actor)
    tell_way_in(member, WayIn.TOKEN, ip=actor.ip)
    return made_token


@audit.action
def revoke_token(token: AccessToken, *, actor: Actor) -> AccessToken:
    """Ends a token at once, with all that its client has got: by its person or an administrator.

    Raises Refused.
    """
    is_own = token.member_id is not None and actor.member is not None and token.member_id == actor.member.pk
    if not is_own and not (verdict := may_administer(actor, token.company)):
        raise Refused("token.revoke", verdict.reason, target=token, company=token.company)
    token = AccessToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record(actor, "token.revoke", token)
    return token


@transaction.atomic
def issue(client: AccessToken, text: str, scopes: Collection[str]) -> AccessToken:
    """Stores a token for an hour for a client that has shown its secret, with some of its scopes.

    Not in the audit: nothing changes, and each use counts for the client.
    """
    now = timezone.now()
    rows = AccessToken.objects.filter(issued_to=client)
    rows.filter(expires_at__lte=now).delete()
    if surplus := list(rows.order_by("-pk").values_list("pk", flat=True)[ISSUED_AT_MOST - 1 :]):
        rows.filter(pk__in=surplus).delete()
    token = AccessToken(
        company=client.company,
        issued_to=client,
        name=client.name,
        token_hash=hash_of(text),
        hint=hint_of(text),
        scopes=sorted(scopes),
        source=client.source,
        default_master=client.default_master,
        accepts_loss=client.accepts_loss,
        expires_at=min(now + ISSUED_FOR, client.expires_at),
    )
    token.save(force_insert=True)
    return token


def warn_of_ends() -> int:
    """Tells owners of tokens that end soon, once each: the person, or the administrators.

    Returns of how many tokens.
    """
    soon = timezone.now() + WARNED_BEFORE
    tokens = AccessToken.objects.usable().shown().filter(expires_at__lte=soon, warned_at=None)
    # Whoever made one for a few days knows.
    lasting = tokens.filter(expires_at__gt=F("created_at") + 2 * WARNED_BEFORE)
    ending = list(lasting.select_related("member")[:WARNED_AT_ONCE])
    for token in ending:
        with transaction.atomic():
            administrators = Member.objects.active().filter(company=token.company_id, is_administrator=True)
            for member in [token.member] if token.member else administrators:
                of_company = token.member is None
                tell_token_ends(member, token.name, token.expires_at, of_company=of_company)
            AccessToken.objects.filter(pk=token.pk).update(warned_at=timezone.now())
    return len(ending)


def forget_old_tokens() -> None:
    """Deletes tokens that ended long ago, and at once those that clients had got for an hour."""
    now = timezone.now()
    AccessToken.objects.filter(issued_to__isnull=False, expires_at__lt=now).delete()
    long_ago = now - KEPT_FOR
    AccessToken.objects.filter(Q(expires_at__lt=long_ago) | Q(revoked_at__lt=long_ago)).delete()


def _default_master(company: Company, wanted: TokenSettings) -> Member | None:
    if Scope.SCIM not in wanted.scopes:
        return None
    master = Member.objects.active().filter(company=company, pk=wanted.default_master or 0).first()
    if master is None:
        raise Invalid("default_master", _("Choose who becomes master of groups that name none."))
    return master


def _check(wanted: TokenSettings, others: AccessTokenQuerySet) -> None:
    """Raises Invalid."""
    if not wanted.scopes:
        raise Invalid("scopes", _("Choose at least one permission."))
    if not 1 <= wanted.days <= LONGEST_DAYS:
        raise Invalid("days", _("Choose when it ends."))
    if others.usable().shown()[:AT_MOST].count() == AT_MOST:
        raise Invalid(
            None,
            _("There are %(count)d tokens already. Revoke one that is no longer used.") % {"count": AT_MOST},
        )


def _make(wanted: TokenSettings) -> tuple[AccessToken, str]:
    secret = make_token()
    token = AccessToken(
        name=clean_name(wanted.name),
        token_hash=hash_of(secret),
        hint=hint_of(secret),
        scopes=sorted(wanted.scopes),
        client_id=f"client_{secrets.token_hex(12)}" if wanted.is_client else "",
        expires_at=timezone.now() + timedelta(days=wanted.days),
    )
    return token, secret


def _save(token: AccessToken, secret: str, actor: Actor) -> MadeToken:
    token.created_by = actor.member
    token.save(force_insert=True)
    once.keep(actor, token)
    values = {
        "scopes": ", ".join(token.scopes),
        "expires_at": f"{token.expires_at:%Y-%m-%d}",
        "source": token.source,
        "client_id": token.client_id,
        "accepts_loss": token.accepts_loss,
        "default_master": token.default_master.name if token.default_master else "",
    }
    audit.record(actor, "token.create", token, {key: [None, value] for key, value in values.items() if value})
    return MadeToken(token, secret)
