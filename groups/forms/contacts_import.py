"""External contacts from a file or pasted: read, previewed, then added (rules 4.8, 4.13)."""

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groupadmin.base.errors import Invalid
from groupadmin.base.files import needs_space
from groupadmin.base.spreadsheets import BYTES_LIMIT, ENCODINGS, label_of
from groupadmin.base.text import clean_line, isolated
from groups.actions.settings import CONTACTS_LIMIT, Contact
from groups.mail.contacts import reading
from groups.mail.contacts.lines import write_contact
from groups.mail.contacts.own_addresses import own_addresses
from groups.mail.contacts.titles import ADDRESS, FAMILY, GIVEN, NAME
from groups.models import Group, MailingList

from .mailing_list import ContactsField

SHOWN_AT_MOST = 100
COLUMNS_SHOWN = 100
TITLE_SHOWN = 40
PASTED_LENGTH = 1_000_000
# What the page keeps of a file between reading and adding, so that the server need not: within the limit of
# a form's fields.
KEPT_LENGTH = 4 * 1024 * 1024
NONE = "-"

COLUMNS = {
    ADDRESS: gettext_lazy("Email address"),
    NAME: gettext_lazy("Full name"),
    GIVEN: gettext_lazy("First name"),
    FAMILY: gettext_lazy("Last name"),
}
SEPARATORS = {
    ",": gettext_lazy("commas"),
    ";": gettext_lazy("semicolons"),
    "\t": gettext_lazy("tabs"),
    "|": gettext_lazy("vertical bars"),
}


class ContactsFileForm(forms.Form):
    """The file or the pasted text, and how to read it. `sheet` is its content, as far as it could be read."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        error_messages={"empty": gettext_lazy("This file is empty. Choose another one.")},
        widget=forms.FileInput(
            attrs={
                "class": "form-control",
                "accept": ".csv,.txt,.tsv,.xlsx,.xls,.ods,.vcf,text/csv,text/vcard",
            }
        ),
    )
    pasted = forms.CharField(
        label=gettext_lazy("Or paste addresses"),
        required=False,
        max_length=PASTED_LENGTH,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "class": "form-control",
                "rows": 4,
                "spellcheck": "false",
                "autocapitalize": "none",
                "autocomplete": "off",
                "placeholder": "Name <name@example.com>",
            }
        ),
    )
    kept = forms.CharField(required=False, max_length=KEPT_LENGTH, widget=forms.HiddenInput)
    # How it was read when these choices were offered: those of columns belong to that.
    was_read_as = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    was_pasted = forms.BooleanField(required=False)
    encoding = forms.CharField(required=False, max_length=20)
    sheet_number = forms.CharField(required=False, max_length=10)

    use_required_attribute = False

    def __init__(self, *args: Any, languages: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages = languages
        self.sheet: reading.Sheet | None = None
        self.content, self.kept_content = b"", ""
        self.is_pasted = False
        self.fields |= {kind: forms.CharField(required=False, max_length=10) for kind in COLUMNS}

    def clean_file(self) -> bytes:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is None:
            return b""
        if (file.size or 0) > BYTES_LIMIT:
            limit = filesizeformat(BYTES_LIMIT)
            raise forms.ValidationError(_("Use a file of at most %(limit)s.") % {"limit": limit})
        try:
            with needs_space("file"):
                return bytes(file.read())
        except Invalid as problem:
            raise forms.ValidationError(problem.message) from None

    def clean_kept(self) -> bytes:
        return _unpacked(self.cleaned_data["kept"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        pasted = "" if cleaned["file"] else cleaned["pasted"].strip()
        self.is_pasted = bool(pasted) or (cleaned["was_pasted"] and not cleaned["file"])
        self.content = cleaned["file"] or pasted.encode() or cleaned["kept"]
        try:
            if not self.content:
                raise Invalid("file", _("Choose a file, or paste addresses."))
            self.kept_content = _packed(self.content)
            with needs_space("file"):
                self.sheet = self._read(cleaned, "utf-8" if self.is_pasted else cleaned["encoding"])
            if not self.sheet.contacts and not any("@" in row.text for row in self.sheet.wrong):
                if self.is_pasted:
                    raise Invalid("pasted", _("There are no email addresses in this text."))
                raise Invalid("file", _("There are no email addresses in it. Choose another file."))
        except Invalid as problem:
            self.add_error("pasted" if pasted else "file", problem.message)
        return cleaned

    def _read(self, cleaned: dict[str, Any], encoding: str) -> reading.Sheet:
        number = str(cleaned["sheet_number"])
        sheet = int(number) if number.isascii() and number.isdigit() else None
        chosen: dict[str, int | None] = {}
        if cleaned["was_read_as"] == f"{encoding}/{number}":
            for kind in COLUMNS:
                value = str(cleaned[kind])
                if value.isascii() and value.isdigit():
                    chosen[kind] = int(value)
                elif value == NONE:
                    chosen[kind] = None
        return reading.read(
            self.content, encoding=encoding, languages=self.languages, sheet=sheet, chosen=chosen
        )

    def preview(self, group: Group, mailing_list: MailingList) -> dict[str, Any]:
        """What would be added, what exists already, and what is wrong."""
        sheet = self.sheet
        assert sheet is not None  # noqa: S101  (the form is valid)
        present = set(mailing_list.external_contacts.values_list("email", flat=True))
        new = {email: contact for email, contact in sheet.contacts.items() if email not in present}
        own = own_addresses(group.company_id, new)
        wrong = sorted(
            [*sheet.wrong, *(_own_row(sheet, new[email], why) for email, why in own.items())],
            key=lambda row: row.line,
        )
        added = [contact for email, contact in sorted(new.items()) if email not in own]
        is_too_much = len(present) + len(added) > CONTACTS_LIMIT
        return {
            "new_count": len(added),
            "new": added[:SHOWN_AT_MOST],
            "more_new": max(0, len(added) - SHOWN_AT_MOST),
            "there_count": len(sheet.contacts) - len(new),
            "repeated_count": len(sheet.repeated),
            "repeated": sheet.repeated[:SHOWN_AT_MOST],
            "wrong_count": len(wrong),
            "wrong": wrong[:SHOWN_AT_MOST],
            "more_wrong": max(0, len(wrong) - SHOWN_AT_MOST),
            "limit": CONTACTS_LIMIT if is_too_much else 0,
            "add_form": ContactsAddForm(initial={"contacts": _lines(added)})
            if added and not is_too_much
            else None,
        }


def _own_row(sheet: reading.Sheet, contact: Contact, why: str) -> reading.BadRow:
    return reading.BadRow(sheet.lines[contact.email], isolated(write_contact(contact)), why)


def _packed(content: bytes) -> str:
    """What fits into a field of the page. Raises Invalid."""
    packed = base64.b64encode(zlib.compress(content, 6)).decode()
    if len(packed) > KEPT_LENGTH:
        raise Invalid("file", _("This file is too large. Keep only the columns with names and addresses."))
    return packed


def _unpacked(packed: str) -> bytes:
    """The content; nothing of what we have not packed, nor more than a file may have."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), BYTES_LIMIT)
    except (binascii.Error, ValueError, zlib.error):
        return b""


def _lines(contacts: list[Contact]) -> str:
    return "\n".join(write_contact(contact) for contact in contacts)


class ReadingForm(forms.Form):
    """How a file was read, for choice: its encoding or sheet, and which column has what (rule 4.13)."""

    kept = forms.CharField(widget=forms.HiddenInput)
    was_read_as = forms.CharField(widget=forms.HiddenInput)
    was_pasted = forms.CharField(widget=forms.HiddenInput)

    use_required_attribute = False

    def __init__(self, of: ContactsFileForm) -> None:
        sheet = of.sheet
        table = sheet.table if sheet else None
        encoding = table.encoding if table else of.cleaned_data.get("encoding", "")
        number = str(table.sheet) if table and table.sheets else ""
        super().__init__(
            initial={
                "kept": of.kept_content,
                "was_read_as": f"{encoding}/{number}",
                "was_pasted": "on" if of.is_pasted else "",
                "encoding": encoding,
                "sheet_number": number,
            },
            auto_id="read_%s",
        )
        self.read = None if of.is_pasted else sheet
        if not number and not of.is_pasted:
            self._offer("encoding", _("Encoding"), [(name, str(label)) for name, label in ENCODINGS.items()])
        if table and len(table.sheets) > 1:
            names = [(str(place), clean_line(name)) for place, name in enumerate(table.sheets)]
            self._offer("sheet_number", _("Sheet"), names)
        # A vCard says itself what is what.
        if sheet and table and table.rows and (table.sheets or table.separator):
            for kind, label in COLUMNS.items():
                self._offer_columns(sheet, kind, str(label))

    def _offer(self, name: str, label: str, choices: list[tuple[str, str]]) -> None:
        widget = forms.Select(attrs={"class": "form-select"})
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, widget=widget)

    def _offer_columns(self, sheet: reading.Sheet, kind: str, label: str) -> None:
        places = [place for place, found in sorted(sheet.columns.kinds.items()) if found == kind]
        guesses = kind == NAME and sheet.guesses_names
        choices = [(str(place), _title(sheet, place)) for place in range(_width(sheet))]
        if len(places) > 1:
            titles = ", ".join(_title(sheet, place) for place in places[:3])
            named = {"count": len(places), "titles": titles}
            choices.insert(0, ("", _("%(count)d columns: %(titles)s") % named))
        if guesses:
            choices.insert(0, ("", _("The first text in the row")))
        self._offer(kind, label, [(NONE, _("None")), *choices] if kind != ADDRESS or not places else choices)
        is_open = len(places) > 1 or guesses
        self.initial[kind] = "" if is_open else str(places[0]) if places else NONE

    @property
    def summary(self) -> str:
        """How it was read, in a sentence."""
        table = self.read.table if self.read else None
        if table is None:
            return ""
        if table.sheets:
            return _("Read from the sheet %(name)s.") % {
                "name": isolated(clean_line(table.sheets[table.sheet]))
            }
        read_as = {"encoding": label_of(table.encoding)}
        if table.separator not in SEPARATORS:
            return _("Read as %(encoding)s.") % read_as
        read_as["separator"] = str(SEPARATORS[table.separator])
        return _("Read as %(encoding)s, separated by %(separator)s.") % read_as


def _width(sheet: reading.Sheet) -> int:
    first = sheet.table.rows[:SHOWN_AT_MOST]
    return min(COLUMNS_SHOWN, max((len(row.cells) for row in first), default=0))


def _title(sheet: reading.Sheet, place: int) -> str:
    """A column by its title, else by its letter and the first text in it."""
    header = sheet.columns.header
    if header is not None and place < len(header.cells) and (title := clean_line(header.cells[place])):
        return title[:TITLE_SHOWN]
    rows = sheet.table.rows[sheet.columns.first_row :][:SHOWN_AT_MOST]
    example = next((row.cells[place] for row in rows if place < len(row.cells) and row.cells[place]), "")
    letter = chr(ord("A") + place) if place < 26 else str(place + 1)
    return _("%(letter)s: %(example)s") % {"letter": letter, "example": clean_line(example)[:TITLE_SHOWN]}


class ContactsAddForm(forms.Form):
    """The previewed contacts, to be added."""

    contacts = ContactsField(widget=forms.HiddenInput)
