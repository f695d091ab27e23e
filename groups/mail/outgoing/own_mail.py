"""Whether a list's mail goes to a member, and why not, as texts."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from groups.models import MailingList

from .recipients import Receiving, receiving


@dataclass(frozen=True)
class OwnMail:
    """One member's mail of one list."""

    state: Receiving
    address: str

    @classmethod
    def of(cls, mailing_list: MailingList, member: Member) -> "OwnMail":
        return cls(receiving(mailing_list, member), str(mailing_list))

    @property
    def is_received(self) -> bool:
        return self.state is Receiving.YES

    @property
    def is_stopped(self) -> bool:
        """Whether they have stopped it themselves, and so can start it again."""
        return self.state is Receiving.OPTED_OUT

    @property
    def is_paused(self) -> bool:
        """Whether their address is paused, which they can end themselves (rule 4.10)."""
        return self.state is Receiving.PAUSED

    @property
    def icon(self) -> str:
        return ICONS.get(self.state, "mail")

    @property
    def label(self) -> Promise:
        return _LABELS.get(self.state, _NOT_IN_GROUP)

    @property
    def hint(self) -> str | Promise:
        """An addition to the text, shown less prominently."""
        if self.state is Receiving.OPTED_OUT:
            return _("You are still in the group.")
        return "" if self.state in _SAY_ALL else self.address


def why_not_received(state: Receiving | None) -> Promise:
    """Why there is nothing to stop, for a member who wants to stop it; None means a group without a list."""
    return _NOTHING_TO_STOP.get(state, _("You are not in this group, or it has no mailing list."))


PAUSED = _("Emails to your address came back, so you get none from mailing lists.")
LOST = _("The domain of your address is another company's, so no email goes there.")
_SAY_ALL = {Receiving.PAUSED, Receiving.LOST, Receiving.AS_CONTACT}
ICONS = {
    Receiving.YES: "mail-check",
    Receiving.OPTED_OUT: "mail-x",
    Receiving.PAUSED: "mail-warning",
    Receiving.LOST: "mail-warning",
    Receiving.AS_CONTACT: "mail-check",
}
_LABELS = {
    Receiving.YES: _("You get emails from this list."),
    Receiving.OPTED_OUT: _("You unsubscribed from this list."),
    Receiving.PAUSED: PAUSED,
    Receiving.LOST: LOST,
    Receiving.AS_CONTACT: _("Your address is an external contact of this list and gets its emails."),
}
_NOT_IN_GROUP = _("You are not in this group, so you get no email from its list.")
_NOTHING_TO_STOP: dict[Receiving | None, Promise] = {
    Receiving.OPTED_OUT: _("You already unsubscribed. You are still in the group."),
    Receiving.PAUSED: PAUSED,
    Receiving.LOST: LOST,
    Receiving.AS_CONTACT: _(
        "Your address is an external contact of this list. Ask a master of the group to remove it."
    ),
}
