"""The page "New mail": written as the list (rule 4.6)."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.datastructures import MultiValueDict
from django.utils.encoding import punycode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.pickers.tokens import parse
from groupadmin.base.form_fields import LineField, TextField
from groupadmin.base.text import isolated
from groups.mail.outgoing.compose import Attachment, NewMail

ADDRESSES_LIMIT = 500
# Of more, not even the first ones are checked.
READ_AT_MOST = 10 * ADDRESSES_LIMIT
SUBJECT_LENGTH = 200
TEXT_LENGTH = 100_000
FILES_LIMIT = 50
NAMED_AT_MOST = 5
NAMED_LENGTH = 100
# The part of a request kept for everything but files.
REST_OF_REQUEST = 1024 * 1024


def attachments_limit() -> int:
    """How many bytes of files fit into a mail, which encodes three bytes as four, and a request."""
    in_mail = int(settings.MAIL_MAX_BYTES) * 7 // 10
    return max(0, min(in_mail, int(settings.REQUEST_MAX_BYTES)) - REST_OF_REQUEST)


def too_many_addresses() -> str:
    """Said wherever there are more addressees than a mail may have."""
    return _("Write to at most %(limit)d addresses.") % {"limit": ADDRESSES_LIMIT}


class AddressesField(forms.CharField):
    """Email addresses as typed or pasted: "Name <name@example.com>", separated by commas or lines."""

    widget = forms.Textarea

    def clean(self, value: Any) -> tuple[str, ...]:
        typed = parse(super().clean(value))
        if typed.is_cut or len(typed.rest) > READ_AT_MOST:
            raise ValidationError(too_many_addresses())
        wrong = [*typed.unknown, *typed.tokens]
        addresses = []
        for address in typed.addresses:
            try:
                validate_email(address)
                addresses.append(_in_ascii(address))
            except (ValidationError, UnicodeError):
                wrong.append(address)
        if wrong:
            shown = ", ".join(isolated(one[:NAMED_LENGTH]) for one in wrong[:NAMED_AT_MOST])
            raise ValidationError(
                _("Not a valid email address: %(lines)s")
                % {"lines": shown + (" …" if len(wrong) > NAMED_AT_MOST else "")}
            )
        return tuple(dict.fromkeys(addresses))


def _in_ascii(address: str) -> str:
    """Domains as mail servers know them."""
    local_part, _at, domain = address.rpartition("@")
    return f"{local_part}@{punycode(domain)}"


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, together within the mail limit."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, (list, tuple)) else [data]
        files = [file for file in given if isinstance(file, UploadedFile)]
        if len(files) > FILES_LIMIT:
            raise ValidationError(_("Attach at most %(limit)d files.") % {"limit": FILES_LIMIT})
        limit = attachments_limit()
        if (size := sum(file.size or 0 for file in files)) > limit:
            raise ValidationError(
                _("The files can have at most %(limit)s in total. These have %(size)s.")
                % {"limit": filesizeformat(limit), "size": filesizeformat(size)}
            )
        return files


class NewMailForm(forms.Form):
    to = AddressesField(
        label=gettext_lazy("To"),
        error_messages={"required": gettext_lazy("Enter at least one email address.")},
        help_text=gettext_lazy("Separate addresses with commas or line breaks."),
    )
    cc = AddressesField(label=gettext_lazy("Cc"), required=False)
    subject = LineField(
        label=gettext_lazy("Subject"),
        most=SUBJECT_LENGTH,
        code_points=1000,
        error_messages={"required": gettext_lazy("Enter a subject.")},
    )
    text = TextField(
        label=gettext_lazy("Text"),
        most=TEXT_LENGTH,
        code_points=2 * TEXT_LENGTH,
        error_messages={"required": gettext_lazy("Write something.")},
    )
    attachments = FilesField(label=gettext_lazy("Attachments"), required=False)
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, files: MultiValueDict[str, UploadedFile[Any]] | None = None
    ) -> None:
        super().__init__(data, files, initial={"form_key": uuid4()}, use_required_attribute=False)
        for name, rows in (("to", 2), ("cc", 1), ("text", 12)):
            self.fields[name].widget.attrs["rows"] = rows
        for name in ("to", "cc"):
            self.fields[name].widget.attrs |= {
                "class": "form-control",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        self.fields["text"].widget.attrs.pop("data-most", None)
        self.fields["attachments"].widget.attrs |= {
            "class": "form-control",
            "data-files": "",
            "data-most-bytes": str(attachments_limit()),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        to, cc = cleaned.get("to", ()), cleaned.get("cc", ())
        if len({*to, *cc}) > ADDRESSES_LIMIT:
            self.add_error("to", too_many_addresses())
        return cleaned

    @property
    def lost_files(self) -> bool:
        """Whether files came with a form that has errors: browsers do not keep them."""
        return bool(self.errors and self.files)

    @property
    def size(self) -> int:
        """How many bytes a valid form's files have together."""
        return sum(file.size or 0 for file in self.cleaned_data["attachments"])

    def mail(self) -> NewMail:
        """A valid form's mail."""
        data = self.cleaned_data
        files: Sequence[UploadedFile[Any]] = data["attachments"]
        return NewMail(
            to=data["to"],
            cc=tuple(one for one in data["cc"] if one not in data["to"]),
            subject=data["subject"],
            text=data["text"],
            form_key=data["form_key"],
            attachments=[Attachment(file.name or "", file.read()) for file in files],
        )
