"""The dialogs "Add Group", "Add external group" and "Edit Group/Master" (rules 2, 3, 5)."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.forms.name_field import NameField
from accounts.losses import LosesMany
from accounts.models import Company, Undoable
from accounts.models.named import DESCRIPTION_CODE_POINTS, DESCRIPTION_LENGTH
from accounts.permissions import may_administer
from accounts.pickers import PickerField, give_scope
from groupadmin.base.errors import Invalid
from groupadmin.base.form_fields import TextField, show_invalid
from groupadmin.base.ids import parse_id
from groupadmin.base.pictures import NotAPicture
from groups import limits, permissions
from groups.actions import Entries, GroupSettings, ListSettings, create_group, keep_photo_draft
from groups.models import FEATURES, ROOM_FEATURES, Feature, Group, PhotoDraft
from groups.models.switches import ADVANCED_SWITCHES, NEED_MESSAGE, SWITCHES, SetBy, switches_of
from groups.permissions import Act
from groups.pickers import GroupScope, Purpose
from groups.undo.settings import update_group

from .mailing_list import MailingListForm

INFORMATION = ["name", "description"]
CLOSES = "list-closes"
"""Posted by those who were asked whether to close a list to everybody."""
LIST_FIELDS = ("address", "aliases", "senders", "send_as", "contacts")


class GroupForm(forms.ModelForm[Group]):
    """What the dialogs share. The form reads and checks; the actions decide and write."""

    kind: str
    asks_to_close = False
    """Whether all that is wrong is that nobody could send to the list; saving again goes on (rule 4.5)."""

    name = NameField(label=gettext_lazy("Group Name"))
    description = TextField(
        label=gettext_lazy("Description"),
        most=DESCRIPTION_LENGTH,
        code_points=DESCRIPTION_CODE_POINTS,
        required=False,
    )
    photo = forms.FileField(label=gettext_lazy("Representative photo"), required=False)
    masters = PickerField(
        label=gettext_lazy("Master(s)"),
        error_messages={"required": limits.NO_MASTER},
    )
    members = PickerField(
        label=gettext_lazy("Member(s)"),
        required=False,
        error_messages={"required": limits.NO_ENTRY},
    )

    class Meta:
        model = Group
        fields = [*INFORMATION, *(switch.name for switch in SWITCHES)]

    def __init__(
        self,
        data: QueryDict | None = None,
        files: Any = None,
        *,
        actor: Actor,
        company: Company,
        instance: Group | None = None,
    ) -> None:
        self.actor = actor
        self.company = company
        self.group = instance
        super().__init__(data, files, instance=instance, initial=self._initial(instance))
        for switch in SWITCHES:
            if switch not in switches_of(self.kind):
                del self.fields[switch.name]
        self.draft = self._draft()
        # Without scripts, the box "remove_photo" is used.
        self.removes_photo = bool(data and (data.get("photo_draft") == "none" or "remove_photo" in data))
        self.list_form = self._list_form(data)
        self._scope_pickers()
        self._dress_texts()

    def _dress_texts(self) -> None:
        about = {"group": str(self.group.pk)} if self.group else {}
        self.fields["name"].widget.attrs |= {
            "autofocus": not self.is_bound,
            "data-counter": "id_name_count",
            "hx-post": f"{reverse('groups:check_name')}?{urlencode(about)}",
            "hx-params": "name",
            "hx-trigger": "input changed delay:300ms",
            "hx-target": "#name-check",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }
        self.fields["description"].widget.attrs |= {
            "data-counter": "id_description_count",
            "rows": 2,
            "placeholder": _("What is this group for?"),
        }

    def _initial(self, group: Group | None) -> dict[str, Any]:
        if group is None:
            return {}
        now = GroupSettings.of(group)
        return {"masters": Entries(members=now.masters), "members": now.entries}

    def _list_form(self, data: QueryDict | None) -> MailingListForm | None:
        if Feature.MAILING_LIST not in FEATURES[self.kind]:
            return None
        is_used = bool(data and data.get(Feature.MAILING_LIST.value))
        is_there = is_used or bool(data and "list-local_part" in data)
        return MailingListForm(
            data if is_there else None,
            actor=self.actor,
            company=self.company,
            group=self.group,
            is_used=is_used,
        )

    def _scope_pickers(self) -> None:
        for name, purpose in (("masters", Purpose.MASTERS), ("members", Purpose.MEMBERS)):
            give_scope(self, name, GroupScope(self.actor, self.company, self.kind, purpose, self.group))

    def _draft(self) -> PhotoDraft | None:
        """The photo chosen before, if it is this person's."""
        chosen = "" if "remove_photo" in self.data else str(self.data.get("photo_draft", ""))
        if self.actor.member is None:
            return None
        return PhotoDraft.objects.filter(pk=parse_id(chosen) or 0, member=self.actor.member).first()

    def clean_photo(self) -> None:
        """Keeps an uploaded photo as a draft, so that an error elsewhere does not lose it (rule 2.6)."""
        upload = self.cleaned_data.get("photo")
        if not isinstance(upload, UploadedFile) or self.actor.member is None:
            return
        try:
            self.draft = keep_photo_draft(self.actor.member, upload, upload.size or 0)
        except (NotAPicture, Invalid) as problem:
            raise ValidationError(str(problem)) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for feature in NEED_MESSAGE:
            if not data.get(feature.value) or data.get(Feature.MESSAGE.value):
                continue
            # Switching Message off switches these off; they cannot be switched on without it (rule 3.2).
            if self.instance.pk and self.initial.get(Feature.MESSAGE.value):
                data[feature.value] = False
            else:
                self.add_error(feature.value, _("This needs Message."))
        if self.list_form is not None and self.list_form.is_used and not self.list_form.is_valid():
            raise ValidationError(_("Check the mailing list settings."), code="list")
        self._ask_to_close()
        return data

    def _ask_to_close(self) -> None:
        """Raises ValidationError before a list is closed to everybody; saving again closes it (rule 4.5)."""
        rules = self.list_form
        if rules is None or not rules.is_used or self.errors or CLOSES in self.data or not rules.would_close:
            return
        self.asks_to_close = True
        raise ValidationError(
            _("Nobody is designated, so nobody could send to this list: every email to it would be refused."),
            code="closes",
        )

    def _get_validation_exclusions(self) -> set[str]:  # Django's hook, unknown to its stubs
        """Leaves rules across fields to the actions, whose messages are better."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions | {feature.value for feature in Feature}

    def settings(self) -> GroupSettings:
        """A valid form's values."""
        data = self.cleaned_data
        masters: Entries = data["masters"]
        return GroupSettings(
            name=data["name"],
            masters=masters.members,
            entries=data["members"],
            description=data["description"],
            switched_on=frozenset(
                one.name for one in switches_of(self.kind) if data.get(one.name, one.default)
            ),
            mailing_list=self._list_settings(),
            photo=self.draft,
            removes_photo=self.removes_photo,
            form_key=data.get("form_key"),
        )

    def _list_settings(self) -> ListSettings | None:
        if self.list_form is not None and self.list_form.is_used:
            return self.list_form.settings()
        return ListSettings.of(self.group) if self.group else None

    @property
    def room_features(self) -> list[str]:
        """The names of the switches that depend on each other (rule 3.2)."""
        return [feature.value for feature in ROOM_FEATURES if feature.value in self.fields]

    @property
    def dependent(self) -> list[forms.BoundField]:
        """The switches that need Message (rule 3.2)."""
        return [self[feature.value] for feature in NEED_MESSAGE if feature.value in self.fields]

    @property
    def advanced(self) -> list[forms.BoundField]:
        """The switches under "Advanced" (rule 5)."""
        return [self[switch.name] for switch in ADVANCED_SWITCHES if switch.name in self.fields]

    @property
    def hidden_errors(self) -> list[str]:
        """Errors of hidden fields: the form was altered after it was sent out."""
        wrong = any(field.errors for field in self.hidden_fields())
        return [_("This form is incomplete. Open the dialog again.")] if wrong else []

    def show(self, invalid: Invalid) -> None:
        """Shows an action's error beside its field, also in the mailing list's part."""
        if invalid.field in LIST_FIELDS and self.list_form is not None and self.list_form.is_used:
            show_invalid(self.list_form, invalid, renamed={"address": "local_part"})
            self.add_error(None, ValidationError(_("Check the mailing list settings."), code="list"))
        else:
            show_invalid(self, invalid)


class AddForm(GroupForm):
    """What both dialogs for adding share."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    continues = forms.BooleanField(label=gettext_lazy("Continue to add after saving"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_administer(self.actor, self.company):
            for switch in switches_of(self.kind):
                if switch.set_by is SetBy.ADMINISTRATORS_ONLY:
                    del self.fields[switch.name]
            if self.actor.member is not None:
                # The creator becomes a master (rule 1.5).
                self.initial["masters"] = Entries(members=frozenset({self.actor.member.pk}))

    def save(self, commit: bool = True) -> Group:
        """Adds the group. Raises Refused or Invalid."""
        return create_group(self.company, self.kind, self.settings(), actor=self.actor)


class AddGroupForm(AddForm):
    """ "Add Group": an internal group."""

    kind = Group.Kind.INTERNAL

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].required = True


class AddExternalGroupForm(AddForm):
    """ "Add external group": always private, without tasks and mailing list (rules 3.1, 4.9, 5.4)."""

    kind = Group.Kind.EXTERNAL


class EditGroupForm(GroupForm):
    """ "Edit Group/Master": all fields, as far as the person may change them (rules 2.18, 7)."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    undoable: Undoable | None = None
    """What can be undone, once it is saved (rule 10.13)."""

    def __init__(self, *args: Any, instance: Group, **kwargs: Any) -> None:
        self.kind = instance.kind
        super().__init__(*args, instance=instance, **kwargs)
        self.initial["version"] = instance.version
        self._disable_switches(instance)
        if self.list_form is not None and not permissions.may(self.actor, Act.SET_LIST_RULES, instance):
            # Shown as they are, whatever was posted (rule 5.2).
            self.list_form = self._list_form(None)
            assert self.list_form is not None  # noqa: S101
            for field in self.list_form.fields.values():
                field.disabled = True

    def _disable_switches(self, group: Group) -> None:
        """Disables switches the person may not use, with the reason (rule 5.2)."""
        verdicts = {
            set_by: permissions.may(self.actor, act, group) for set_by, act in permissions.ACTS_TO_SET.items()
        }
        self.features_reason = verdicts[SetBy.MASTERS_WITH_GRANT].reason
        for switch in switches_of(self.kind):
            if not (verdict := verdicts[switch.set_by]):
                self.fields[switch.name].disabled = True
                if switch in ADVANCED_SWITCHES:
                    self.fields[switch.name].help_text = str(verdict.reason)

    def save(self, commit: bool = True) -> Group:
        """Changes the group. Raises Refused, Invalid, Conflict or LosesMany."""
        assert self.group is not None  # noqa: S101  (editing has a group)
        try:
            version = self.cleaned_data["version"]
            group, self.undoable = update_group(self.group, self.settings(), version, actor=self.actor)
            return group
        except LosesMany as asks:
            if self.draft is not None:
                asks.keeps["photo_draft"] = str(self.draft.pk)
            raise
