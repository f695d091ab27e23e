"""Sessions are seen, ended, and grow only so old (rule 9.3)."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actions.deletion import delete_member
from accounts.actions.members import activate_member, deactivate_member
from accounts.models import AuditEntry, Member
from accounts.sessions import forget_ended_sessions
from tests.accounts.sign_in.pages import sign_in
from tests.factories import PASSWORD
from tests.helpers import ActorOf, ClientOf, Clock

MOMO = "momo@hanbit.example"
PROFILE = reverse("accounts:profile")
SESSIONS = reverse("accounts:sessions")
OTHERS = reverse("accounts:sessions_end_others")


def is_in(client: Client) -> bool:
    return bool(client.get(PROFILE).status_code == 200)


def signed_in(email: str = MOMO, ip: str = "192.0.2.1") -> Client:
    client = Client()
    assert sign_in(email, ip=ip, client=client).status_code == 302
    return client


def row_of(client: Client) -> Any:
    return UserSession.objects.get(session_key=client.session.session_key)


def last() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_one_sees_ones_own(member: Member, outsider: Member) -> None:
    client = signed_in()
    signed_in(ip="192.0.2.2")
    signed_in(outsider.email, ip="192.0.2.3")
    page = client.get(SESSIONS)
    assert [(each.row.ip, each.is_current) for each in page.context["sessions"]] == [
        ("192.0.2.2", False),
        ("192.0.2.1", True),
    ]
    assert page.content.decode().count("Firefox on Linux") >= 2


def test_a_page_knows_whether_its_session_goes_on(member: Member) -> None:
    """By a mark that is no key, and to ask for it is no use of the session."""

    def mark(client: Client) -> str:
        return client.get(reverse("session_mark")).content.decode()

    client, other = signed_in(), signed_in()
    assert f'<meta name="session" content="{mark(client)}"' in client.get(PROFILE).content.decode()
    assert len({mark(client), mark(other), mark(Client())}) == 3
    assert mark(Client()) == ""
    assert str(client.session.session_key) not in mark(client)
    assert "no-store" in client.get(reverse("session_mark"))["Cache-Control"]
    assert "session_mark" in settings.SESSION_POLLS
    client.post(reverse("account_logout"))
    assert mark(client) == ""


def test_one_is_ended(member: Member) -> None:
    client, other, third = signed_in(), signed_in(), signed_in()
    answer = client.post(reverse("accounts:session_end", args=[row_of(other).pk]))
    assert answer.status_code == 302
    assert (is_in(client), is_in(other), is_in(third)) == (True, False, True)
    assert (last().action, last().changes) == ("session.end", {"device": ["Firefox on Linux", None]})


def test_nobody_ends_another_persons(member: Member, outsider: Member) -> None:
    client, theirs = signed_in(), signed_in(outsider.email)
    assert client.post(reverse("accounts:session_end", args=[row_of(theirs).pk])).status_code == 404
    client.post(OTHERS)
    assert is_in(theirs)


def test_all_others_are_ended(member: Member) -> None:
    client, other, third = signed_in(), signed_in(), signed_in()
    client.post(OTHERS)
    assert (is_in(client), is_in(other), is_in(third)) == (True, False, False)
    assert (last().action, last().changes) == ("session.end", {"sessions": [2, 0]})
    before = AuditEntry.objects.count()
    client.post(OTHERS)
    assert AuditEntry.objects.count() == before


def test_an_administrator_ends_a_members(
    member: Member, administrator: Member, client_of: ClientOf, mailoutbox: list[Any]
) -> None:
    client, ada = signed_in(), client_of(administrator)
    page = ada.get(reverse("accounts:member_edit", args=[member.pk])).content.decode()
    url = reverse("accounts:member_sign_out", args=[member.pk])
    assert url in page
    assert "192.0.2.1" in page
    ada.post(url)
    assert not is_in(client)
    assert is_in(ada)
    assert (last().action, last().actor_id, last().target_id) == (
        "session.end_of_member",
        administrator.pk,
        member.pk,
    )
    assert [mail.to for mail in mailoutbox] == [[MOMO]]
    assert url not in ada.get(reverse("accounts:member_edit", args=[member.pk])).content.decode()


def test_who_is_activated_again_signs_in_again(
    member: Member, administrator: Member, actor_of: ActorOf
) -> None:
    client, actor = signed_in(), actor_of(administrator)
    deactivate_member(member, actor=actor)
    assert not is_in(client)
    activate_member(member, actor=actor)
    assert not is_in(client)


def test_nothing_stays_of_a_deleted_person(member: Member, administrator: Member, actor_of: ActorOf) -> None:
    signed_in()
    delete_member(member, actor=actor_of(administrator))
    assert not Session.objects.exists()
    assert not UserSession.objects.exists()


def test_a_new_password_ends_the_others(member: Member) -> None:
    """Not the one in which it was chosen, which stays the same one in the list."""
    client, other = signed_in(), signed_in()
    known = row_of(client)
    new = "seven wet owls on a tram"
    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert [each.is_current for each in client.get(SESSIONS).context["sessions"]] == [True]
    assert (row_of(client).pk, row_of(client).created_at) == (known.pk, known.created_at)
    assert (is_in(client), is_in(other)) == (True, False)


@pytest.mark.parametrize(("who", "hours"), [("member", 14 * 24), ("administrator", 12), ("superuser", 12)])
def test_a_session_ends_without_use(
    who: str, hours: int, request: pytest.FixtureRequest, clock: Clock
) -> None:
    person: Member = request.getfixturevalue(who)
    client = signed_in(person.email)
    for _time in range(3):
        clock.forward(hours=hours - 1)
        assert is_in(client)
    assert UserSession.objects.filter(user=person).count() == 1
    clock.forward(hours=hours, minutes=1)
    assert not is_in(client)
    assert UserSession.objects.filter(user=person).count() == (0 if who != "member" else 1)
    if who != "member":
        assert (last().action, last().door) == ("session.expire", "system")
        assert last().reason == "The session was not used for too long."


def test_what_an_open_page_asks_is_no_use(administrator: Member, clock: Clock) -> None:
    client = signed_in(administrator.email)
    for _hour in range(11):
        clock.forward(hours=1)
        assert client.get(reverse("groups:notifications_bell")).status_code == 200
    clock.forward(hours=1, minutes=1)
    assert not is_in(client)


def test_a_session_ends_after_90_days_of_use(member: Member, clock: Clock) -> None:
    client = signed_in()
    for _time in range(8):
        clock.forward(days=11)
        assert is_in(client)
    clock.forward(days=3)
    assert not is_in(client)
    assert last().reason == "The session was too old."


def test_reading_pages_writes_seldom(member: Member, clock: Clock) -> None:
    client = signed_in()

    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert is_in(client)
        return sum(not query["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE")) for query in queries)

    assert writes() == 0
    clock.forward(minutes=4)
    assert writes() == 0
    clock.forward(minutes=2)
    assert writes() > 0
    assert row_of(client).last_seen_at == clock.now
    assert writes() == 0


def test_sessions_from_before_begin_with_their_next_use(member: Member, client_of: ClientOf) -> None:
    client = client_of(member)
    kept = client.session
    for key in ("signed_in_at", "seen_at"):
        del kept[key]
    kept.save()
    UserSession.objects.all().delete()
    assert is_in(client)
    assert row_of(client).user == member
    assert "signed_in_at" in client.session


def test_what_has_ended_is_not_shown_and_forgotten(member: Member, clock: Clock) -> None:
    signed_in()
    clock.forward(days=15)
    client = signed_in()
    assert len(client.get(SESSIONS).context["sessions"]) == 1
    Session.objects.filter(expire_date__lt=clock.now).delete()
    forget_ended_sessions()
    assert UserSession.objects.get() == row_of(client)
