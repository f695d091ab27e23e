"""First and last day of employment: a person is inactive outside of them (rule 1.12)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import employment
from accounts.actions import employment as daily
from accounts.actions.members import (
    MemberSettings,
    activate_member,
    add_member,
    deactivate_member,
    send_sign_in_mail,
    update_member,
)
from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member
from groupadmin.base.errors import Invalid
from groups.membership import effective
from groups.models import Group, Notification
from tests.factories import MemberFactory
from tests.helpers import ActorOf, ClientOf

from .pages import text_of

TODAY = date(2027, 3, 10)
DAY = timedelta(days=1)
Move = Callable[[date], None]


@pytest.fixture(autouse=True)
def on(monkeypatch: pytest.MonkeyPatch) -> Move:
    """Moves to another day, on which the daily task has run."""

    def move(day: date) -> None:
        monkeypatch.setattr(employment, "today", lambda: day)
        daily.follow_all_dates.call()

    monkeypatch.setattr(employment, "today", lambda: TODAY)
    return move


@pytest.fixture
def actor(administrator: Member, actor_of: ActorOf) -> Actor:
    return actor_of(administrator)


def employ(member: Member, starts_on: date | None, ends_on: date | None, actor: Actor) -> Member:
    member.refresh_from_db()
    settings = replace(MemberSettings.of(member), starts_on=starts_on, ends_on=ends_on)
    return update_member(member, settings, actor=actor)


def is_active(member: Member) -> bool:
    return Member.objects.get(pk=member.pk).is_active


def test_people_come_and_go_with_their_days(on: Move, member: Member, group: Group, actor: Actor) -> None:
    """Both days count as employment; who is in a group follows, and the audit says why."""
    employ(member, TODAY + DAY, TODAY + 2 * DAY, actor)
    seen = [is_active(member)]
    for days in range(1, 4):
        on(TODAY + days * DAY)
        seen.append(is_active(member))
    assert seen == [False, True, True, False]
    assert not effective.people_of(group).filter(pk=member.pk).exists()
    entries = AuditEntry.objects.filter(target_id=member.pk).exclude(action="member.update").order_by("pk")
    assert [(entry.action, entry.reason, entry.actor_id) for entry in entries] == [
        ("member.deactivate", "Their first day has not come yet.", actor.member and actor.member.pk),
        ("member.activate", "They are employed, by their first and last day.", None),
        ("member.deactivate", "Their last day has passed.", None),
    ]


def test_nothing_happens_twice(on: Move, member: Member, actor: Actor) -> None:
    employ(member, None, TODAY - DAY, actor)
    entries, version = AuditEntry.objects.count(), Member.objects.get(pk=member.pk).version
    on(TODAY)
    employ(member, None, TODAY - DAY, actor)
    assert (AuditEntry.objects.count(), Member.objects.get(pk=member.pk).version) == (entries, version)


def test_another_last_day_brings_somebody_back(member: Member, actor: Actor) -> None:
    employ(member, None, TODAY - DAY, actor)
    assert not is_active(member)
    employ(member, None, TODAY, actor)
    assert is_active(member)


def test_who_was_deactivated_by_hand_stays_inactive(on: Move, member: Member, actor: Actor) -> None:
    """Also if their days change, or somebody does it while they are inactive by date."""
    deactivate_member(member, actor=actor)
    employ(member, TODAY, TODAY + 5 * DAY, actor)
    on(TODAY + DAY)
    assert not is_active(member)
    activate_member(member, actor=actor)
    employ(member, TODAY + 2 * DAY, None, actor)
    deactivate_member(member, actor=actor)
    on(TODAY + 3 * DAY)
    assert not is_active(member)
    activate_member(member, actor=actor)
    assert is_active(member)


def test_nobody_is_activated_by_hand_outside_of_their_days(member: Member, actor: Actor) -> None:
    employ(member, None, TODAY - DAY, actor)
    with pytest.raises(Invalid, match="Their last day was Mar 9, 2027"):
        activate_member(member, actor=actor)
    employ(member, TODAY + DAY, None, actor)
    with pytest.raises(Invalid, match="Their first day is Mar 11, 2027"):
        activate_member(member, actor=actor)


def test_a_person_added_ahead_gets_the_sign_in_mail_on_their_first_day(
    on: Move, company: Company, actor: Actor, mailoutbox: list[Any]
) -> None:
    domain = company.primary_domain.pk
    settings = MemberSettings("New", "new", domain, starts_on=TODAY + DAY)
    new = add_member(company, settings, actor=actor)
    assert not new.is_active
    entry = AuditEntry.objects.get(action="member.add")
    assert (entry.changes["is_active"], entry.reason) == ([None, False], "Their first day has not come yet.")
    for _twice in range(2):
        send_sign_in_mail(new, actor=actor)
    assert mailoutbox == []
    for _twice in range(2):
        on(TODAY + DAY)
    assert [mail.to for mail in mailoutbox] == [["new@hanbit.example"]]
    assert is_active(new)


def test_no_mail_that_waits_goes_to_who_was_deactivated_by_hand(
    on: Move, company: Company, actor: Actor, mailoutbox: list[Any]
) -> None:
    settings = MemberSettings("New", "new", company.primary_domain.pk, starts_on=TODAY + DAY)
    new = add_member(company, settings, actor=actor)
    send_sign_in_mail(new, actor=actor)
    deactivate_member(new, actor=actor)
    on(TODAY + DAY)
    activate_member(new, actor=actor)
    assert mailoutbox == []


def test_the_last_administrator_stays_and_is_told_once(
    on: Move, company: Company, administrator: Member, master: Member
) -> None:
    """The audit says so too; as soon as there is another administrator, the day counts."""
    employ(administrator, None, TODAY, Actor.system())
    for days in (1, 2):
        on(TODAY + days * DAY)
    assert is_active(administrator)
    entry = AuditEntry.objects.get(action="member.deactivate")
    assert entry.result == AuditEntry.Result.REFUSED
    assert entry.reason == "They are the last active administrator or superuser."
    (told,) = Notification.objects.select_related("notice")
    assert (told.member, told.notice.kind) == (administrator, "stays_active")
    MemberFactory.create(company=company, administrator=True)
    on(TODAY + 3 * DAY)
    assert not is_active(administrator)


def test_one_who_stays_keeps_nobody_else_from_leaving(
    on: Move, administrator: Member, member: Member
) -> None:
    for person in (administrator, member):
        employ(person, None, TODAY, Actor.system())
    on(TODAY + DAY)
    assert (is_active(administrator), is_active(member)) == (True, False)


def test_the_last_superuser_stays(on: Move, company: Company) -> None:
    chief = MemberFactory.create(company=company, is_superuser=True)
    employ(chief, None, TODAY, Actor.system())
    on(TODAY + DAY)
    assert is_active(chief)
    MemberFactory.create(superuser=True)
    on(TODAY + 2 * DAY)
    assert not is_active(chief)


def test_nobody_ends_their_own_or_the_last_administrators_employment(
    company: Company, administrator: Member, actor: Actor
) -> None:
    with pytest.raises(Invalid, match="at least one") as last:
        employ(administrator, None, TODAY - DAY, Actor.system())
    MemberFactory.create(company=company, administrator=True)
    with pytest.raises(Invalid, match="cannot deactivate yourself") as own:
        employ(administrator, TODAY + DAY, None, actor)
    assert (last.value.field, own.value.field) == ("ends_on", "starts_on")
    assert is_active(administrator)


def test_the_last_day_is_not_before_the_first(member: Member, actor: Actor) -> None:
    with pytest.raises(Invalid, match="before the first") as invalid:
        employ(member, TODAY, TODAY - DAY, actor)
    assert invalid.value.field == "ends_on"


@override_settings(TIME_ZONE="Asia/Seoul")
def test_a_day_begins_at_midnight_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at that of the person who asks."""
    monkeypatch.undo()
    late = datetime(2027, 3, 9, 15, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: late)
    with timezone.override("America/Lima"):
        assert employment.today() == date(2027, 3, 10)


def test_the_worker_looks_once_a_day(
    monkeypatch: pytest.MonkeyPatch, member: Member, administrator: Member
) -> None:
    monkeypatch.setattr(daily, "_queued", [])
    employ(member, None, TODAY, Actor.system())
    daily.queue_day()
    assert is_active(member)
    monkeypatch.setattr(employment, "today", lambda: TODAY + DAY)
    daily.queue_day()
    assert not is_active(member)
    employ(administrator, TODAY, TODAY + DAY, Actor.system())
    asked: list[object] = []
    monkeypatch.setattr(daily, "enqueue_once", asked.append)
    daily.queue_day()
    assert asked == []


def test_the_page_asks_before_saving_days_that_deactivate(
    company: Company, member: Member, group: Group, administrator: Member, client_of: ClientOf
) -> None:
    """Rule 2.23: nothing has changed until that is confirmed; then it says what happened."""
    client, url = client_of(administrator), reverse("accounts:member_edit", args=[member.pk])
    form: dict[str, Any] = {"name": member.name, "local_part": "momo", "version": "1"}
    form["domain"] = company.primary_domain.pk
    form |= {"ends_on": "2027-03-09", "job_title": "Machinist"}
    asked = text_of(client.post(url, form))
    assert "Deactivate" in asked
    assert "They are no longer in" in asked
    assert is_active(member)
    assert not Member.objects.get(pk=member.pk).job_title
    answer = client.post(url, form | {"confirmed": "yes"}, follow=True)
    assert "is inactive from now on" in text_of(answer)
    assert not is_active(member)
    edit = text_of(client.get(url))
    assert "Their last day was Mar 9, 2027" in edit
    assert reverse("accounts:member_activate", args=[member.pk]) not in edit
    again = client.post(reverse("accounts:member_activate", args=[member.pk]), follow=True)
    assert "Their last day was Mar 9, 2027" in text_of(again)


def test_the_page_says_from_when_a_person_is_active(
    company: Company, administrator: Member, client_of: ClientOf, mailoutbox: list[Any]
) -> None:
    client: Client = client_of(administrator)
    form = {"name": "New", "local_part": "new", "domain": company.primary_domain.pk, "send_mail": "on"}
    added = client.post(reverse("accounts:member_add"), form | {"starts_on": "2027-03-20"}, follow=True)
    assert "gets the sign-in email on their first day" in text_of(added)
    new = Member.objects.get(name="New")
    page = text_of(client.get(reverse("accounts:member_edit", args=[new.pk])))
    assert "becomes active on their first day, Mar 20, 2027" in page
    assert "They get the sign-in email on that day." in page
    assert mailoutbox == []
