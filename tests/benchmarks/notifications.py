"""Times what notifications cost (rule 5.1), in a company as large as a plan allows.

    DATABASE_URL=… python -m tests.benchmarks.notifications

Uses the database that it finds and fills it the first time; give it one of its own. What it does is undone.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.actions.teams import move_team, set_team_people  # noqa: E402
from accounts.actor import Actor  # noqa: E402
from accounts.models import Member, Team, TeamMembership  # noqa: E402
from groups import actions, notices  # noqa: E402
from groups.actions import Entries  # noqa: E402
from groups.models import Group, Membership, Notice, Notification  # noqa: E402
from groups.notices import mails  # noqa: E402

from . import large_company  # noqa: E402

SYSTEM = Actor.system(accepts_loss=True)
MAILS = 2_000


class Bench:
    """Groups, teams and people for the questions, made anew for each and undone after it."""

    def __init__(self) -> None:
        self.company = large_company.get_or_fill()
        people = Member.objects.filter(company=self.company).order_by("pk")
        self.everybody = list(people.values_list("pk", flat=True))
        self.team = self._team("Bench", self.everybody[:1_000])
        self.top = self._team("Bench top", [])
        self.crowd = self._group("Bench crowd", True)
        everybody = (Membership(group=self.crowd, member_id=pk) for pk in self.everybody)
        Membership.objects.bulk_create(everybody, batch_size=5_000)
        self.above = self._group("Bench above", True)
        Membership.objects.create(group=self.above, team=self.top)
        self.quiet = self._group("Bench quiet", False)
        Membership.objects.create(group=self.quiet, member_id=self.everybody[-1])
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    def _team(self, name: str, people: list[int]) -> Team:
        team = Team(company=self.company, name=name)
        team.save()
        TeamMembership.objects.bulk_create(TeamMembership(team=team, member_id=pk) for pk in people)
        return team

    def _group(self, name: str, notifies: bool) -> Group:
        group = Group(company=self.company, name=name, notifies=notifies)
        group.save()
        return group

    def spread(self) -> None:
        Notice.objects.create(kind="renamed", group=self.crowd, group_name="x", is_spread=False)
        notices.spread.call()

    def move(self) -> None:
        move_team(self.team, self.top, actor=SYSTEM)

    def move_quietly(self) -> None:
        Group.objects.filter(pk=self.above.pk).update(notifies=False)
        move_team(self.team, self.top, actor=SYSTEM)

    def one_into_a_team(self) -> None:
        set_team_people(self.top, frozenset({self.everybody[5]}), frozenset(), actor=SYSTEM)

    def one_into_a_group(self) -> None:
        one = Entries(members=frozenset({self.everybody[5]}))
        actions.edit_entries(self.above, one, Entries(), actor=SYSTEM)

    def one_into_a_quiet_group(self) -> None:
        one = Entries(members=frozenset({self.everybody[5]}))
        actions.edit_entries(self.quiet, one, Entries(), actor=SYSTEM)

    def tell_for_mail(self) -> None:
        notices.tell(Notice.Kind.JOINED, self.everybody[:MAILS], actor=SYSTEM, group=self.crowd)
        Notification.objects.update(mail_at=timezone.now())

    def mail(self) -> None:
        while mails.send_due().is_more_due:
            pass

    def everybody_s_mail_waits(self) -> None:
        self.spread()
        Notification.objects.update(mail_at=timezone.now())

    def server_down(self) -> None:
        mails._push_back(Notification.objects.filter(mail_at__lte=timezone.now()))

    def unread(self) -> None:
        notices.count_unread(Member.objects.get(pk=self.everybody[0]))


@contextmanager
def undone() -> Iterator[None]:
    """What happens within leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def main() -> None:
    large_company.get_or_fill()

    def nothing() -> None:
        pass

    with undone():
        bench = Bench()
        print(f"{len(bench.everybody):,} people, {Group.objects.count():,} groups")
        questions: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "a new name spread to everybody": (nothing, bench.spread),
            "a team of 1,000 put below a notifying group's": (nothing, bench.move),
            "the same where nobody is told": (nothing, bench.move_quietly),
            "one person into a notifying group's team": (nothing, bench.one_into_a_team),
            "one person into a notifying group": (nothing, bench.one_into_a_group),
            "one person into a quiet group": (nothing, bench.one_into_a_quiet_group),
            f"{MAILS:,} mails, without a mail server": (bench.tell_for_mail, bench.mail),
            "all mail pushed back, the server being down": (bench.everybody_s_mail_waits, bench.server_down),
            "the bell's count": (bench.everybody_s_mail_waits, bench.unread),
        }
        for name, (before, question) in questions.items():
            with undone():
                before()
                start = time.perf_counter()
                question()
                taken = time.perf_counter() - start
            print(f"{name:<50} {taken * 1000:>9,.1f} ms")


if __name__ == "__main__":
    main()
