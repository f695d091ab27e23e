"""Whatever is sent twice adds nothing the second time, on every page (rule 5.8)."""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import resolve, reverse
from pytest_django.plugin import DjangoDbBlocker

from accounts import once
from accounts.models import AuditEntry, SentForm
from groups.models import Group, Message, Task

from .browser.test_twice import FORMS
from .groups.dialogs import filled
from .helpers import Clock, client_of
from .matrix import MATRIX, Cast, Row
from .once import files_again, made_once
from .test_permission_matrix import taken_back, the_cast

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ROLES = ("member", "administrator", "master")
DONE = (200, 204, 302)
# Their answer shows a secret that nobody has any more when the form comes again (rule 11.4).
SHOWN_ONCE = {"accounts:company_token_add", "accounts:own_token_add", "accounts:webhook_add"}
# They ask a provider first: see tests/accounts/sso/test_page.py.
OF_PROVIDERS = {"accounts:provider", "accounts:provider_add"}
COUNTED = [
    model
    for model in apps.get_models()
    if model._meta.app_label in ("accounts", "groups") and model not in (AuditEntry, SentForm)
]


class Forms(HTMLParser):
    """The forms of a page that post: where to, and the names of their fields."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.found: list[tuple[str, set[str]]] = []
        self.fields: set[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.fields = set()
            if (given.get("method") or "").lower() == "post":
                self.found.append((given.get("action") or self.address, self.fields))
        elif given.get("name") and self.fields is not None:
            self.fields.add(str(given["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.fields = None


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "media"


@pytest.fixture(scope="module")
def cast_made_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker, files: Path) -> Iterator[Cast]:
    with made_once(django_db_blocker, files, the_cast) as cast:
        yield cast


@pytest.fixture
def cast(cast_made_once: Cast, files: Path, media: Path) -> Cast:
    files_again(files, media)
    return cast_made_once


def rows_that(verb: str) -> Iterator[tuple[str, Row, str]]:
    """A row of each URL that somebody may ask so, and who."""
    for name, rows in MATRIX.items():
        for row in rows:
            answers = row.get if verb == "get" else row.post
            role = next((role for role in ROLES if answers and answers[role] in DONE), None)
            if role:
                yield name, row, role
                break


def client_for(cast: Cast, role: str) -> Client:
    cache.clear()
    return cast.sign_ins.client(getattr(cast, role))  # type: ignore[no-any-return]


def url_of(name: str, row: Row, cast: Cast) -> str:
    return reverse(name, args=list(row.args(cast)), query=row.query(cast) or None)


def keyed(cast: Cast) -> set[str]:
    """The URLs to which forms of the pages post, all of them with a key."""
    having: set[str] = set()
    lacking: set[str] = set()
    for name, row, role in rows_that("get"):
        with taken_back():
            url = url_of(name, row, cast)
            answer = client_for(cast, role).get(url)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            forms = Forms(url)
            forms.feed(answer.content.decode())
            for address, fields in forms.found:
                to = resolve(urlsplit(address).path).view_name
                (having if "form_key" in fields else lacking).add(to)
    return having - lacking


def counted() -> Counter[str]:
    """How many rows each table has, in one query."""
    tables = [model._meta.db_table for model in COUNTED]
    counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return Counter(dict(cursor.fetchall()))


def again(data: dict[str, Any]) -> dict[str, Any]:
    """What is posted, its files read from their beginnings."""
    for value in data.values():
        for one in value if isinstance(value, list) else [value]:
            if hasattr(one, "seek"):
                one.seek(0)
    return data


def posted(cast: Cast) -> dict[str, tuple[str, dict[str, Any]]]:
    """What adds something, and who posts it; where the matrix posts nothing, it stands here."""
    domain = str(cast.company.primary_domain.pk)
    person = {"name": "Twin", "local_part": "twin", "domain": domain, "send_mail": "on"}
    token = {"name": "Twin", "scopes": "directory:read", "days": "30"}
    told = {
        "accounts:company_token_add": ("administrator", token | {"kind": "token"}),
        "accounts:own_token_add": ("administrator", token),
        "accounts:webhook_add": ("administrator", {"url": "https://twin.example/hook", "which": "all"}),
        "accounts:team_add": ("administrator", {"name": "Twins"}),
        "accounts:team_people_add": ("administrator", {"people": f"member:{cast.outsider.pk}"}),
        "accounts:member_add": ("administrator", person | {"version": "1"}),
        "accounts:contact_add": ("administrator", {"address": "twin@outside.example"}),
        "accounts:connection_company_add": ("administrator", {"name": "twins.example"}),
        "accounts:connection_add": ("administrator", {"people": f"member:{cast.outsider.pk}"}),
        "accounts:bulk_choose": ("administrator", {"action": "member.activate", "pk": cast.outsider.pk}),
        "accounts:domain_add": ("administrator", {"name": "twins.example"}),
        "groups:add": ("administrator", filled(cast.master, cast.member, name="Twins")),
        "groups:add_external": ("administrator", filled(cast.master, cast.member, name="Twins")),
        "groups:import_add": (
            "administrator",
            {"file": SimpleUploadedFile("twin.csv", b"email\ntwin@hanbit.example")},
        ),
        "groups:contacts_add": ("administrator", {"contacts": "twin@outside.example"}),
        "room:upload": ("member", {"folder": "", "files": SimpleUploadedFile("twin.txt", b"Twin")}),
    }
    matrix = {name: (role, row.data(cast)) for name, row, role in rows_that("post")}
    return matrix | told


def post(client: Client, url: str, data: dict[str, Any]) -> tuple[int, str, Counter[str]]:
    """The status, where it leads, and which rows were added."""
    before = counted()
    answer: Any = client.post(url, again(data))
    b"".join(answer)
    return answer.status_code, answer.headers.get("Location", ""), counted() - before


def test_every_form_that_adds_adds_once(cast: Cast) -> None:
    """It carries a key, or what it adds is there once by itself. The second answer is the first one."""
    keys = keyed(cast)
    assert {name for name in keys if not name.endswith("edit")} >= FORMS.keys()
    wrong, added = {}, set()
    for name, (role, data) in posted(cast).items():
        with taken_back():
            (row, *_) = MATRIX[name]
            url, client = url_of(name, row, cast), client_for(cast, role)
            if name in keys:
                data |= {"form_key": str(uuid4())}
            first = post(client, url, data)
            second = post(client, url, data)
        # Who edits twice is told of the version between; a browser with scripts does not send twice.
        is_alike = second[:2] == first[:2] or name.endswith("edit") or name in SHOWN_ONCE
        is_wrong = name in keys and not is_alike
        if second[2] or is_wrong:
            wrong[name] = (first, second)
        elif first[2]:
            added.add(name)
    assert wrong == {}
    others = {"groups:new_mail", *OF_PROVIDERS} & keys
    assert {name for name in keys - added if not name.endswith("edit")} == others


def tasks_of(cast: Cast) -> str:
    Group.objects.filter(pk=cast.group.pk).update(task=True)
    return reverse("room:tasks", args=[cast.group.pk])


def test_other_words_and_other_people(cast: Cast) -> None:
    """With the same key, as after "Back": no words are lost, and a key is no door to what others wrote."""
    url, key = tasks_of(cast), str(uuid4())
    for title in ("One", "One", "Two"):
        client_for(cast, "member").post(url, {"title": title, "form_key": key})
    client_of(cast.teammate).post(url, {"title": "One", "form_key": key})
    assert sorted(task.title for task in Task.objects.all()) == ["One", "One", "Two"]
    Task.objects.all().delete()
    client_for(cast, "member").post(url, {"title": "One", "form_key": key})
    assert Task.objects.count() == 1, "what was deleted meanwhile can be added again"
    for text in ("One", "One", "Two"):
        client_for(cast, "member").post(
            reverse("room:messages", args=[cast.group.pk]), {"text": text, "form_key": key}
        )
    assert [message.text for message in Message.objects.order_by("pk")] == ["One", "Two"]


def test_keys_are_forgotten(cast: Cast, clock: Clock) -> None:
    url = tasks_of(cast)
    client_of(cast.member).post(url, {"title": "One", "form_key": str(uuid4())})
    once.forget_old()
    assert SentForm.objects.count() == 1
    clock.forward(days=8)
    once.forget_old()
    assert not SentForm.objects.exists()
