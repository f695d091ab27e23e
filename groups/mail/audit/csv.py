"""Audit › Mail as a CSV file (rule 8.3)."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from groupadmin.base.downloads import in_batches, table_lines
from groupadmin.base.spreadsheets.writing import Cells
from groups.models import Mail

from . import labels


def rows(mails: QuerySet[Mail]) -> Iterator[Cells]:
    """The lines, newest mail first, for table_answer."""
    return in_batches(mails.defer("addressed", "headers").order_by("-at", "-id"), _rows)


def lines(mails: QuerySet[Mail]) -> Iterator[str]:
    """The table as CSV, some lines at a time."""
    return table_lines(head, rows(mails))


def _rows(batch: list[Mail]) -> list[list[str]]:
    """Translates each label once a batch: a year can have a million mails but few different labels."""
    doors = {value: str(label) for value, label in Mail.Door.choices}
    results = {value: str(label) for value, label in Mail.Result.choices}
    yes_no = {True: _("yes"), False: _("no")}
    rules = {key: labels.rule_of(mail) for key, mail in {_rule_key(mail): mail for mail in batch}.items()}
    return [
        _cells(mail, doors[mail.door], results[mail.result], yes_no[mail.is_as_list], rules[_rule_key(mail)])
        for mail in batch
    ]


def _rule_key(mail: Mail) -> tuple[str, str, bool]:
    return mail.rule, mail.result, mail.is_as_list


def head() -> list[str]:
    """The titles of the columns."""
    return [
        *(_("Number"), _("Time"), _("Subject"), _("Sender as shown"), _("Actual sender"), _("Email address")),
        *(
            _("Envelope sender"),
            _("Received via"),
            _("IP address"),
            _("List"),
            _("List address"),
            _("Sent as the list"),
        ),
        *(_("Recipients"), _("Result"), _("Rule"), _("Reason"), _("Size in bytes"), _("Message ID")),
    ]


def _cells(mail: Mail, door: str, result: str, as_list: str, rule: str) -> list[str]:
    return [
        str(mail.pk),
        timezone.localtime(mail.at).isoformat(timespec="seconds"),
        *(mail.subject, mail.sender, mail.member_name, mail.member_email, mail.envelope_sender),
        door,
        mail.ip or "",
        *(mail.list_name, mail.list_address),
        as_list,
        str(mail.recipient_count),
        result,
        rule,
        mail.reason,
        str(mail.size),
        mail.message_id,
    ]
