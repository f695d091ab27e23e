"""What an import is said to mean is what happens (rule 10.2)."""

from random import Random

import pytest

from accounts.models import Company, Member
from groups.directory.imports import lifecycle, meaning
from groups.directory.records import Kind
from groups.membership import effective
from groups.models import ExternalContact, Group, MailingList, OptOut

from .importing import SYSTEM, brought_in, judged, member
from .test_undoing_anything import PEOPLE, TEAMS, anything, by_hand

pytestmark = pytest.mark.django_db

World = dict[str, set[tuple[str, str]]]


def world() -> World:
    """Who is in which groups, enters which rooms and gets which lists' mail."""
    stopped = set(OptOut.objects.values_list("mailing_list", "member"))
    found: World = {"place": set(), "room": set(), "mail": set()}
    for group in Group.objects.live():
        for person in effective.people_of(group):
            pair = group.name, person.email
            found["place"].add(pair)
            if group.message:
                found["room"].add(pair)
            if group.uses_mailing_list and (group.mailing_list_id, person.pk) not in stopped:
                found["mail"].add(pair)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_it_happens_as_it_was_said(company: Company, administrator: Member, seed: int) -> None:
    random = Random(seed)
    brought_in(company, anything(random, teams=TEAMS), source="hr")
    by_hand(random)
    people = list(Member.objects.order_by("pk"))
    for mailing_list in MailingList.objects.order_by("pk"):
        OptOut.objects.create(mailing_list=mailing_list, member=random.choice(people))
    Member.objects.filter(email=random.choice(PEOPLE[1:])).update(is_active=False)
    before, contacts = world(), ExternalContact.objects.count()
    second = anything(random, teams=TEAMS)
    named = {one.values["member"] for one in second if one.kind == Kind.MEMBER}
    second += [member(email, active=random.random() < 0.5) for email in sorted(named)[1:3]]
    opened = judged(company, second, source="hr", removes_missing=True, accepts_loss=True)
    said = [*meaning.effects(opened)]
    counts = opened.meaning
    lifecycle.run_now(opened, only_good=True, actor=SYSTEM)
    after = world()
    for what in before:
        gained = {(one.group, one.email) for one in said if getattr(one, what) > 0}
        lost = {(one.group, one.email) for one in said if getattr(one, what) < 0}
        assert gained == after[what] - before[what], what
        assert lost == before[what] - after[what], what
    kept = counts["contacts"]
    assert ExternalContact.objects.count() - contacts == kept["gained"] - kept["lost"]
