"""What people are told of their groups (rule 5.1), by the bell and by mail."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions.teams import set_team_people
from accounts.actor import Actor, Door
from accounts.models import Company, Member, Team
from groups import actions, notices
from groups.actions import Entries, GroupSettings
from groups.models import Group, Notice, Notification
from groups.tasks import tidy_up
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db


def told(member: Member) -> list[tuple[str, str]]:
    """What the member is told, oldest first: kind and group."""
    mine = Notification.objects.filter(member=member).order_by("pk")
    return list(mine.values_list("notice__kind", "notice__group_name"))


def rename(group: Group, name: str, actor: Actor, notifies: bool | None = None) -> Group:
    wanted = replace(GroupSettings.of(group), name=name)
    if notifies is not None:
        wanted = wanted.with_switches(notifies=notifies)
    return actions.update_group(group, wanted, group.version, actor=actor)


@pytest.fixture
def telling(group: Group) -> Group:
    """The group of the cast, which sends notifications."""
    Group.objects.filter(pk=group.pk).update(notifies=True)
    group.refresh_from_db()
    return group


class TestWhatHappensToAGroup:
    def test_a_new_name(
        self, telling: Group, member: Member, teammate: Member, master: Member, actor_of: ActorOf
    ) -> None:
        """Everybody who is in it, also by way of a team; its master is no member."""
        rename(telling, "Engine room", actor_of(master))
        assert told(member) == told(teammate) == [("renamed", "Engine room")]
        assert told(master) == []
        notice = Notice.objects.get()
        assert (notice.details, notice.by, notice.by_name) == (
            {"before": "Platform guild"},
            master,
            "Mira Master",
        )

    def test_a_new_description_is_told_to_nobody(
        self, telling: Group, master: Member, actor_of: ActorOf
    ) -> None:
        wanted = replace(GroupSettings.of(telling), description="New")
        actions.update_group(telling, wanted, telling.version, actor=actor_of(master))
        assert not Notice.objects.exists()

    def test_its_end(self, telling: Group, member: Member, teammate: Member, administrator: Member) -> None:
        actions.delete_group(telling, actor=Actor(administrator, Door.WEB))
        assert told(member) == told(teammate) == [("deleted", "Platform guild")]

    def test_its_return(self, telling: Group, member: Member, administrator: Member) -> None:
        """They were told that it is gone (rule 2.17)."""
        actor = Actor(administrator, Door.WEB)
        actions.restore_group(actions.delete_group(telling, actor=actor), actor=actor)
        assert told(member) == [("deleted", "Platform guild"), ("joined", "Platform guild")]

    def test_who_does_it_is_not_told(self, telling: Group, member: Member, actor_of: ActorOf) -> None:
        telling.masters.create(member=member)
        rename(telling, "Mine", actor_of(member))
        assert told(member) == []

    def test_off_tells_nobody(
        self, group: Group, outsider: Member, member: Member, master: Member, actor_of: ActorOf
    ) -> None:
        actor = actor_of(master)
        one = Entries(members=frozenset({outsider.pk}))
        actions.edit_entries(group, one, Entries(), actor=actor)
        group.refresh_from_db()
        rename(group, "Quiet", actor)
        actions.edit_entries(group, Entries(), one, actor=actor)
        actions.delete_group(group, actor=actor)
        assert not Notice.objects.exists()

    def test_switched_off_while_renamed_tells_nobody(
        self, telling: Group, master: Member, actor_of: ActorOf
    ) -> None:
        """What is set after the change counts."""
        rename(telling, "Quiet", actor_of(master), notifies=False)
        assert not Notice.objects.exists()

    def test_the_deactivated_are_not_told(
        self, telling: Group, member: Member, master: Member, actor_of: ActorOf
    ) -> None:
        Member.objects.filter(pk=member.pk).update(is_active=False)
        rename(telling, "Engine room", actor_of(master))
        assert told(member) == []


class TestPeople:
    def test_of_a_new_group(
        self, company: Company, administrator: Member, member: Member, team: Team, teammate: Member
    ) -> None:
        wanted = GroupSettings(
            "New guild",
            frozenset({administrator.pk}),
            Entries(frozenset({member.pk, administrator.pk}), frozenset({team.pk})),
        ).with_switches(notifies=True)
        actions.create_group(company, "internal", wanted, actor=Actor(administrator, Door.WEB))
        assert told(member) == told(teammate) == [("joined", "New guild")]
        assert told(administrator) == []

    def test_who_comes_and_goes(
        self, telling: Group, outsider: Member, member: Member, master: Member, actor_of: ActorOf
    ) -> None:
        one = Entries(members=frozenset({outsider.pk}))
        actions.edit_entries(telling, one, Entries(), actor=actor_of(master))
        assert told(outsider) == [("joined", "Platform guild")]
        actions.edit_entries(telling, Entries(), one, actor=actor_of(master))
        assert told(outsider)[1:] == [("removed", "Platform guild")]
        assert told(member) == []

    def test_who_joins_and_leaves_within_a_second(
        self, team: Team, telling: Group, outsider: Member, administrator: Member
    ) -> None:
        """Both are true, and both come in one mail."""
        actor = Actor(administrator, Door.WEB)
        set_team_people(team, frozenset({outsider.pk}), frozenset(), actor=actor)
        set_team_people(team, frozenset(), frozenset({outsider.pk}), actor=actor)
        assert told(outsider) == [("joined", "Platform guild"), ("removed", "Platform guild")]
        ats = set(Notification.objects.filter(member=outsider).values_list("mail_at", flat=True))
        assert max(at for at in ats if at) - min(at for at in ats if at) < timedelta(seconds=30)

    def test_who_comes_and_goes_in_one_change_is_told_nothing(
        self, telling: Group, member: Member, team: Team, actor_of: ActorOf, master: Member
    ) -> None:
        """Out as a member and in by a team at once: still in."""
        team.memberships.create(member=member)
        actions.edit_entries(
            telling, Entries(), Entries(members=frozenset({member.pk})), actor=actor_of(master)
        )
        assert told(member) == []

    def test_a_master_who_adds_themselves_is_not_told(
        self, telling: Group, master: Member, actor_of: ActorOf
    ) -> None:
        actions.add_master_as_member(telling, master, actor=actor_of(master))
        assert told(master) == []

    def test_a_change_that_does_not_happen_tells_nobody(
        self, telling: Group, outsider: Member, master: Member, actor_of: ActorOf
    ) -> None:
        class UndoneError(Exception):
            pass

        def change() -> None:
            with transaction.atomic():
                one = Entries(members=frozenset({outsider.pk}))
                actions.edit_entries(telling, one, Entries(), actor=actor_of(master))
                raise UndoneError

        with pytest.raises(UndoneError):
            change()
        assert not Notice.objects.exists()


class TestByWhat:
    @pytest.mark.parametrize(
        ("chosen", "in_bell", "by_mail"), [("both", True, True), ("bell", True, False), ("mail", False, True)]
    )
    def test_people_choose(self, member: Member, chosen: str, in_bell: bool, by_mail: bool) -> None:
        Member.objects.filter(pk=member.pk).update(notified_by=chosen)
        notices.tell(Notice.Kind.CONNECTED, [member.pk], actor=Actor.system())
        notification = Notification.objects.get()
        assert notification.in_bell is in_bell
        assert (notification.mail_at is not None) is by_mail

    def test_a_mail_waits_for_more_to_come(self, member: Member) -> None:
        notices.tell(Notice.Kind.CONNECTED, [member.pk], actor=Actor.system())
        notification = Notification.objects.select_related("notice").get()
        assert notification.mail_at == notification.notice.at + timedelta(
            seconds=settings.NOTIFICATION_MAIL_DELAY
        )


class TestSpreading:
    def waiting(self, group: Group, kind: Notice.Kind = Notice.Kind.RENAMED) -> Notice:
        return Notice.objects.create(kind=kind, group=group, group_name=group.name, is_spread=False)

    def test_is_done_once_however_often(self, group: Group, member: Member, teammate: Member) -> None:
        notice = self.waiting(group)
        assert notices.spread.call() == 2
        Notice.objects.update(is_spread=False)
        notices.spread.call()
        assert set(notice.notifications.values_list("member", flat=True)) == {member.pk, teammate.pk}
        assert notice.notifications.count() == 2

    def test_goes_on_where_it_was_stopped(
        self, group: Group, member: Member, teammate: Member, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notices.write, "BATCH", 1)
        notice = self.waiting(group)
        notices.write_notifications(notice, [member.pk])
        notices.spread.call()
        assert notice.notifications.count() == 2
        assert Notice.objects.get().is_spread

    def test_who_was_taken_out_meanwhile_is_told_that_alone(
        self, telling: Group, member: Member, teammate: Member, master: Member, actor_of: ActorOf
    ) -> None:
        """The last state counts."""
        self.waiting(telling, Notice.Kind.JOINED)
        one = Entries(members=frozenset({member.pk}))
        actions.edit_entries(telling, Entries(), one, actor=actor_of(master))
        notices.spread.call()
        assert told(member) == [("removed", "Platform guild")]
        assert told(teammate) == [("joined", "Platform guild")]

    def test_of_a_purged_group_reaches_nobody(self, group: Group) -> None:
        notice = self.waiting(group)
        Notice.objects.filter(pk=notice.pk).update(group=None)
        assert notices.spread.call() == 0
        assert Notice.objects.get().is_spread

    def test_what_was_left_lying_is_found(self, group: Group) -> None:
        notice = self.waiting(group)
        assert not notices.is_left_lying()
        Notice.objects.filter(pk=notice.pk).update(at=timezone.now() - timedelta(minutes=2))
        assert notices.is_left_lying()

    def test_takes_as_many_queries_for_many_people(self, company: Company) -> None:
        people = [MemberFactory.create(company=company) for _n in range(30)]
        groups = [GroupFactory.create(company=company, members=people[:n]) for n in (2, 30)]
        counts = []
        for group in groups:
            self.waiting(group)
            with CaptureQueriesContext(connection) as queries:
                notices.spread.call()
            counts.append(len(queries))
        assert counts[0] == counts[1]


def test_old_ones_are_removed_but_none_that_waits(group: Group, member: Member) -> None:
    kept = settings.NOTIFICATIONS_KEPT_DAYS
    for days, mail_waits, is_spread in (
        (kept + 1, False, True),
        (kept + 1, True, True),
        (kept + 1, False, False),
        (kept - 1, False, True),
    ):
        notice = Notice.objects.create(
            kind="renamed", group=group, group_name=f"{days} {mail_waits} {is_spread}", is_spread=is_spread
        )
        at = timezone.now() - timedelta(days=days)
        Notice.objects.filter(pk=notice.pk).update(at=at)
        Notification.objects.create(notice=notice, member=member, mail_at=at if mail_waits else None)
    notices.purge_notices()
    left = set(Notice.objects.values_list("group_name", flat=True))
    assert left == {f"{kept + 1} True True", f"{kept + 1} False False", f"{kept - 1} False True"}


def test_the_daily_work_removes_them(group: Group) -> None:
    notice = Notice.objects.create(kind="renamed", group=group)
    Notice.objects.filter(pk=notice.pk).update(at=timezone.now() - timedelta(days=1000))
    tidy_up.call()
    assert not Notice.objects.exists()
