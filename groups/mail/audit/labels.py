"""What happened to a mail and by which rule, in sentences (rules 4, 8.2)."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.models import Mail

ACCEPTED: dict[str, Promise] = {
    "4.3": gettext_lazy("Everyone may send to this list."),
    "4.4": gettext_lazy("The sender is of the company, which is all that this list takes."),
    "4.5": gettext_lazy("The sender is designated for sending to this list."),
    "4.6": gettext_lazy("An answer to a mail that was sent as the list."),
}
REFUSED: dict[str, Promise] = {
    "4.4": gettext_lazy("The list blocks emails of external domains."),
    "4.5": gettext_lazy("Only designated members can send to this list."),
    "4.6": gettext_lazy("Only designated members who sign in can send as the list."),
    "unknown": gettext_lazy("There is no list with this address."),
    "deleted": gettext_lazy("The list's group is deleted."),
    "off": gettext_lazy("The mailing list is switched off."),
    "later": gettext_lazy("It could not be kept at that moment; the sender's server tries again."),
    "size": gettext_lazy("The mail is larger than what is taken here."),
    "headers": gettext_lazy("The headers of the mail were larger than what is read."),
    "loop": gettext_lazy("The mail had been through this list already."),
    "hops": gettext_lazy("The mail had been through too many servers, so it went round in circles."),
    "bounce": gettext_lazy("Bounces are not distributed to a list."),
    "automatic": gettext_lazy("Automatic replies are not distributed to a list."),
    "from": gettext_lazy("The mail had not exactly one valid address in From."),
    "forged": gettext_lazy("From was an address of the company, but the mail did not come from its servers."),
}
SENT_AS: Promise = gettext_lazy("The sender signed in and is designated for sending as the list.")
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
    if mail.member_id is not None:
        return _("The address in From is genuine, by the front mail server")
    return _("Nothing proves who sent it")
