"""The page of a room's messages: what it shows to whom, and what has changed (rules 3.5, 3.7)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, Member
from groups.models import Feature, Group, Message, Room, RoomVisit
from groups.room import frame
from groups.room.messages.actions import edit, recall, send
from groups.room.messages.announcements import announce
from tests.factories import GroupFactory, MessageFactory, StoredFileFactory
from tests.helpers import ActorOf, ClientOf

pytestmark = pytest.mark.django_db


def url(group: Group, name: str = "messages", *args: int) -> str:
    return reverse(f"room:{name}", args=[group.pk, *args])


def text(client: Client, address: str, **query: str | int) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def mine(client_of: ClientOf, member: Member) -> Client:
    return client_of(member)


@pytest.fixture
def many(group: Group, member: Member) -> list[Message]:
    return [MessageFactory.create(group=group, author=member, text=f"Said {n};") for n in range(120)]


class TestWhatIsShown:
    def test_markup_is_text(self, group: Group, mine: Client) -> None:
        mine.post(url(group), {"text": "<script>alert(1)</script><img src=x onerror=alert(1)>"})
        page = text(mine, url(group))
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x" in page

    @pytest.mark.parametrize(
        ("typed", "link"),
        [
            ("see https://a.example/b?c=1&d=2.", 'href="https://a.example/b?c=1&amp;d=2"'),
            ("http://a.example", 'href="http://a.example"'),
            ("to kim@a.example", 'href="mailto:kim@a.example"'),
            ("javascript:alert(1)", ""),
            ("javascript://a.example/%0aalert(1)", ""),
            ("data:text/html,<script>1</script>", ""),
            ("file:///etc/passwd", ""),
            ('https://a.example/"onmouseover="alert(1)', 'href="https://a.example/"'),
        ],
    )
    def test_links(self, group: Group, mine: Client, typed: str, link: str) -> None:
        """To the web and to mail addresses only; they give nothing away."""
        mine.post(url(group), {"text": typed})
        line = text(mine, url(group)).partition('class="line-text')[2].partition("</div>")[0]
        if not link:
            assert "<a " not in line
            return
        assert link in line
        assert 'rel="noopener nofollow"' in line
        assert "onmouseover=&quot;" in line or "onmouseover" not in line

    def test_who_is_spoken_to(
        self, group: Group, mine: Client, teammate: Member, client_of: ClientOf
    ) -> None:
        mine.post(url(group), {"text": "Thanks @tae teammate, see https://a.example/@Tae"})
        assert '<span class="mention">@tae teammate</span>, see <a' in text(mine, url(group))
        assert '<span class="mention mention-me">@tae teammate</span>' in text(
            client_of(teammate), url(group)
        )

    def test_direction_marks_end_with_the_line(self, group: Group, mine: Client) -> None:
        mine.post(url(group), {"text": "a\u202eb\nc"})
        assert "a\u202eb\u202c\nc" in text(mine, url(group))

    def test_people_of_other_companies_by_name_company_and_photo(
        self, external_group: Group, member: Member, guest: Member, client_of: ClientOf
    ) -> None:
        """Rule 6.4."""
        Group.objects.filter(pk=external_group.pk).update(message=True)
        client_of(guest).post(url(external_group), {"text": "Moin"})
        page = text(client_of(member), url(external_group))
        assert "Greta Guest" in page
        assert "Nordlicht" in page
        assert guest.email not in page
        external_group.entries.filter(member=guest).delete()
        assert "Greta Guest" in text(client_of(member), url(external_group))

    def test_an_answer_shows_the_beginning_of_what_it_answers(
        self, group: Group, member: Member, mine: Client, actor_of: ActorOf
    ) -> None:
        first = send(group, "Lunch?", actor=actor_of(member))
        assert "Lunch?" in text(mine, url(group), reply=first.pk).partition('id="reply"')[2]
        mine.post(url(group), {"text": "Yes", "reply_to": first.pk})
        assert f'data-of="{first.pk}"' in text(mine, url(group))
        recall(group, first.pk, actor=actor_of(member))
        assert "Lunch?" not in text(mine, url(group))

    def test_news_of_a_feature_that_is_off_is_hidden_with_it(
        self, group: Group, member: Member, mine: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Rule 3.3."""
        monkeypatch.setitem(frame.PAGES, Feature.NOTE, "room:messages")
        announce(group, member, "note.added", 1, "Minutes <b>")
        assert "Minutes" not in text(mine, url(group))
        Group.objects.filter(pk=group.pk).update(note=True)
        assert "Minutes &lt;b&gt;" in text(mine, url(group))


class TestSlices:
    def test_the_newest_and_then_upwards(self, group: Group, mine: Client, many: list[Message]) -> None:
        page = text(mine, url(group))
        assert "Said 119;" in page
        assert "Said 70;" in page
        assert "Said 69;" not in page
        assert f"?before={many[70].pk}" in page
        older = mine.get(
            url(group), {"before": many[70].pk}, headers={"HX-Request": "true", "HX-Target": "older"}
        )
        lines = older.content.decode()
        assert "<html" not in lines
        assert "Said 69;" in lines
        assert "Said 70;" not in lines
        assert older["Room-Change"] == "120"

    def test_around_one_and_then_downwards(self, group: Group, mine: Client, many: list[Message]) -> None:
        page = text(mine, url(group), at=many[10].pk)
        assert "Said 10;" in page
        assert "Said 36;" not in page
        newer = mine.get(
            url(group), {"after": many[100].pk}, headers={"HX-Request": "true", "HX-Target": "newer"}
        ).content.decode()
        assert "Said 101;" in newer
        assert "Said 119;" in newer
        assert 'id="newer"' not in newer

    @pytest.mark.parametrize("name", ["before", "after", "at", "reply"])
    @pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, str(2**63), "\0", "\ud800", "٣"])
    def test_ids_that_are_none(self, group: Group, mine: Client, name: str, value: str) -> None:
        for address in (url(group), url(group, "message_changes")):
            query = f"?{name}=" + (value if value.isascii() and value != "\0" else "%00%ff")
            assert mine.get(address + query).status_code == 200

    def test_a_page_asks_the_same_whatever_is_on_it(
        self,
        group: Group,
        mine: Client,
        many: list[Message],
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for message in many[-20:]:
            StoredFileFactory.create(group=group, message=message, author=message.author)
        with django_assert_max_num_queries(26):
            mine.get(url(group))

    def test_search(self, group: Group, member: Member, mine: Client, many: list[Message]) -> None:
        MessageFactory.create(group=group, author=member, text="Straße nach Köln")
        MessageFactory.create(
            group=GroupFactory.create(company=group.company, members=[member], message=True),
            text="Köln faraway",
        )
        found = text(mine, url(group), q="STRASSE NACH")
        assert "Straße nach Köln" in found
        assert "faraway" not in found
        first = text(mine, url(group), q="said")
        assert "Said 119;" in first
        assert "Said 94;" not in first
        assert "Said 94;" in text(mine, url(group), q="said", before=many[95].pk)
        assert "Nothing found" in text(mine, url(group), q="%")
        assert "Nothing found" in text(mine, url(group), q="\u200b")


class TestChanges:
    """Nothing is missed and nothing doubled: each is found by the count at its last change."""

    def changed(self, client: Client, group: Group, after: int) -> tuple[str, int]:
        answer = client.get(url(group, "message_changes"), {"after": after})
        assert answer.status_code == 200
        return answer.content.decode(), int(answer["Room-Change"])

    def test_nothing_changed_costs_one_question_beside_who_asks(
        self,
        group: Group,
        mine: Client,
        many: list[Message],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        with django_assert_num_queries(3):  # session, person, room
            answer = mine.get(url(group, "message_changes"), {"after": 120})
        assert (answer.status_code, answer.content) == (204, b"")

    def test_a_room_in_which_nothing_was_ever_said(self, group: Group, mine: Client) -> None:
        assert mine.get(url(group, "message_changes"), {"after": 0}).status_code == 204

    def test_written_edited_taken_back(
        self, group: Group, member: Member, mine: Client, actor_of: ActorOf
    ) -> None:
        one, two = (send(group, words, actor=actor_of(member)) for words in ("One", "Two"))
        lines, change = self.changed(mine, group, 0)
        assert lines.count('class="line ') == 2
        edit(group, one.pk, "Uno", actor=actor_of(member))
        lines, change = self.changed(mine, group, change)
        assert "Uno" in lines
        assert f"message-{two.pk}" not in lines
        recall(group, two.pk, actor=actor_of(member))
        lines, change = self.changed(mine, group, change)
        assert "took back a message" in lines
        assert "Two" not in lines
        assert mine.get(url(group, "message_changes"), {"after": change}).status_code == 204

    def test_many_changes_come_piece_by_piece(self, group: Group, mine: Client, many: list[Message]) -> None:
        answer = mine.get(url(group, "message_changes"), {"after": 0})
        assert answer["Room-More"] == "1"
        assert int(answer["Room-Change"]) == many[99].change
        lines, _change = self.changed(mine, group, many[99].change)
        assert lines.count('class="line ') == 20

    def test_a_count_from_the_future(self, group: Group, mine: Client, many: list[Message]) -> None:
        """As after a database was brought back: the page goes on from what there is."""
        lines, change = self.changed(mine, group, 5_000)
        assert (lines.strip(), change) == ("", 120)

    def test_who_is_removed_gets_nothing_any_more(
        self, group: Group, member: Member, mine: Client, many: list[Message]
    ) -> None:
        """Rule 2.16: whatever the count."""
        group.entries.filter(member=member).delete()
        for after in (0, 120):
            assert mine.get(url(group, "message_changes"), {"after": after}).status_code == 403
        assert mine.post(url(group), {"text": "Still here"}).status_code == 403
        assert Message.objects.count() == 120


class TestSwitchingOff:
    def test_everything_is_hidden_and_comes_back(
        self, group: Group, member: Member, mine: Client, actor_of: ActorOf
    ) -> None:
        """Rules 3.2, 3.3: the page, the search, asking for changes, files by their address, the menu."""
        message = send(group, "Hello", actor=actor_of(member))
        stored = StoredFileFactory.create(group=group, message=message, author=member)
        addresses = [
            url(group, "room"),
            url(group),
            f"{url(group)}?q=hello",
            url(group, "message_changes") + "?after=1",
            url(group, "message_changes") + "?after=0",
            url(group, "message_people"),
            url(group, "message_edit", message.pk),
            url(group, "file", stored.pk),
            url(group, "preview", stored.pk),
        ]
        Group.objects.filter(pk=group.pk).update(message=False)
        for address in addresses:
            answer = mine.get(address)
            assert answer.status_code == 403, address
            assert "The message room of this group is switched off." in answer.content.decode()
        for address in (url(group), url(group, "messages_seen"), url(group, "message_recall", message.pk)):
            assert mine.post(address, {"text": "x"}).status_code == 403, address
        assert url(group, "room") not in text(mine, reverse("room:list"))
        Group.objects.filter(pk=group.pk).update(message=True)
        for address in addresses:
            assert mine.get(address).status_code in (200, 204, 302), address
        assert "Hello" in text(mine, url(group))
        assert url(group, "room") in text(mine, reverse("room:list"))


class TestPreviousConversations:
    """Rule 3.7."""

    @pytest.fixture
    def before(self, group: Group, member: Member, teammate: Member) -> Message:
        """A message from before the teammate came, with a file."""
        message = MessageFactory.create(group=group, author=member, text="Before your time")
        Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(days=3))
        group.entries.filter(member=member).update(added_at=timezone.now() - timedelta(days=9))
        StoredFileFactory.create(group=group, message=message, author=member)
        return message

    def test_are_not_there_for_who_joins_later(
        self, group: Group, member: Member, teammate: Member, before: Message, client_of: ClientOf
    ) -> None:
        old, new = client_of(member), client_of(teammate)
        stored = before.files.get()
        assert "Before your time" in text(old, url(group))
        assert "Before your time" not in text(new, url(group))
        assert "Before your time" not in text(new, url(group), at=before.pk)
        assert "Nothing found" in text(new, url(group), q="before")
        assert "Before your time" not in text(new, url(group), reply=before.pk)
        assert new.get(url(group, "message_changes"), {"after": 0}).content.strip() == b""
        assert new.post(url(group), {"text": "Yes", "reply_to": before.pk}).status_code == 404
        for name in ("file", "preview"):
            assert new.get(url(group, name, stored.pk)).status_code == 404
            assert old.get(url(group, name, stored.pk)).status_code == 200
        old.post(url(group), {"text": "Now", "reply_to": before.pk})
        page = text(new, url(group))
        assert "An earlier message" in page
        assert "Before your time" not in page

    def test_are_there_if_a_master_shares_them(
        self, group: Group, master: Member, teammate: Member, before: Message, client_of: ClientOf
    ) -> None:
        running = client_of(master)
        running.post(reverse("groups:share_history", args=[group.pk]), {"shares": "on"})
        assert "Before your time" in text(client_of(teammate), url(group))
        assert client_of(teammate).get(url(group, "file", before.files.get().pk)).status_code == 200
        assert AuditEntry.objects.get().changes == {"shares_history": [False, True]}
        assert "Share previous conversations" in text(running, reverse("groups:history", args=[group.pk]))
        running.post(reverse("groups:share_history", args=[group.pk]))
        assert not Room.objects.get(group=group).shares_history
        assert "Before your time" not in text(client_of(teammate), url(group))


class TestHowFarOneHasSeen:
    def test_it_only_goes_forward_and_not_beyond_the_room(
        self, group: Group, member: Member, mine: Client, many: list[Message]
    ) -> None:
        for sent, seen in ((many[5].pk, 5), (many[3].pk, 5), (2**63 - 1, 119), ("x", 119)):
            assert mine.post(url(group, "messages_seen"), {"newest": sent}).status_code == 302
            assert RoomVisit.objects.get(member=member).seen_id == many[seen].pk

    def test_a_get_marks_nothing(self, group: Group, mine: Client, many: list[Message]) -> None:
        mine.get(url(group))
        assert not RoomVisit.objects.exists()


class TestPeopleToSpeakTo:
    def test_those_of_the_group_by_part_of_their_name(
        self, group: Group, mine: Client, teammate: Member, outsider: Member
    ) -> None:
        found = text(mine, url(group, "message_people"), q="TEAM")
        assert f'data-pk="{teammate.pk}"' in found
        assert "Otto" not in text(mine, url(group, "message_people"), q="o")

    def test_not_who_is_in_it_by_way_of_a_group_that_one_may_not_see(
        self, group: Group, private_group: Group, mine: Client
    ) -> None:
        """Rule 2.21."""
        group.entries.create(subgroup=private_group)
        assert "Ines" not in text(mine, url(group, "message_people"), q="ines")
        mine.post(url(group), {"text": "@Ines Insider"})
        assert not Message.objects.get().mentions.exists()
