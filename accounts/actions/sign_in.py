"""Records who signs in and out, and changes passwords (rule 9.1)."""

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Member
from accounts.provider_reach import binding_of
from accounts.sessions import cut_sessions
from accounts.source import Source
from accounts.tasks import WayIn, tell_way_in


@audit.action
def record_sign_in(member: Member, source: Source, provider: str = "", *, actor: Actor) -> None:
    """Adds the entry of a sign-in, with its device, and the provider by which it was (rule 9.6).

    The person is told of a device that is new.
    """
    is_new = _is_new_device(member, source)
    by: audit.Changes = {"provider": [None, provider]} if provider else {}
    audit.record(actor, "sign_in.done", member, {**by, **source.facts()})
    if is_new:
        tell_way_in(member, WayIn.NEW_DEVICE, ip=source.ip, device=source.device)


def _is_new_device(member: Member, source: Source) -> bool:
    """Whether the person has signed in before, but never from such a device, as far as the audit reaches."""
    before = AuditEntry.objects.filter(actor_id=member.pk, action="sign_in.done")
    facts = source.facts()
    here = Q(**{f"changes__{name}": fact for name, fact in facts.items()}) if facts else Q(changes={})
    return before.exists() and not before.filter(here).exists()


@audit.action
def record_sign_out(member: Member, source: Source, *, actor: Actor) -> None:
    """Adds the entry of a sign-out."""
    audit.record(actor, "sign_in.ended", member, source.facts())


def record_failure(asked: Member | None, source: Source, reason: str | Promise) -> None:
    """Adds the entry of a failed sign-in to the audit of the account's company.

    Without such an account it is the installation's, so that it takes as long (rule 9.7).
    """
    audit.record(
        source.actor(None),
        "sign_in.failed",
        asked,
        source.facts(),
        result=AuditEntry.Result.REFUSED,
        reason=reason,
    )


@audit.action
def set_own_password(
    member: Member,
    password: str,
    source: Source,
    *,
    by_link: bool,
    kept: str | None = None,
    actor: Actor,
) -> None:
    """Sets the password that somebody chose, while signed in or by the link in a mail, and tells them.

    Their other sessions end: of the one with the key `kept` the caller takes care. Raises Refused if they
    have to sign in by a provider instead (rule 9.6).
    """
    check_password_counts(member, "member.reset_password" if by_link else "member.change_password")
    member.set_password(password)
    member.save(update_fields=["password"])
    cut_sessions(member, but=kept)
    action = "member.reset_password" if by_link else "member.change_password"
    audit.record(actor, action, member, source.facts())
    kind = WayIn.PASSWORD_RESET if by_link else WayIn.PASSWORD_CHANGED
    tell_way_in(member, kind, ip=source.ip, device=source.device)


def check_password_counts(member: Member, action: str) -> None:
    """Raises Refused, with the way to their provider, if their password would let nobody in (rule 9.6)."""
    if not (providers := binding_of(member)):
        return
    reason = gettext_lazy(
        "Your company signs in by an identity provider. A password would not let you in here."
    )
    refused = Refused(action, reason, target=member)
    label = _("Sign in with %(provider)s") % {"provider": providers[0].name}
    refused.back = (reverse("sso_start", args=[providers[0].key]), label)
    raise refused


@audit.action
def record_password_set(member: Member, *, actor: Actor) -> None:
    """After a superuser or a command has set somebody's password: ends their sessions and tells them."""
    cut_sessions(member)
    audit.record(actor, "member.set_password", member)
    tell_way_in(member, WayIn.PASSWORD_SET)
