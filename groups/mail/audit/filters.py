"""The filters of Audit › Mail (rule 8.3): period, person, list, result and text."""

from datetime import timedelta

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit.filters import ANY, AuditFilters, SearchTextField, midnight
from groups.models import ListAlias, Mail


class MailFilters(AuditFilters):
    """The filter bar above the list, like that of Audit › Admin.

    People and lists are found by their texts at the time of the mail. Links filter by id instead: `who` is
    the person known to have sent it, `of` the group.
    """

    group = SearchTextField(label=gettext_lazy("Mailing list"))
    result = forms.ChoiceField(
        label=gettext_lazy("Result"), choices=[("", ANY), *Mail.Result.choices], required=False
    )
    q = SearchTextField(label=gettext_lazy("Subject or message ID"))
    field_order = ["period", "person", "group", "q", "result", "since", "until"]

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        for admin_only in ("task", "door"):
            del self.fields[admin_only]
        self.fields["group"].widget.attrs["placeholder"] = _("Name or address")

    def of_period(self, company_id: int) -> QuerySet[Mail]:
        """All of the company's mails in the chosen period."""
        first, last = self.days
        mails = Mail.objects.filter(company_id=company_id)
        if first:
            mails = mails.filter(at__gte=midnight(first))
        if last:
            mails = mails.filter(at__lt=midnight(last + timedelta(days=1)))
        return mails

    def mails(self, company_id: int) -> QuerySet[Mail]:
        """The company's mails that match the filters, unsorted."""
        return self.of_period(company_id).filter(self._wanted())

    def _wanted(self) -> Q:
        cleaned = self.cleaned_data
        wanted = Q()
        for name, fields in (
            ("person", ("sender", "member_name", "member_email", "envelope_sender")),
            ("group", ("list_name", "list_address")),
            ("q", ("subject", "message_id")),
        ):
            if text := cleaned[name]:
                found = _in_one_of(fields, text)
                wanted &= found | _by_alias(text) if name == "group" else found
        if cleaned["result"]:
            wanted &= Q(result=cleaned["result"])
        if self.person_id:
            wanted &= Q(member_id=self.person_id)
        if self.target and self.target[0] == "group":
            wanted &= Q(group_id=self.target[1])
        return wanted


def _by_alias(text: str) -> Q:
    """Mail of lists with such an alias: it is recorded under the address the list goes by (rule 4.14)."""
    aliases = ListAlias.objects.filter(address__email__icontains=text)
    return Q(mailing_list__in=aliases.values("mailing_list"))


def _in_one_of(fields: tuple[str, ...], text: str) -> Q:
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__icontains": text})
    return found
