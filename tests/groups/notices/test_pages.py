"""The bell, the page of notifications, and how people choose to be told (rule 5.1)."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actor import Actor, Door
from accounts.models import AuditEntry, Member
from groups import notices
from groups.models import Group, Notice, Notification
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import client_of

pytestmark = pytest.mark.django_db

URL = "/notifications/"
READ = "/notifications/read/"


def page(member: Member, query: str = "", *, htmx: bool = False) -> str:
    response = client_of(member, htmx=htmx).get(URL + query)
    assert response.status_code == 200
    return response.content.decode()


def tell(member: Member, kind: Notice.Kind = Notice.Kind.JOINED, number: int = 1, **about: object) -> None:
    by = about.pop("by", None)
    actor = Actor(by, Door.WEB) if isinstance(by, Member) else Actor.system()
    for _n in range(number):
        notices.tell(kind, [member.pk], actor=actor, **about)  # type: ignore[arg-type]


class TestTheBell:
    def test_counts_what_is_unread(self, member: Member, group: Group) -> None:
        assert "unread" not in page(member)
        tell(member, group=group, number=3)
        assert "Notifications, 3 unread" in client_of(member).get("/groups/").content.decode()

    def test_counts_no_further_than_99(self, member: Member, group: Group) -> None:
        tell(member, group=group, number=99)
        bell = client_of(member, htmx=True).get(reverse("groups:notifications_bell"))
        assert "Notifications, 99 unread" in bell.content.decode()
        tell(member, group=group)
        bell = client_of(member, htmx=True).get(reverse("groups:notifications_bell"))
        assert "99+" in bell.content.decode()

    def test_leaves_out_what_comes_by_mail_only(self, member: Member, group: Group) -> None:
        Member.objects.filter(pk=member.pk).update(notified_by="mail")
        tell(member, group=group)
        assert "No notifications yet" in page(member)

    def test_is_a_fragment_that_asks_again(self, member: Member) -> None:
        bell = client_of(member, htmx=True).get(reverse("groups:notifications_bell")).content.decode()
        assert "<html" not in bell
        assert 'hx-trigger="every 60s, look"' in bell


class TestThePage:
    def test_says_what_happened(
        self, member: Member, group: Group, master: Member, administrator: Member, guest: Member
    ) -> None:
        tell(member, group=group, by=master)
        tell(member, Notice.Kind.REMOVED, group=group)
        tell(member, Notice.Kind.RENAMED, group=group, by=master, details={"before": "Old guild"})
        tell(member, Notice.Kind.DELETED, group=group, by=administrator)
        tell(member, Notice.Kind.JOINED, group=group, by=administrator, details={"restored": True})
        tell(member, Notice.Kind.LEFT_BY_RULE, details={"groups": ["One"], "count": 1})
        tell(member, Notice.Kind.LEFT_BY_RULE, details={"groups": ["One", "Two"], "count": 1002})
        tell(member, Notice.Kind.PEOPLE_LEFT, group=group, details={"people": ["Ann"], "count": 1})
        tell(member, Notice.Kind.PEOPLE_LEFT, group=group, details={"people": ["Ann", "Bo"], "count": 2})
        tell(member, Notice.Kind.CONNECTED, by=administrator)
        tell(member, Notice.Kind.DISCONNECTED)
        tell(member, Notice.Kind.CONTACT_ASKED, by=guest, details={"company": "Nordlicht"})
        tell(member, Notice.Kind.CONTACT_ACCEPTED, by=guest)
        words = plain(page(member))
        for sentence in (
            "Mira Master added you to Platform guild.",
            "You were removed from Platform guild.",
            "Mira Master renamed Old guild to Platform guild.",
            "Ada Administrator deleted Platform guild.",
            "Ada Administrator restored Platform guild. You are back in it.",
            "You left the external group One.",
            "You left 1,002 external groups: One, Two and 1,000 more.",
            "Ann left Platform guild.",
            "2 people left Platform guild: Ann, Bo.",
            "Ada Administrator allowed you to connect with people from other companies.",
            "You can no longer connect with people from other companies.",
            "Greta Guest from Nordlicht wants to add you as a contact.",
            "Greta Guest is now one of your contacts.",
        ):
            assert sentence in words

    def test_names_a_few_of_many_people(self, member: Member, group: Group) -> None:
        many = {"people": list("ABCDEFGHIJ"), "count": 301}
        tell(member, Notice.Kind.PEOPLE_LEFT, group=group, details=many)
        assert "301 people left Platform guild: A, B, C, D, E and 296 more." in plain(page(member))

    def test_every_kind_has_words_and_a_sign(self, member: Member, group: Group) -> None:
        for kind in Notice.Kind:
            tell(member, kind, group=group)
        assert page(member).count('class="told is-unread"') == len(Notice.Kind)

    def test_shows_ones_own_only(self, member: Member, outsider: Member, group: Group) -> None:
        tell(member, group=group)
        assert "Platform guild" not in page(outsider)

    def test_links_a_group_while_one_sees_it(
        self, private_group: Group, outsider: Member, insider: Member
    ) -> None:
        """Rule 5.3: what one was told stays; who was taken out of a private group does not get there."""
        link = f'href="/groups/{private_group.pk}/"'
        for person in (outsider, insider):
            tell(person, group=private_group)
        assert "Secret surprise" in page(outsider)
        assert link not in page(outsider)
        assert link in page(insider)

    def test_does_not_say_who_administers_another_company(
        self, external_group: Group, guest: Member, member: Member, administrator: Member
    ) -> None:
        """Rule 6.4."""
        for person in (guest, member):
            tell(person, group=external_group, by=administrator)
        assert "You were added to Joint venture." in plain(page(guest))
        assert "Ada Administrator added you to Joint venture." in plain(page(member))

    def test_shows_names_as_they_are(self, member: Member) -> None:
        group = GroupFactory.create(company=member.company, name="<b>\u202eloud", members=[member])
        tell(member, group=group)
        assert '<bdi class="name">&lt;b&gt;\u202eloud\u202c</bdi>' in page(member)

    def test_goes_on_for_pages(self, member: Member, group: Group) -> None:
        tell(member, group=group, number=30)
        client = client_of(member)
        first = client.get(URL)
        assert len(first.context["told"]) == 25
        second = client.get(URL + first.context["page"].next)
        assert len(second.context["told"]) == 5
        assert second.context["page"].previous

    def test_takes_as_many_queries_for_many(self, member: Member, group: Group) -> None:
        counts = []
        client = client_of(member)
        for number in (2, 20):
            for _n in range(number):
                by = MemberFactory.create(company=member.company)
                tell(member, group=GroupFactory.create(company=member.company), by=by)
            with CaptureQueriesContext(connection) as queries:
                client.get(URL)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    @pytest.mark.parametrize("query", ["?after=%00", "?after=xx", "?before=WzFd", "?after=W251bGxd"])
    def test_survives_any_place(self, member: Member, group: Group, query: str) -> None:
        tell(member, group=group)
        assert "Platform guild" in page(member, query)


class TestReading:
    def test_get_does_not_write(self, member: Member, group: Group) -> None:
        tell(member, group=group)
        page(member)
        assert client_of(member).get(READ).status_code == 405
        assert Notification.objects.filter(read_at=None).count() == 1

    def test_all(self, member: Member, outsider: Member, group: Group) -> None:
        for person in (member, outsider):
            tell(person, group=group, number=30)
        assert client_of(member).post(READ).status_code == 302
        assert not Notification.objects.filter(member=member, read_at=None).exists()
        assert Notification.objects.filter(member=outsider, read_at=None).count() == 30
        assert "Mark all as read" not in page(member)

    def test_what_a_page_has_shown(self, member: Member, group: Group) -> None:
        """And nothing that came since, or stands on another page."""
        tell(member, group=group, number=30)
        shown = client_of(member).get(URL).context["told"]
        tell(member, group=group)
        posted = {"newest": shown[0].pk, "oldest": shown[-1].pk}
        bell = client_of(member, htmx=True).post(READ, posted)
        assert "Notifications, 6 unread" in bell.content.decode()

    def test_not_what_others_were_told(self, member: Member, outsider: Member, group: Group) -> None:
        tell(outsider, group=group)
        pk = Notification.objects.get().pk
        client_of(member).post(READ, {"newest": pk, "oldest": pk})
        assert Notification.objects.get().read_at is None

    @pytest.mark.parametrize("value", ["\0", "9" * 30, "-1", "x", str(2**63), "²", "\ud800"])
    def test_survives_any_number(self, member: Member, value: str) -> None:
        raw = value.encode("utf-8", "surrogatepass")
        assert client_of(member).post(READ, {"newest": raw, "oldest": raw}).status_code == 302


class TestChoosing:
    @pytest.fixture
    def client(self, member: Member) -> Client:
        return client_of(member)

    def test_how_one_is_told(self, client: Client, member: Member) -> None:
        assert 'value="both" id="id_notified_by_0" checked' in client.get("/profile/").content.decode()
        client.post("/profile/", {"language": "", "time_zone": "", "notified_by": "bell"})
        member.refresh_from_db()
        assert member.notified_by == "bell"
        entry = AuditEntry.objects.get(action="member.update_profile")
        assert entry.changes == {"notified_by": ["both", "bell"]}

    def test_something_else_is_refused(self, client: Client, member: Member) -> None:
        response = client.post("/profile/", {"notified_by": "pigeon"})
        assert response.status_code == 422
        member.refresh_from_db()
        assert member.notified_by == "both"


def plain(html: str) -> str:
    """The words of a page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", "", html).split())
