"""Audit › Mail as a table for spreadsheets (spec 8.3)."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit_csv import table
from groups.models import Mail

from . import words


def lines(mails: QuerySet[Mail]) -> Iterator[str]:
    """The table, some lines at a time, the newest mail first."""
    return table(_head, mails, lambda batch: [_cells(mail) for mail in batch])


def _head() -> list[str]:
    return [
        *(_("Number"), _("Time"), _("Subject"), _("Sender as shown"), _("Who sent it"), _("Email address")),
        *(
            _("Envelope sender"),
            _("Door"),
            _("IP address"),
            _("List"),
            _("List address"),
            _("Sent as the list"),
        ),
        *(_("Recipients"), _("Result"), _("Rule"), _("Reason"), _("Size in bytes"), _("Message id")),
    ]


def _cells(mail: Mail) -> list[str]:
    return [
        str(mail.pk),
        timezone.localtime(mail.at).isoformat(timespec="seconds"),
        *(mail.subject, mail.sender, mail.member_name, mail.member_email, mail.envelope_sender),
        str(mail.get_door_display()),
        mail.ip or "",
        *(mail.list_name, mail.list_address),
        _("yes") if mail.is_as_list else _("no"),
        str(mail.recipient_count),
        str(mail.get_result_display()),
        words.rule_of(mail),
        mail.reason,
        str(mail.size),
        mail.message_id,
    ]
