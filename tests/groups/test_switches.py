"""Each switch of a group, also a new one, is everywhere where switches are, by its description alone."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse

from accounts.actor import Refused
from accounts.models import Member
from groups.actions import GroupSettings, update_group
from groups.models import Feature, Group, Master
from groups.models.switches import (
    ADVANCED_SWITCHES,
    FEATURE_SWITCHES,
    ON_AT_FIRST,
    SWITCHES,
    FeatureSwitch,
    SetBy,
    Switch,
)
from tests.admin_pages import admin_url, last_entry, save
from tests.helpers import ClientOf, actor_of

from .dialogs import ADD, ADD_EXTERNAL, as_it_is, edit_url, look, send

pytestmark = pytest.mark.django_db

each_switch = pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


@pytest.fixture
def roomy_group(group: Group) -> Group:
    """Internal, with Message and a list, so that every switch can be switched."""
    group.refresh_from_db()
    assert group.message
    assert group.uses_mailing_list
    return group


def dialog_to_turn(group: Group, switch: Switch) -> dict[str, Any]:
    """The dialog for editing with this one switch turned."""
    return as_it_is(group, **{switch.name: None if getattr(group, switch.name) else "on"})


def test_every_boolean_of_a_group_is_a_switch() -> None:
    """A plain field would be in no dialog, no audit and no permission."""
    booleans = {field.name for field in Group._meta.get_fields() if isinstance(field, models.BooleanField)}
    assert booleans == {switch.name for switch in SWITCHES}
    assert all(isinstance(Group._meta.get_field(name), Switch) for name in booleans)


def test_every_feature_has_its_switch() -> None:
    """Rule 3.1."""
    assert [switch.feature for switch in FEATURE_SWITCHES] == list(Feature)
    assert [switch.name for switch in FEATURE_SWITCHES] == Feature.values
    assert {*FEATURE_SWITCHES} | {*ADVANCED_SWITCHES} == {*SWITCHES}


def test_what_is_on_in_a_new_group() -> None:
    """Rule 2.19."""
    assert not ON_AT_FIRST & {*Feature.values}
    named = {"is_visible": True, "notifies": False, "grants_features": True}
    assert {name: name in ON_AT_FIRST for name in named} == named
    assert Group().switched_on == ON_AT_FIRST == GroupSettings("", frozenset()).switched_on


@each_switch
def test_migrations_know_plain_fields(switch: Switch) -> None:
    """What is said of a switch can change without a migration."""
    _name, path, args, kwargs = switch.deconstruct()
    assert (path, args) == ("django.db.models.BooleanField", [])
    assert kwargs == {"verbose_name": switch.verbose_name, "default": switch.default}
    assert type(switch.clone()) is models.BooleanField


def test_a_switch_that_is_none_is_no_setting() -> None:
    with pytest.raises(TypeError, match="mesage"):
        GroupSettings("", frozenset()).with_switches(mesage=True)


@each_switch
def test_in_the_dialogs(client: Client, group: Group, external_group: Group, switch: Switch) -> None:
    """With label and help, on at first as its default says; external groups show what they can have."""
    pages = {url: look(client, url) for url in (ADD, ADD_EXTERNAL, edit_url(group), edit_url(external_group))}
    there = {url for url, page in pages.items() if f'id="id_{switch.name}"' in page.raw}
    assert there == (pages.keys() if switch.in_external else {ADD, edit_url(group)})
    for url in there:
        assert f'<label for="id_{switch.name}">{switch.verbose_name}</label>' in pages[url].text
        assert str(switch.help_text) in pages[url].text
    assert pages[ADD].is_on(switch.name) is switch.default


@each_switch
def test_turned_in_the_dialog(client: Client, roomy_group: Group, switch: Switch) -> None:
    """Stored, and told by audit and history with label, before and after (rule 8.1)."""
    group, before = roomy_group, getattr(roomy_group, switch.name)
    assert send(client, edit_url(group), dialog_to_turn(group, switch)).status == 302
    group.refresh_from_db()
    assert getattr(group, switch.name) is not before
    entry = last_entry()
    assert entry.action == "group.edit"
    assert entry.changes[switch.name] == [before, not before]
    assert str(switch.verbose_name) in look(client, reverse("groups:history", args=[group.pk])).text


@each_switch
def test_in_the_settings_to_read(client: Client, roomy_group: Group, switch: Switch) -> None:
    """With label and state, but for visibility, which stands there in words of its own."""
    response = client.get(reverse("groups:settings_of", args=[roomy_group.pk]))
    if switch.name == "is_visible":
        assert "To everyone in the company" in response.content.decode()
        return
    shown: list[tuple[Any, bool]] = (
        [(str(feature.label), is_on) for feature, is_on in response.context["features"]]
        if isinstance(switch, FeatureSwitch)
        else response.context["advanced"]
    )
    assert (switch.verbose_name, getattr(roomy_group, switch.name)) in shown
    assert str(switch.verbose_name) in response.content.decode()


@each_switch
def test_in_django_admin(admin: Client, roomy_group: Group, external_group: Group, switch: Switch) -> None:
    url = admin_url(Group, "change", roomy_group.pk)
    before = getattr(roomy_group, switch.name)
    answer = save(admin, url, **{switch.name: not before})
    assert answer.status_code == 302
    roomy_group.refresh_from_db()
    assert getattr(roomy_group, switch.name) is not before
    assert last_entry().changes[switch.name] == [before, not before]
    external = admin.get(admin_url(Group, "change", external_group.pk))
    assert (switch.name in external.context["adminform"].form.fields) is switch.in_external


@each_switch
def test_the_database_keeps_it_from_external_groups(external_group: Group, switch: Switch) -> None:
    """Rules 3.1, 4.9, 5.4."""
    if switch.in_external:
        Group.objects.filter(pk=external_group.pk).update(message=True)
        Group.objects.filter(pk=external_group.pk).update(**{switch.name: True})
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            Group.objects.filter(pk=external_group.pk).update(**{switch.name: True, "message": True})


@each_switch
@pytest.mark.parametrize("grants", [True, False], ids=["granted", "kept"])
def test_who_sets_it(roomy_group: Group, master: Member, switch: Switch, grants: bool) -> None:
    """Rules 5.2, 7: what the dialog shows disabled is refused too when it is sent all the same."""
    Group.objects.filter(pk=roomy_group.pk).update(grants_features=grants)
    group = Group.objects.get(pk=roomy_group.pk)
    wanted = GroupSettings.of(group).with_switches(**{switch.name: not getattr(group, switch.name)})
    may = {
        SetBy.MASTERS: True,
        SetBy.MASTERS_WITH_GRANT: grants,
        SetBy.ADMINISTRATORS_ONLY: False,
    }[switch.set_by]
    if may:
        update_group(group, wanted, group.version, actor=actor_of(master))
    else:
        with pytest.raises(Refused):
            update_group(group, wanted, group.version, actor=actor_of(master))
    group.refresh_from_db()
    assert (group.switched_on == wanted.switched_on) is may


@each_switch
def test_the_dialog_disables_what_a_master_may_not_set(
    client_of: ClientOf, roomy_group: Group, master: Member, switch: Switch
) -> None:
    """Rule 5.2."""
    Group.objects.filter(pk=roomy_group.pk).update(grants_features=False)
    page = look(client_of(master), edit_url(roomy_group))
    assert page.is_disabled(switch.name) is (switch.set_by is not SetBy.MASTERS)


def test_who_sets_what() -> None:
    """Rules 5.2, 7: 5.1 and visibility are the master's in any case, 5.2 only the administrators'."""
    names = {set_by: {one.name for one in ADVANCED_SWITCHES if one.set_by is set_by} for set_by in SetBy}
    assert names[SetBy.ADMINISTRATORS_ONLY] == {"grants_features"}
    assert names[SetBy.MASTERS] >= {"notifies", "is_visible"}
    assert {one.set_by for one in FEATURE_SWITCHES} == {SetBy.MASTERS_WITH_GRANT}


def test_a_master_of_another_company_sets_5_1(external_group: Group, guest: Member) -> None:
    """Rule 7."""
    Master.objects.create(group=external_group, member=guest)
    wanted = GroupSettings.of(external_group).with_switches(notifies=True)
    assert update_group(external_group, wanted, external_group.version, actor=actor_of(guest)).notifies
