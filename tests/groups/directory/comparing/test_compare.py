"""What differs between a source and a company (rule 10.8)."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import Address, Company, Member
from groups.directory.comparing.differences import Difference, compare
from groups.directory.comparing.mail import MailDifference
from groups.directory.imports.options import Options
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.lists import KnownList, Posting
from groups.models import DirectoryImport, Group, ImportRow, Membership
from tests.groups.directory.imports.importing import brought_in

pytestmark = pytest.mark.django_db

CREW = KnownList("crew", "crew@hanbit.example", "Crew", "All on board", posting=Posting.MEMBERS)
DECK = KnownList("deck", "deck@hanbit.example", "Deck")


def lists() -> list[Record | Problem]:
    """Crew has a person, somebody outside, and Deck; Deck has a person and a customer."""
    return [
        *CREW.records(),
        CREW.owner("mira@hanbit.example"),
        CREW.subscriber("momo@hanbit.example"),
        CREW.subscriber("guest@outside.example", "Guest"),
        CREW.sublist(DECK),
        *DECK.records(),
        DECK.owner("mira@hanbit.example"),
        DECK.subscriber("tae@hanbit.example"),
    ]


@pytest.fixture
def moved(company: Company, master: Member, member: Member, teammate: Member) -> Company:
    """The company after it has brought the lists in."""
    brought_in(company, lists(), source="mailman")
    return company


def found(company: Company, records: Iterable[Record | Problem]) -> list[Difference | MailDifference]:
    return list(
        compare(records, company, "mailman", actor=Actor.system(), options=Options(removes_missing=True))
    )


def said(ones: Sequence[Difference | MailDifference]) -> list[Any]:
    """Short enough to compare."""
    return [
        (one.address, one.only_there, one.only_here)
        if isinstance(one, MailDifference)
        else (str(one.what), one.kind, one.name)
        for one in ones
    ]


class TestNothing:
    def test_after_everything_is_in_nothing_differs(self, moved: Company) -> None:
        assert found(moved, lists()) == []

    def test_comparing_leaves_nothing(self, company: Company, master: Member) -> None:
        assert found(company, lists())
        assert not DirectoryImport.objects.exists()
        assert not ImportRow.objects.exists()
        assert not Group.objects.filter(name="Crew").exists()

    def test_what_has_no_counterpart_is_named_and_no_difference(self, moved: Company) -> None:
        pattern = CREW.left_out("Named by a pattern.")
        assert said(found(moved, [*lists(), pattern])) == [("left out", "", "Crew")]


class TestThings:
    def test_what_is_missing_here(self, company: Company, master: Member, member: Member) -> None:
        differences = said(found(company, lists()))
        assert ("missing", "group", "Crew") in differences
        assert ("missing", "member", "tae@hanbit.example") in differences
        assert (
            "crew@hanbit.example",
            ["guest@outside.example", "momo@hanbit.example", "tae@hanbit.example"],
            [],
        ) in (differences)

    def test_what_was_changed_here(self, moved: Company) -> None:
        Group.objects.filter(name="Crew").update(description="Everybody", is_visible=False)
        changed = found(moved, lists())[0]
        assert isinstance(changed, Difference)
        assert changed.here == {"description": "Everybody", "is_visible": False}
        assert changed.there == {"description": "All on board", "is_visible": True}

    def test_what_was_added_here_by_hand(self, moved: Company, outsider: Member) -> None:
        """What others brought stays when a source is imported again, but it is a difference (rule 10.4)."""
        crew = Group.objects.get(name="Crew")
        Membership.objects.create(group=crew, member=outsider)
        crew.masters.create(member=outsider)
        assert crew.mailing_list is not None
        crew.mailing_list.designations.create(member=outsider, purpose="to")
        crew.mailing_list.external_contacts.create(email="more@outside.example")
        name = "otto@hanbit.example › Crew"
        assert said(found(moved, lists())) == [
            ("only here", "master", name),
            ("only here", "entry", name),
            ("only here", "sender", name),
            ("only here", "contact", "more@outside.example › Crew"),
            ("crew@hanbit.example", [], ["more@outside.example", "otto@hanbit.example"]),
        ]

    def test_groups_that_the_source_does_not_know_are_none_of_its_business(
        self, moved: Company, group: Group
    ) -> None:
        assert found(moved, lists()) == []

    def test_where_the_source_names_no_master_ours_are_no_difference(
        self, company: Company, master: Member, member: Member, teammate: Member
    ) -> None:
        """A list whose owner is outside the company has the default master."""
        records = [one for one in lists() if not (isinstance(one, Record) and one.kind == Kind.MASTER)]
        brought_in(company, records, source="mailman", default_master="mira@hanbit.example")
        assert found(company, records) == []


class TestMail:
    def test_contacts_of_a_contained_list_get_mail_there_only(self, moved: Company) -> None:
        """There, mail to Crew goes on to Deck's address, and so to everybody in Deck; here to members."""
        records = [*lists(), DECK.subscriber("customer@outside.example")]
        brought_in(moved, records, source="mailman")
        assert said(found(moved, records)) == [("crew@hanbit.example", ["customer@outside.example"], [])]

    def test_whoever_switched_mail_off_there_gets_it_here(self, moved: Company) -> None:
        records = lists()
        records[4] = CREW.subscriber("momo@hanbit.example", receives=False)
        assert said(found(moved, records)) == [("crew@hanbit.example", [], ["momo@hanbit.example"])]

    def test_whoever_switched_mail_off_here_gets_it_there(self, moved: Company, member: Member) -> None:
        crew = Group.objects.get(name="Crew")
        assert crew.mailing_list is not None
        crew.mailing_list.opt_outs.create(member=member)
        (difference,) = found(moved, lists())
        assert isinstance(difference, MailDifference)
        assert difference.why == {"momo@hanbit.example": "opted out"}

    def test_a_person_is_the_same_by_any_address(self, moved: Company, member: Member) -> None:
        domain = moved.domains.get()
        Address.objects.create(local_part="m", domain=domain, kind=Address.Kind.ALIAS, member=member)
        records = lists()
        records[4] = CREW.subscriber("m@hanbit.example")
        assert found(moved, records) == []
        direct = Record(Kind.ENTRY, {"group": "Crew", "member": "m@hanbit.example"})
        assert found(moved, [*lists(), direct]) == []

    def test_lists_that_contain_each_other_end(self, moved: Company) -> None:
        records = [*lists(), DECK.sublist(CREW)]
        assert said(found(moved, records)) == [
            ("refused", "entry", "Crew › Deck"),
            ("deck@hanbit.example", ["guest@outside.example", "momo@hanbit.example"], []),
        ]

    def test_people_of_teams_and_of_those_below(self, moved: Company, outsider: Member) -> None:
        """A source that has teams: a team in a group stands for its people."""
        records = [
            *lists(),
            Record(Kind.PLACE, {"team": "Sea / North", "member": "otto@hanbit.example"}),
            Record(Kind.ENTRY, {"group": "Deck", "team": "Sea"}),
        ]
        assert ("deck@hanbit.example", ["otto@hanbit.example"], []) in said(found(moved, records))
        brought_in(moved, records, source="mailman")
        assert found(moved, records) == []

    def test_a_list_of_ours_that_is_subscribed_there_stands_for_its_people(
        self, moved: Company, group: Group
    ) -> None:
        records = [*lists(), DECK.subscriber("platform@hanbit.example")]
        brought_in(moved, records, source="mailman")
        assert found(moved, records) == []
