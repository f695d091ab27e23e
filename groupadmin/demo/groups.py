"""Adds the demonstration's groups."""

from datetime import timedelta

from django.utils import timezone

from accounts.actions.members import deactivate_member
from accounts.models import Member
from groups.actions import Entries, GroupSettings, ListSettings, create_group, delete_group
from groups.models import Group, MailingList

from .contacts import add_contacts
from .groups_data import DELETED, HANBIT, NORDLICHT, TOGETHER, Demo
from .organization import ACTOR, Cast
from .photos import photo


def add_groups(hanbit: Cast, nordlicht: Cast) -> dict[str, Group]:
    """Adds the groups of both companies, and what causes each of the list's marks."""
    groups: dict[str, Group] = {}
    for number, demo in enumerate((DELETED, *HANBIT)):
        groups[demo.name] = _add(demo, hanbit, groups, number)
    for number, demo in enumerate(NORDLICHT):
        groups[demo.name] = _add(demo, nordlicht, groups, number)
    # Leaves "HB-5 beta programme" without members, and something under "Recently deleted" (rules 2.17, 2.22).
    delete_group(groups[DELETED.name], actor=ACTOR)
    # Leaves "Archive of HB-5" without a master (rule 2.15).
    deactivate_member(hanbit.people["leaver"], actor=ACTOR)
    add_contacts(hanbit, nordlicht, [groups[name] for name in TOGETHER])
    return groups


def _add(demo: Demo, cast: Cast, groups: dict[str, Group], number: int) -> Group:
    members = frozenset(person.pk for words in demo.people for person in _people(words, cast))
    masters = frozenset(person.pk for words in demo.masters for person in _people(words, cast))
    settings = GroupSettings(
        name=demo.name,
        masters=masters,
        entries=Entries(
            members | (masters if demo.people else frozenset()),
            frozenset(cast.teams[name].pk for name in demo.teams),
            frozenset(groups[name].pk for name in demo.groups),
        ),
        description=demo.description,
        mailing_list=_list(demo, cast, masters) if demo.address else None,
        photo=photo(demo.photo, _people(demo.masters[0], cast)[0]) if demo.photo else None,
    ).with_switches(
        **{feature.value: True for feature in demo.features},
        uses_mailing_list=bool(demo.address),
        is_visible=not demo.private,
        notifies=demo.notifies,
        grants_features=demo.own_features,
    )
    kind = Group.Kind.EXTERNAL if demo.external else Group.Kind.INTERNAL
    group = create_group(cast.company, kind, settings, actor=ACTOR)
    # Not all on one day, so that sorting by creation shows something.
    created_at = timezone.now() - timedelta(days=11 * (len(HANBIT) - number) + number % 5, hours=number % 9)
    Group.objects.filter(pk=group.pk).update(created_at=created_at)
    return group


def _people(words: str, cast: Cast) -> list[Member]:
    """Who is meant by a key of the cast, or by such words as "3 of Vision"."""
    if words in cast.people:
        return [cast.people[words]]
    count, _of, team = words.partition(" of ")
    return cast.team_people(team)[: int(count)]


def _list(demo: Demo, cast: Cast, masters: frozenset[int]) -> ListSettings:
    return ListSettings(
        demo.address,
        cast.domain.pk,
        blocks_external_domains=demo.blocks,
        who_can_send=MailingList.Senders.DESIGNATED if demo.designated else MailingList.Senders.EVERYONE,
        senders=Entries(members=masters) if demo.designated else Entries(),
        send_as=Entries(members=masters) if demo.contacts else Entries(),
        contacts=frozenset(demo.contacts),
    )
