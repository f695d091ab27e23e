"""Two companies share an installation and nothing else (rules 1.1, 6.2, 6.4).

Each page is asked for by people of one company with the ids of the other's things; no byte of the other
company's may be in what comes back, and nothing of it may change.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import AuditEntry, Member
from groups.models import ROOM_FEATURES, Group, Membership, Message, Notice, Notification

from .conftest import FIRST_ID, count_ids_from
from .factories import ContactFactory
from .full_company import FullCompany, full_company, key_of, photo_of, rows_again, rows_from
from .once import SignIns, files_again, made_once

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

OURS, THEIRS = "Wombat", "Quokka"
THEIR_FIRST_ID = 2 * FIRST_ID
TRIED_IDS = 6
ROLES = ("administrator", "master", "member")

# For the arguments of addresses that are words.
WORDS = {"kind": "internal", "size": "small", "uidb36": "1", "key": "no-key", "token": "no-token"}


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, dict[str, bool]]]:
    """Every URL's name, with its arguments and whether they are numbers."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from patterns(pattern, inner)
        elif isinstance(pattern, URLPattern):
            converters = pattern.pattern.converters
            numbers = {name: isinstance(one, IntConverter) for name, one in converters.items()}
            names = dict.fromkeys(pattern.pattern.regex.groupindex, False) | numbers
            yield f"{namespace}{pattern.name}", names


URLS = dict(patterns(get_resolver()))
ASKED = sorted(name for name in URLS if name not in ("account_logout", "account_change_password"))


def address(name: str, pk: int) -> str:
    """The URL with that id for each number, and a word for each other argument."""
    words = WORDS | ({"key": str(key_of(THEIRS))} if name.endswith(("_piece", ":undo")) else {})
    arguments = {key: pk if is_number else words.get(key, "x") for key, is_number in URLS[name].items()}
    return reverse(name, kwargs=arguments)


def addresses(name: str) -> list[str]:
    """The URL with each of the ids that the other company's things have."""
    ids = range(THEIR_FIRST_ID + 1, THEIR_FIRST_ID + 1 + TRIED_IDS)
    if not any(URLS[name].values()):
        ids = range(1)
    return [address(name, pk) for pk in ids]


def parameters(pk: int) -> list[dict[str, Any]]:
    """What autocompletes and filters are asked, with beginnings of the other company's names and its ids."""
    purposes = ("members", "masters", "people", "teams", "designated", "asked", "contacts", "crowd")
    number = {
        name: pk for name in ("group", "new", "team", "parent", "member", "person", "company", "company_id")
    }
    return [
        {"q": "zz"} | number,
        *({"q": "zz", "purpose": purpose} for purpose in purposes),
        *({"q": "zz", "purpose": "members", "kind": "external"} for _once in (1,)),
    ]


def posted(pk: int) -> dict[str, Any]:
    """A form with the other company's ids in every field that any form has."""
    tokens = f"member:{pk}\nteam:{pk}\ngroup:{pk}"
    things = ("member", "group", "team", "parent", "domain", "list-domain", "photo_draft", "person")
    ids = (*things, "pk", "id", "one", "newest", "oldest")
    people = (
        "masters",
        "members",
        "people",
        "teams",
        "list-senders",
        "list-send_as",
        "contacts",
        "team_ids",
        "default_master",
    )
    return {
        **dict.fromkeys(ids, str(pk)),
        **dict.fromkeys(people, tokens),
        "text": tokens,
        "version": "1",
        "name": "Zz new",
        "description": "",
        "local_part": "zz-new",
        "list-local_part": "zz-list",
        "list-who_can_send": "designated",
        "uses_mailing_list": "on",
        "message": "on",
        "subject": "Hello",
        "body": "Hello",
        "to": "somebody@outside.example",
        "confirmed": "on",
        "chosen": [str(pk), str(pk + 1)],
    }


@dataclass(frozen=True)
class World:
    """All that there is: two companies, each person of theirs signed in."""

    ours: FullCompany
    theirs: FullCompany
    sign_ins: SignIns


def the_world() -> World:
    """Ours, then theirs, whose ids begin higher up; ours anew, since PostgreSQL counts on."""
    count_ids_from(FIRST_ID)
    ours = full_company(OURS)
    count_ids_from(THEIR_FIRST_ID)
    theirs = full_company(THEIRS)
    asking = [*(ours.people[role] for role in ROLES), theirs.guest, theirs.administrator]
    return World(ours, theirs, SignIns(asking))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "media"


@pytest.fixture(scope="module")
def world_made_once(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, files: Path
) -> Iterator[World]:
    with made_once(django_db_blocker, files, the_world) as world:
        yield world


@pytest.fixture
def world(world_made_once: World, files: Path, media: Path) -> Iterator[World]:
    """As it was made, whatever the tests before did to it. Whoever asks stays signed in while they ask."""
    files_again(files, media)
    yield world_made_once
    world_made_once.sign_ins.check_kept()


def told(response: Any) -> str:
    """All that comes back: the status line's neighbours and the body."""
    body = b"".join(response) if response.streaming else response.content
    cookies = response.cookies.output()
    return f"{dict(response.headers)}\n{cookies}\n{body.decode('utf-8', 'replace')}"


def check(text: str, mark: str, allowed: tuple[str, ...] = ()) -> None:
    text = text.lower()
    for known in allowed:
        text = text.replace(known.lower(), "")
    place = text.find(mark.lower())
    assert place < 0, text[max(0, place - 200) : place + 200]


def ask(client: Client, url: str, mark: str, allowed: tuple[str, ...]) -> None:
    pk = THEIR_FIRST_ID + 1
    asks_more = not any(character.isdigit() for character in url)
    look(client, url, parameters(pk) if asks_more else [], mark, allowed)
    check(told(client.post(url, posted(pk))), mark, allowed)


def look(
    client: Client, url: str, queries: list[dict[str, Any]], mark: str, allowed: tuple[str, ...]
) -> None:
    """GETs a page, and again with each of the queries, unless it is a page that nobody GETs."""
    answer = client.get(url)
    check(told(answer), mark, allowed)
    if answer.status_code != 405:
        for query in queries:
            check(told(client.get(url, query)), mark, allowed)


@pytest.mark.parametrize("name", ASKED)
def test_nothing_of_another_company(world: World, name: str) -> None:
    ours, theirs = world.ours, world.theirs
    before = rows_from(THEIR_FIRST_ID)
    assert not [model for model, rows in before.items() if not rows], "the other company lacks these"
    for role in ROLES:
        cache.clear()  # limits of the sign-in pages would else answer for them
        for url in addresses(name):
            for htmx in (False, True):
                ask(world.sign_ins.client(ours.people[role], htmx=htmx), url, THEIRS, ())
    assert rows_again(before) == before
    told_to_ours = Notification.objects.filter(member__in=[person.pk for person in ours.people.values()])
    noticed = list(
        Notice.objects.filter(notifications__in=told_to_ours).values("group_name", "by_name", "details")
    )
    audited = list(AuditEntry.objects.filter(company_id=ours.company.pk).values())
    for kept in (noticed, audited, [message.message().as_string() for message in mail.outbox]):
        check(json.dumps(kept, default=str), THEIRS)
    assert theirs.company.pk >= THEIR_FIRST_ID


@pytest.fixture
def shared(world: World) -> World:
    """Their guest is in our external group, and a contact of our master."""
    ours, theirs = world.ours, world.theirs
    Membership.objects.create(group=ours.external, member=theirs.guest)
    ContactFactory.create(owner=ours.master, person=theirs.guest)
    return world


@pytest.mark.parametrize("name", ASKED)
def test_of_a_guest_name_and_company(shared: World, name: str) -> None:
    """Rule 6.4: name, company and photo of those in the group, and nothing else of their company."""
    ours, theirs = shared.ours, shared.theirs
    groups = (ours.external.pk, ours.public.pk)
    for role in ROLES:
        ask_about(shared, ours.people[role], name, groups, THEIRS, (theirs.guest.name, theirs.company.name))


@pytest.mark.parametrize("name", ASKED)
def test_a_guest_sees_the_group_and_its_people(shared: World, name: str) -> None:
    ours, theirs = shared.ours, shared.theirs
    known = (
        *(ours.external.name, ours.company.name, ours.master.name, ours.member.name),
        photo_of(OURS, "external"),
    )
    for person in (theirs.guest, theirs.administrator):
        ask_about(shared, person, name, (ours.external.pk, ours.public.pk, ours.other.pk), OURS, known)


def ask_about(
    world: World, member: Member, name: str, ids: tuple[int, ...], mark: str, allowed: tuple[str, ...]
) -> None:
    """Asks for a URL with each of the ids: in its address, or, if it takes none, in the queries.

    Of those only the first has an id in it.
    """
    cache.clear()
    for htmx in (False, True):
        client = world.sign_ins.client(member, htmx=htmx)
        if URLS[name]:
            for pk in ids:
                look(client, address(name, pk), [], mark, allowed)
        else:
            queries = [parameters(pk)[0] for pk in ids] + parameters(ids[0])[1:]
            look(client, address(name, ids[0]), queries, mark, allowed)


ROOM_URLS = sorted(name for name in URLS if name.startswith("room:") and "pk" in URLS[name])


@pytest.fixture
def rooms(world: World) -> World:
    """Our people's room has all features, so that nothing but the other room's ids is in the way."""
    features = {feature.value: True for feature in ROOM_FEATURES}
    Group.objects.filter(pk__in=[world.ours.public.pk, world.theirs.public.pk]).update(**features)
    return world


@pytest.mark.parametrize("name", ROOM_URLS)
def test_nothing_of_another_room(rooms: World, name: str) -> None:
    """Rule 3.6: whoever is in one room reaches nothing of another one through it, by no id."""
    ours, pk = rooms.ours, THEIR_FIRST_ID + 1
    before = rows_from(THEIR_FIRST_ID)
    words = {"token": f"f{pk}", "key": str(key_of(THEIRS))}
    urls = {
        reverse(name, kwargs={key: words.get(key, pk) for key in URLS[name]} | {"pk": ours.public.pk})
        for words in (words, words | {"token": f"d{pk}"})
    }
    client = rooms.sign_ins.client(ours.member)
    for url in sorted(urls):
        look(client, url, [room_parameters(pk)], THEIRS, ())
        check(told(client.post(url, posted(pk) | room_parameters(pk))), THEIRS)
    assert rows_again(before) == before
    own = Message.objects.filter(group=ours.public).values_list("reply_to", "files")
    assert not any(number and number >= THEIR_FIRST_ID for row in own for number in row)


def room_parameters(pk: int) -> dict[str, Any]:
    """What a room's pages are asked for and told, with the other room's ids."""
    numbers = ("in", "at", "as", "folder", "to", "reply_to", "after", "before", "step", "number", "version")
    return {
        **dict.fromkeys(numbers, str(pk)),
        "item": [f"f{pk}", f"d{pk}"],
        "arrived": [str(key_of(THEIRS))],
        "mentioned": [str(pk)],
        "taken_off": [str(pk)],
        "title": "Zz title",
        "text": "Zz text",
    }
