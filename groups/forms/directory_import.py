"""The forms of an import: what is brought, and which of its rows are shown (rule 10.2)."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Company, Member
from accounts.pickers import Chosen
from accounts.pickers.fields import PickerField, give_scope
from accounts.pickers.scope import CompanyScope, Purpose
from groupadmin.base.spreadsheets import ENCODINGS
from groupadmin.base.text import clean_line
from groups.directory.imports.options import Options
from groups.directory.imports.summary import KINDS, LEFT_OUT, VERDICTS
from groups.directory.sources.known import SOURCES

from .new_mail import FilesInput

SEARCH_LENGTH = 200


def files_limit() -> int:
    """How many bytes of files an import may have at once."""
    return int(settings.IMPORT_MAX_BYTES)


class ImportFilesField(forms.FileField):
    """Several files: tables, a zip of them, or what another system has written."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, (list, tuple)) else [data]
        files = [file for file in given if isinstance(file, UploadedFile)]
        if not files:
            raise ValidationError(self.error_messages["required"])
        if sum(file.size or 0 for file in files) > files_limit():
            raise ValidationError(too_large())
        if not any(file.size for file in files):
            raise ValidationError(self.error_messages["empty"])
        return files


def too_large() -> str:
    """Said of more than the server takes, before and after it is sent."""
    return _("The files can have at most %(limit)s in total. A zip of them is smaller.") % {
        "limit": filesizeformat(files_limit())
    }


class DefaultMasterForm(forms.Form):
    """Who manages the groups for which the files name nobody; before they are read, or after."""

    default_master = PickerField(
        label=gettext_lazy("Default master"),
        required=False,
        help_text=gettext_lazy("Manages the groups for which the files name no master."),
    )

    def __init__(self, *args: Any, actor: Actor, company: Company, address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_scope(self, "default_master", CompanyScope(actor, company, Purpose.PEOPLE))
        self.company = company
        if address:
            there = Member.objects.active().filter(company=company, email=address)
            self.initial["default_master"] = Chosen(frozenset(there.values_list("pk", flat=True)))

    def clean_default_master(self) -> str:
        """The address of the one who is chosen."""
        chosen: Chosen = self.cleaned_data["default_master"]
        if len(chosen.members) > 1:
            raise ValidationError(_("Choose one person."))
        people = Member.objects.active().filter(company=self.company, pk__in=chosen.members)
        found = people.values_list("email", flat=True).first()
        if chosen.members and found is None:
            raise ValidationError(_("This person is no longer available. Choose someone else."))
        return found or ""


class ImportForm(DefaultMasterForm):
    """Files, what they are, and what is not in them."""

    field_order = ("file", "format", "default_master")

    file = ImportFilesField(
        label=gettext_lazy("Files"),
        error_messages={
            "required": gettext_lazy("Choose the files to import."),
            "empty": gettext_lazy("These files are empty. Choose others."),
        },
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Where they come from"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    removes_missing = forms.BooleanField(
        label=gettext_lazy("Remove what is missing"),
        required=False,
        help_text=gettext_lazy(
            "What earlier imports from the same source brought and these files no longer have. Nothing that "
            "was added here by hand."
        ),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=gettext_lazy("Choose one if names look wrong in the preview."),
    )

    use_required_attribute = False

    def __init__(self, *args: Any, actor: Actor, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, company=company, **kwargs)
        sources = [(source.name, source.label) for source in SOURCES]
        self._offer("format", [("", _("Detect automatically")), *sources])
        encodings = [(name, str(label)) for name, label in ENCODINGS.items()]
        self._offer("encoding", [("", _("Detect automatically")), *encodings])
        attributes = {"class": "form-control", "data-files": "", "data-most-bytes": str(files_limit())}
        self.fields["file"].widget.attrs |= attributes

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = choices

    def options(self, languages: list[str]) -> Options:
        """What was chosen; the languages are a hint at the encoding."""
        chosen = self.cleaned_data
        names = ("format", "default_master", "removes_missing", "encoding")
        return Options(languages=languages, **{name: chosen[name] for name in names})


class RowFilters(forms.Form):
    """Which rows of an import are shown. What cannot be read filters nothing."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            *VERDICTS.items(),
            (LEFT_OUT, gettext_lazy("Could not be done")),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("All")), *KINDS.items()],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    file = forms.ChoiceField(
        label=gettext_lazy("File"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    q = forms.CharField(
        label=gettext_lazy("Name or file"),
        required=False,
        widget=forms.TextInput(
            attrs={"class": "form-control", "type": "search", "dir": "auto", "autocomplete": "off"}
        ),
    )

    def __init__(self, wanted: QueryDict, files: list[str]) -> None:
        super().__init__(wanted)
        field = self.fields["file"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = [("", _("All")), *((name, clean_line(name)) for name in files)]
        if len(files) < 2:
            del self.fields["file"]
        self.is_valid()

    @property
    def chosen(self) -> dict[str, str]:
        """What filters, by the names of the fields."""
        found = {name: str(value) for name, value in self.cleaned_data.items() if value}
        if "q" in found and not (typed := clean_line(found["q"])[:SEARCH_LENGTH]):
            del found["q"]
        elif "q" in found:
            found["q"] = typed
        return found

    @property
    def query(self) -> QueryDict:
        """The same as parameters of an address."""
        query = QueryDict(mutable=True)
        for name, value in self.chosen.items():
            query[name] = value
        return query
