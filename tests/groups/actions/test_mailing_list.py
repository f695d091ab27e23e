"""A group's list: its address and its rules as settings (rules 1.6, 4.1, 4.2, 4.4–4.6, 4.8)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from accounts.models import Address, Company, Member, Team
from groupadmin.base.errors import Invalid
from groups.actions import Contact, Entries, GroupSettings, ListSettings, create_group, update_group
from groups.models import Designation, ExternalContact, Feature, Group
from tests.factories import AddressFactory, DomainFactory, ExternalContactFactory, MemberFactory
from tests.helpers import actor_of

pytestmark = pytest.mark.django_db

Dialog = Callable[..., GroupSettings]
ListAt = Callable[..., ListSettings]


@pytest.fixture
def add(administrator: Member, dialog: Dialog) -> Callable[[ListSettings], Group]:
    """Adds a group with this list."""

    def add_group(settings: ListSettings) -> Group:
        filled = dialog(features=frozenset({Feature.MAILING_LIST}), mailing_list=settings)
        assert administrator.company is not None
        return create_group(administrator.company, "internal", filled, actor=actor_of(administrator))

    return add_group


@pytest.fixture
def change(administrator: Member) -> Callable[[Group, ListSettings], Group]:
    """Edits a group's list."""

    def change_list(group: Group, settings: ListSettings) -> Group:
        group = Group.objects.get(pk=group.pk)
        wanted = replace(GroupSettings.of(group), mailing_list=settings)
        update_group(group, wanted, group.version, actor=actor_of(administrator))
        return Group.objects.get(pk=group.pk)

    return change_list


@pytest.mark.parametrize("local_part", ["ab", "a" * 40, "a.b-c_d!e#f", "007", "!#", "-a-", "_" * 2])
def test_an_address_by_the_rule(
    add: Callable[[ListSettings], Group], list_at: ListAt, local_part: str
) -> None:
    """Rule 4.1."""
    assert add(list_at(local_part)).address == f"{local_part}@hanbit.example"


@pytest.mark.parametrize(
    "local_part",
    [
        *("", "a", "a" * 41, "Upper", "a b", "ä1", "a@b", ".ab", "ab.", "a..b"),
        *("a\n", "a\x00b", "ab\u200b", "ａｂ", "a+b", "a'b", "٣٣", "\ud800a"),
    ],
    ids=ascii,
)
def test_an_address_against_the_rule(
    add: Callable[[ListSettings], Group], list_at: ListAt, local_part: str
) -> None:
    """Rule 4.1: beside its field, and nothing is left behind."""
    addresses = Address.objects.count()
    with pytest.raises(Invalid) as invalid:
        add(list_at(local_part))
    assert invalid.value.field == "address"
    assert not Group.objects.exists()
    assert Address.objects.count() == addresses


def test_upper_case_gets_the_hint(add: Callable[[ListSettings], Group], list_at: ListAt) -> None:
    """Rule 4.1."""
    with pytest.raises(Invalid, match="lower"):
        add(list_at("Platform"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("team", "a team"), ("group", "a group"), ("member", "a member"), ("alias", "a member")],
)
def test_a_taken_address_is_refused_with_the_kind_of_its_owner(
    add: Callable[[ListSettings], Group],
    administrator: Member,
    private_group: Group,
    list_at: ListAt,
    kind: str,
    words: str,
) -> None:
    """Rules 4.2, 1.6: and with nothing else of the owner."""
    company = administrator.company
    if kind == "member":
        MemberFactory.create(company=company, name="Taker", email="taken@hanbit.example")
    else:
        owner = MemberFactory.create(company=company, name="Taker") if kind == "alias" else None
        AddressFactory.create(company=company, local_part="taken", kind=kind, member=owner)
    with pytest.raises(Invalid) as invalid:
        add(list_at("taken"))
    assert words in invalid.value.message
    assert "Taker" not in invalid.value.message


def test_the_domain_is_one_of_the_company(
    add: Callable[[ListSettings], Group], list_at: ListAt, administrator: Member
) -> None:
    """Rules 4.1, 1.1."""
    foreign, second = DomainFactory.create(), DomainFactory.create(company=administrator.company)
    with pytest.raises(Invalid):
        add(replace(list_at("platform"), domain_id=foreign.pk))
    assert add(replace(list_at("platform"), domain_id=second.pk)).address == f"platform@{second.name}"


def test_another_address_frees_the_old_one(
    group: Group, change: Callable[[Group, ListSettings], Group], list_at: ListAt
) -> None:
    assert change(group, list_at("guild")).address == "guild@hanbit.example"
    assert not Address.objects.filter(local_part="platform").exists()
    assert change(group, list_at("platform")).address == "platform@hanbit.example"


def test_a_refused_address_keeps_the_old_one(
    group: Group, change: Callable[[Group, ListSettings], Group], list_at: ListAt
) -> None:
    with pytest.raises(Invalid):
        change(group, list_at("momo"))
    assert Group.objects.get(pk=group.pk).address == "platform@hanbit.example"


def test_the_rules_are_kept_and_changed(
    add: Callable[[ListSettings], Group],
    change: Callable[[Group, ListSettings], Group],
    list_at: ListAt,
    member: Member,
    outsider: Member,
    team: Team,
    group: Group,
) -> None:
    """Rules 4.4–4.6, 4.8."""
    rules = list_at(
        "launch",
        blocks_external_domains=True,
        who_can_send="designated",
        senders=Entries(members=frozenset({member.pk}), teams=frozenset({team.pk})),
        send_as=Entries(members=frozenset({member.pk, outsider.pk}), groups=frozenset({group.pk})),
        contacts=frozenset({Contact("client@outside.example", "Client")}),
    )
    added = add(rules)
    assert ListSettings.of(Group.objects.get(pk=added.pk)) == rules
    changed = replace(
        rules,
        blocks_external_domains=False,
        senders=Entries(members=frozenset({outsider.pk})),
        send_as=Entries(),
        contacts=frozenset({Contact("client@outside.example", "Renamed"), Contact("b@outside.example")}),
    )
    assert ListSettings.of(change(added, changed)) == changed


def test_only_own_active_people_are_designated(
    add: Callable[[ListSettings], Group], list_at: ListAt, guest: Member, administrator: Member
) -> None:
    """Rules 4.5, 4.6."""
    inactive = MemberFactory.create(company=administrator.company, is_active=False)
    for person in (guest, inactive):
        for role in ("senders", "send_as"):
            with pytest.raises(Invalid):
                add(list_at("launch", **{role: Entries(members=frozenset({person.pk}))}))
    assert not Designation.objects.exists()


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b@c", "a b@outside.example", "x@" + "y" * 400, "a\n@b.example"]
)
def test_a_contact_has_a_mail_address(
    add: Callable[[ListSettings], Group], list_at: ListAt, email: str
) -> None:
    """Rule 4.8."""
    with pytest.raises(Invalid) as invalid:
        add(list_at("launch", contacts=frozenset({Contact(email)})))
    assert invalid.value.field == "contacts"


def test_a_contact_is_there_once_under_a_clean_name(
    add: Callable[[ListSettings], Group], list_at: ListAt
) -> None:
    """Rules 4.8, 2.4."""
    add(
        list_at(
            "launch",
            contacts=frozenset(
                {Contact("A@outside.example", " Ann\x00 "), Contact("a@outside.example", "Ann")}
            ),
        )
    )
    contact = ExternalContact.objects.get()
    assert (contact.email, contact.name) == ("a@outside.example", "Ann")
    with pytest.raises(Invalid):
        add(list_at("else", contacts=frozenset({Contact("b@outside.example", "x" * 101)})))


def test_settings_without_the_switch_wait(administrator: Member, dialog: Dialog, list_at: ListAt) -> None:
    """Rule 3.3: the list may be prepared, and is in use once it is switched on."""
    assert administrator.company is not None
    filled = dialog(mailing_list=list_at("later"))
    group = create_group(administrator.company, "internal", filled, actor=actor_of(administrator))
    assert group.address == ""
    assert Address.objects.filter(local_part="later").exists()


@pytest.mark.parametrize("whose", ["member", "alias", "team", "group"])
def test_an_address_of_the_own_company_is_no_external_contact(
    change: Callable[[Group, ListSettings], Group],
    company: Company,
    group: Group,
    member: Member,
    team: Team,
    list_at: ListAt,
    whose: str,
) -> None:
    """Rule 4.8, whatever it is written like; a contact who became a member stops no other change."""
    alias = AddressFactory.create(company=company, kind=Address.Kind.ALIAS, member=member)
    team.address = AddressFactory.create(company=company, kind=Address.Kind.TEAM)
    team.save()
    own = {"member": member.email, "alias": str(alias), "team": str(team.address), "group": group.address}[
        whose
    ]
    before = list_at("platform", contacts=frozenset({Contact("kim@outside.example")}))
    change(group, before)
    wrong = replace(before, contacts=before.contacts | {Contact(own.upper().replace("@", "\u200b＠"))})
    with pytest.raises(Invalid, match=f"A {whose.replace('alias', 'member')} of your company") as invalid:
        change(group, wrong)
    assert invalid.value.field == "contacts"
    ExternalContactFactory.create(mailing_list=group.mailing_list, email=own)
    change(group, replace(wrong, blocks_external_domains=True))
