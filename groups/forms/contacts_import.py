"""External contacts from a CSV file: previewed, then added (rule 4.8)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.errors import Invalid
from groupadmin.base.files import needs_space
from groups.actions.settings import Contact
from groups.mail import contacts_csv
from groups.mail.contacts.lines import write_contact
from groups.models import MailingList

from .mailing_list import ContactsField

SHOWN_AT_MOST = 100


class ContactsFileForm(forms.Form):
    """The file. `sheet` is its valid content."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
        },
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".csv,.txt,.tsv,text/csv"}),
    )

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = contacts_csv.Sheet()

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > contacts_csv.BYTES_LIMIT:
            limit = filesizeformat(contacts_csv.BYTES_LIMIT)
            raise ValidationError(_("Use a file of at most %(limit)s.") % {"limit": limit})
        try:
            with needs_space():
                self.sheet = contacts_csv.read(file.read())
        except Invalid as problem:
            raise ValidationError(problem.message) from None
        return file

    def preview(self, mailing_list: MailingList) -> dict[str, Any]:
        """What would be added, what exists already, and what is wrong."""
        present = set(mailing_list.external_contacts.values_list("email", flat=True))
        new = [contact for email, contact in sorted(self.sheet.contacts.items()) if email not in present]
        wrong = self.sheet.wrong
        return {
            "new_count": len(new),
            "new": new[:SHOWN_AT_MOST],
            "more_new": max(0, len(new) - SHOWN_AT_MOST),
            "there_count": len(self.sheet.contacts) - len(new),
            "repeated": self.sheet.repeated,
            "wrong_count": len(wrong),
            "wrong": wrong[:SHOWN_AT_MOST],
            "more_wrong": max(0, len(wrong) - SHOWN_AT_MOST),
            "add_form": ContactsAddForm(initial={"contacts": _lines(new)}) if new else None,
        }


def _lines(contacts: list[Contact]) -> str:
    return "\n".join(write_contact(contact) for contact in contacts)


class ContactsAddForm(forms.Form):
    """The previewed contacts, to be added."""

    contacts = ContactsField(widget=forms.HiddenInput)
