"""What happened to a mail and by which rule, in sentences (rules 4, 8.2)."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.text import isolated
from groups.models import Mail

ACCEPTED: dict[str, Promise] = {
    "4.3": gettext_lazy("Everyone can send to this list."),
    "4.4": gettext_lazy("The sender is from the company, as this list requires."),
    "4.5": gettext_lazy("The sender is a designated member for this list."),
    "4.6": gettext_lazy("A reply to an email that was sent as the list."),
    "probe": gettext_lazy("Emails to this address kept bouncing, so it was asked once more, alone."),
}
REFUSED: dict[str, Promise] = {
    "4.4": gettext_lazy("The list blocks emails of external domains."),
    "4.5": gettext_lazy("Only designated members can send to this list."),
    "4.6": gettext_lazy("Only designated members who sign in can send as the list."),
    "unknown": gettext_lazy("There is no list with this address."),
    "deleted": gettext_lazy("The group of this list is deleted. Restore it first."),
    "off": gettext_lazy("The mailing list is off."),
    "later": gettext_lazy("It could not be stored at that moment. The sender's server tries again."),
    "size": gettext_lazy("The email is larger than allowed."),
    "headers": gettext_lazy("The headers of the email are larger than allowed."),
    "loop": gettext_lazy("The email had already been through this list."),
    "hops": gettext_lazy("The email went through too many servers. It seems to be going in circles."),
    "bounce": gettext_lazy("Bounces are not sent to a list."),
    "automatic": gettext_lazy("Automatic replies are not sent to a list."),
    "from": gettext_lazy("The email did not have exactly one valid address in From."),
    "forged": gettext_lazy(
        "From was an address of the company, but the email did not come from its servers."
    ),
    "not_own": gettext_lazy("The sender signed in to the mail server in front, but not as the one in From."),
}
SENT_AS: Promise = gettext_lazy("The sender signed in and can send as the list.")
NOT_LET_IN = (Mail.Result.REFUSED, Mail.Result.BLOCKED)


def rule(name: str, *, accepted: bool, as_list: bool = False) -> str:
    """The deciding rule as a sentence; an unknown rule's name."""
    if accepted and as_list:
        return str(SENT_AS)
    return str((ACCEPTED if accepted else REFUSED).get(name, name))


def rule_of(mail: Mail) -> str:
    """The rule that decided on a mail, as a sentence."""
    return rule(mail.rule, accepted=mail.result not in NOT_LET_IN, as_list=mail.is_as_list)


def proof_of(mail: Mail) -> str:
    """How the sender of a mail was verified, if they were (rule 4.7)."""
    if mail.door in (Mail.Door.SUBMISSION, Mail.Door.WEB):
        return _("Signed in")
    if mail.front_login:
        return _("Signed in to the mail server in front as %(login)s") % {"login": isolated(mail.front_login)}
    if mail.door == Mail.Door.SYSTEM:
        return _("Written by the system")
    if mail.member_id is not None:
        return _("The mail server in front verified the address in From")
    return _("The sender could not be verified")
