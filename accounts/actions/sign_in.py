"""Records who signs in and out, and changes passwords (rule 9.1)."""

from django.utils.functional import Promise

from accounts import audit
from accounts.actor import Actor
from accounts.models import AuditEntry, Member
from accounts.sessions import cut_sessions
from accounts.source import Source
from accounts.tasks import WayIn, tell_way_in


@audit.action
def record_sign_in(member: Member, source: Source, *, actor: Actor) -> None:
    """Adds the entry of a sign-in, with its device. The person is told of one that is new."""
    is_new = _is_new_device(member, source)
    audit.record(actor, "sign_in.done", member, source.facts())
    if is_new:
        tell_way_in(member, WayIn.NEW_DEVICE, ip=source.ip, device=source.device)


def _is_new_device(member: Member, source: Source) -> bool:
    """Whether the person has signed in before, but never from such a device, as far as the audit reaches."""
    before = AuditEntry.objects.filter(actor_id=member.pk, action="sign_in.done")
    return before.exists() and not before.filter(changes=source.facts()).exists()


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

    Their other sessions end: of the one with the key `kept` the caller takes care.
    """
    member.set_password(password)
    member.save(update_fields=["password"])
    cut_sessions(member, but=kept)
    action = "member.reset_password" if by_link else "member.change_password"
    audit.record(actor, action, member, source.facts())
    kind = WayIn.PASSWORD_RESET if by_link else WayIn.PASSWORD_CHANGED
    tell_way_in(member, kind, ip=source.ip, device=source.device)


@audit.action
def record_password_set(member: Member, *, actor: Actor) -> None:
    """After a superuser or a command has set somebody's password: ends their sessions and tells them."""
    cut_sessions(member)
    audit.record(actor, "member.set_password", member)
    tell_way_in(member, WayIn.PASSWORD_SET)
