"""Two requests at once, on PostgreSQL with real threads (rules 1.6, 1.8, 2.2, 2.4, 2.7, 2.11, 2.17, 2.18,
4.3).

The first request is held at its very end, before it commits, until the second one waits for it or is through.
So both are always in the middle of their work together, and without the locks the second would see nothing of
the first.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions.addresses import take_address
from accounts.actor import Actor, Refused
from accounts.models import Address, Company, Member
from groupadmin.base.errors import Conflict, Invalid
from groups.actions import (
    Entries,
    GroupSettings,
    ListSettings,
    create_group,
    delete_group,
    edit_entries,
    give_up_master,
    purge_deleted_groups,
    restore_group,
    update_group,
)
from groups.entries import present_entries
from groups.mail.incoming.acceptance import Accepted
from groups.mail.outgoing import delivery
from groups.membership import effective
from groups.models import Feature, Group, Mail, MailContent
from tests.factories import GroupFactory, MasterFactory
from tests.groups.mail.lists import RAW, accepted
from tests.helpers import actor_of, changed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'",
        reason="SQLite lets one transaction write at a time, so there is nothing to interleave",
    ),
]

PATIENCE = 30
"""Seconds after which a test that hangs gives up; none of them takes that long."""

Request = Callable[[], object]
AtOnce = Callable[[Request, Request], tuple[object, object]]


@pytest.fixture
def at_once() -> Iterator[AtOnce]:
    """at_once(first, second) gives what each request returned or raised."""
    with ThreadPoolExecutor(2) as pool:
        yield lambda first, second: _together(pool, first, second)


def _together(pool: ThreadPoolExecutor, first: Request, second: Request) -> tuple[object, object]:
    written, release = threading.Event(), threading.Event()

    def hold() -> object:
        with transaction.atomic():
            result = first()
            written.set()
            assert release.wait(PATIENCE)
            return result

    one = pool.submit(_request, hold)
    try:
        while not written.wait(0.01):
            assert not one.done(), f"the first request fails by itself: {one.result()!r}"
        two = pool.submit(_request, second)
        while not two.done() and not _somebody_waits():
            pass
    finally:
        release.set()
    return _outcome(one), _outcome(two)


def _request(work: Request) -> object:
    """Runs in a thread of its own, with a connection of its own."""
    try:
        return work()
    except (Invalid, Refused, Conflict) as refusal:
        return refusal
    finally:
        connection.close()


def _outcome(future: Future[object]) -> object:
    return future.result(PATIENCE)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


@pytest.fixture
def dialog(company: Company, master: Member, member: Member) -> Callable[..., GroupSettings]:
    def fill(name: str, **values: Any) -> GroupSettings:
        entries = Entries(members=frozenset({member.pk}))
        return changed(GroupSettings(name, frozenset({master.pk}), entries), **values)

    return fill


@pytest.fixture
def add(company: Company, administrator: Member) -> Callable[[GroupSettings], Request]:
    """A request that adds a group."""
    return lambda settings: lambda: create_group(company, "internal", settings, actor=actor_of(administrator))


Dialog = Callable[..., GroupSettings]
Add = Callable[[GroupSettings], Request]


def test_one_name_is_taken_once(at_once: AtOnce, add: Add, dialog: Dialog) -> None:
    """Rule 2.4."""
    first, second = at_once(add(dialog("Launch")), add(dialog("LAUNCH")))
    assert isinstance(first, Group)
    assert isinstance(second, Invalid)
    assert second.field == "name"
    assert Group.objects.count() == 1


def test_one_name_is_taken_once_by_renaming(
    at_once: AtOnce, group: Group, private_group: Group, administrator: Member
) -> None:
    """Rules 2.4, 2.18."""

    def rename(renamed: Group) -> Request:
        settings = replace(GroupSettings.of(renamed), name="Same")
        return lambda: update_group(renamed, settings, 1, actor=actor_of(administrator))

    _first, second = at_once(rename(group), rename(private_group))
    assert isinstance(second, Invalid)
    assert second.field == "name"


def test_one_address_is_taken_once(at_once: AtOnce, add: Add, dialog: Dialog, company: Company) -> None:
    """Rule 1.6."""
    on = {
        "features": frozenset({Feature.MAILING_LIST}),
        "mailing_list": ListSettings("launch", company.primary_domain.pk),
    }
    _first, second = at_once(add(dialog("One", **on)), add(dialog("Two", **on)))
    assert isinstance(second, Invalid)
    assert second.field == "address"
    assert Group.objects.count() == Address.objects.filter(local_part="launch").count() == 1


def test_one_address_is_taken_once_even_without_the_lock(at_once: AtOnce, company: Company) -> None:
    """Rule 1.6: the database itself holds it, and the answer is a message."""

    def take(kind: Address.Kind) -> Request:
        return lambda: take_address("launch", company.primary_domain, kind, field="address")

    first, second = at_once(take(Address.Kind.TEAM), take(Address.Kind.GROUP))
    assert isinstance(first, Address)
    assert isinstance(second, Invalid)
    assert "a team" in second.message


def test_the_last_place_of_the_plan_is_taken_once(
    at_once: AtOnce, add: Add, dialog: Dialog, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.2."""
    monkeypatch.setitem(Company.GROUP_LIMITS, Company.Plan.PAID, 2)
    GroupFactory.create(company=company)
    first, second = at_once(add(dialog("One")), add(dialog("Two")))
    assert isinstance(first, Group)
    assert isinstance(second, Invalid)
    assert Group.objects.count() == 2


def test_the_last_place_among_a_persons_groups_is_taken_once(
    at_once: AtOnce, add: Add, dialog: Dialog, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 1.8."""
    monkeypatch.setattr("groups.limits.DIRECT_GROUPS_LIMIT", 1)
    _first, second = at_once(add(dialog("One")), add(dialog("Two")))
    assert isinstance(second, Invalid)
    assert member.memberships.count() == 1


def test_half_loops_do_not_close(at_once: AtOnce, company: Company, administrator: Member) -> None:
    """Rule 2.11: through one more group."""
    inner = GroupFactory.create(company=company)
    middle = GroupFactory.create(company=company, subgroups=[inner])
    outer = GroupFactory.create(company=company)

    def put(contained: Group, container: Group) -> Request:
        added = Entries(groups=frozenset({contained.pk}))
        return lambda: edit_entries(container, added, Entries(), actor=actor_of(administrator))

    first, second = at_once(put(middle, outer), put(outer, inner))
    assert isinstance(first, Group)
    assert isinstance(second, Invalid)
    assert effective.loop_chain(outer, inner) == []


def test_one_of_the_last_two_masters_stays(
    at_once: AtOnce, group: Group, master: Member, outsider: Member
) -> None:
    """Rule 2.7."""
    MasterFactory.create(group=group, member=outsider)
    first, second = at_once(
        lambda: give_up_master(group, actor=actor_of(master)),
        lambda: give_up_master(group, actor=actor_of(outsider)),
    )
    assert isinstance(first, Group)
    assert isinstance(second, Refused)
    assert [row.member for row in group.masters.all()] == [outsider]


def test_the_later_of_two_edits_is_told(
    at_once: AtOnce, group: Group, master: Member, administrator: Member
) -> None:
    """Rule 2.18."""

    def describe(text: str, editor: Member) -> Request:
        settings = replace(GroupSettings.of(group), description=text)
        return lambda: update_group(group, settings, 1, actor=actor_of(editor))

    _first, second = at_once(describe("first", administrator), describe("second", master))
    assert isinstance(second, Conflict)
    group.refresh_from_db()
    assert (group.description, group.version) == ("first", 2)


def test_a_doubled_form_adds_one_group(at_once: AtOnce, add: Add, dialog: Dialog) -> None:
    settings = dialog("Launch", form_key=uuid.uuid4())
    first, second = at_once(add(settings), add(settings))
    assert isinstance(first, Group)
    assert first == second
    assert Group.objects.count() == 1


def test_a_form_sent_by_two_companies_adds_one_group(
    at_once: AtOnce, add: Add, dialog: Dialog, other_administrator: Member
) -> None:
    """No page of ours does that, but the key is what the client says."""
    key = uuid.uuid4()
    them = frozenset({other_administrator.pk})
    theirs = GroupSettings("Theirs", them, Entries(members=them), form_key=key)
    company = other_administrator.company
    assert company is not None
    made, refused = at_once(
        add(dialog("Launch", form_key=key)),
        lambda: create_group(company, "internal", theirs, actor=actor_of(other_administrator)),
    )
    assert isinstance(made, Group)
    assert isinstance(refused, Invalid)


def test_a_group_being_deleted_is_not_put_into_another(
    at_once: AtOnce, group: Group, private_group: Group, administrator: Member
) -> None:
    """Rule 2.22."""
    actor = actor_of(administrator)
    added = Entries(groups=frozenset({group.pk}))
    _first, second = at_once(
        lambda: delete_group(group, actor=actor),
        lambda: edit_entries(private_group, added, Entries(), actor=actor),
    )
    assert isinstance(second, Invalid)
    assert not present_entries(private_group).groups


def test_a_group_being_restored_is_not_purged(
    at_once: AtOnce, deleted_group: Group, administrator: Member
) -> None:
    """Rule 2.17."""
    Group.objects.filter(pk=deleted_group.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    _first, second = at_once(
        lambda: restore_group(deleted_group, actor=actor_of(administrator)),
        lambda: purge_deleted_groups(actor=Actor.system()),
    )
    assert second == 0
    assert Group.objects.filter(pk=deleted_group.pk, deleted_at=None).exists()


def test_a_name_comes_back_once(
    at_once: AtOnce, add: Add, dialog: Dialog, deleted_group: Group, administrator: Member
) -> None:
    """Rules 2.17, 2.4."""
    _first, second = at_once(
        add(dialog("Old things")), lambda: restore_group(deleted_group, actor=actor_of(administrator))
    )
    assert isinstance(second, Invalid)
    assert second.field == "name"


def test_a_mail_that_comes_twice_at_once_is_stored_once(
    at_once: AtOnce, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 4.3: whoever does not hear of the first attempt may be quick with the second."""
    monkeypatch.setattr(delivery, "wake", lambda: None)

    def come() -> Accepted:
        return accepted(group, raw=RAW)

    first, second = at_once(come, come)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.is_repeat, second.is_repeat, second.mail) == (False, True, first.mail)
    assert Mail.objects.get().envelopes.count() == MailContent.objects.count() == 1
