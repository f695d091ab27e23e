"""Every error is a problem document, whoever refuses the request (rule 11.3, RFC 9457)."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client, RequestFactory
from gunicorn.http.body import Body, ChunkedReader  # type: ignore[import-untyped]
from gunicorn.http.unreader import IterUnreader  # type: ignore[import-untyped]

from accounts.models import Member, Scope, Team
from groupadmin.api.problems import TITLES
from groupadmin.wsgi import Handler
from tests.groupadmin.api.calling import NOBODY, PROBLEM, one_connection, program_of

pytestmark = pytest.mark.django_db


def kind_of(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == PROBLEM, answer.content
    found = answer.json()
    assert found["status"] == answer.status_code
    assert found["title"]
    return answer.status_code, found["type"].removeprefix("urn:groupadmin:problem:")


def raw(program: Any, body: bytes, content_type: str = "application/json") -> Any:
    client = Client(headers={"Authorization": f"Bearer {program.token}"})
    return client.generic("POST", "/api/v1/teams", body, content_type=content_type)


def in_pieces(program: Any, *sent: bytes) -> int:
    """The status, asked as gunicorn asks for a body without a length."""
    limits = SimpleNamespace(limit_request_field_size=0, max_buffer_headers=0)
    given = RequestFactory(headers={"Authorization": f"Bearer {program.token}"}).generic(
        "POST",
        "/api/v1/teams",
        **{
            "CONTENT_TYPE": "application/json",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input": Body(ChunkedReader(limits, IterUnreader(sent))),
            "wsgi.input_terminated": True,
        },
    )
    with one_connection():
        return int(Handler()(given.environ, Mock()).status_code)


def piece(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


END = piece(b"")


def test_addresses_that_there_are_none_of(member: Member) -> None:
    for path in (
        "/",
        "/nothing",
        "/members/",
        "/members/1/2/3",
        "/members/0",
        "/members/ext:a:%00",
        "/jobs/x",
    ):
        assert kind_of(program_of(member).get(path)) == (404, "not-found"), path
    for path in ("/api", "/api/", "/api/v1", "/api/v2/members"):
        assert kind_of(Client().get(path)) == (404, "not-found"), path


def test_a_verb_that_is_not_done_here(member: Member) -> None:
    answer = program_of(member)("PUT", f"/members/{member.pk}", {})
    assert kind_of(answer) == (405, "method-not-allowed")
    assert answer["Allow"] == "DELETE, GET, HEAD, PATCH"
    assert kind_of(NOBODY.post("/me"))[0] == 405


def test_head_answers_as_get_without_a_body(member: Member) -> None:
    answer = program_of(member)("HEAD", "/me")
    assert (answer.status_code, answer.content) == (200, b"")


def test_bodies_that_cannot_be_read(administrator: Member) -> None:
    program = program_of(administrator)
    assert kind_of(raw(program, b'{"name": ')) == (400, "malformed")
    assert kind_of(raw(program, b'{"name": "\xff"}')) == (400, "malformed")
    assert kind_of(raw(program, b'{"name": "a\\u0000b"}')) == (400, "malformed")
    assert kind_of(raw(program, b'{"name": "\\ud800"}')) == (400, "malformed")
    assert kind_of(raw(program, b'{"name": NaN}')) == (400, "malformed")
    assert kind_of(raw(program, b'{"name": "A", "name": "B"}')) == (400, "malformed")
    assert kind_of(raw(program, b"[" * 100_000)) == (400, "malformed")
    assert kind_of(raw(program, b"name=x", "application/x-www-form-urlencoded")) == (415, "not-json")
    assert kind_of(raw(program, b"--x--", "multipart/form-data; boundary=x")) == (415, "not-json")
    assert kind_of(raw(program, b"[]")) == (422, "invalid")
    assert kind_of(raw(program, b"")) == (422, "invalid")


def test_bodies_that_are_too_large(administrator: Member, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    program, body = program_of(administrator), b'"' + b"x" * 200 + b'"'
    assert kind_of(raw(program, body)) == (413, "too-large")
    assert in_pieces(program, piece(body), END) == 413


def test_a_body_without_a_length_is_read_all_the_same(administrator: Member) -> None:
    """Some clients send each body in pieces (RFC 9112, 7.1). Half of one is none."""
    program, pieces = program_of(administrator), (piece(b'{"name": '), piece(b'"A"}'))
    assert in_pieces(program, *pieces) == 400
    assert in_pieces(program, *pieces, b"nonsense\r\n") == 400
    assert not Team.objects.exists()
    assert in_pieces(program, *pieces, END) == 201


def test_fields_are_named_as_they_were_sent(administrator: Member) -> None:
    program = program_of(administrator)
    body = {"name": 5, "emial": "x", "team_ids": ["1"]}
    answer = program.patch(f"/members/{administrator.pk}", body)
    assert kind_of(answer) == (422, "invalid")
    assert {(one["field"], one["place"]) for one in answer.json()["errors"]} == {
        ("name", "body"),
        ("emial", "body"),
        ("team_ids.0", "body"),
    }


def test_a_misspelt_filter_is_not_taken_for_none(member: Member) -> None:
    for query in (
        "is_activ=true",
        "limit=0",
        "limit=201",
        "is_active=maybe",
        "cursor=made-up",
        "team_id=x",
        "q=a&q=b",
    ):
        answer = program_of(member).get(f"/members?{query}")
        assert kind_of(answer) == (422, "invalid"), query
        assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
        assert answer.json()["errors"][0]["place"] == "query"


def test_while_the_database_is_away(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of(member)

    def away(*_args: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("groupadmin.api.callers.caller_of", away)
    answer = program.get("/me")
    assert answer.status_code == 503
    assert answer["Retry-After"].isdigit()
    assert answer["Content-Type"] == PROBLEM


def test_words_are_in_the_caller_s_language_and_types_are_stable(member: Member) -> None:
    answer = program_of(member).get("/members/0", Accept_Language="ko")
    assert kind_of(answer) == (404, "not-found")
    assert all(400 <= status < 600 for status, _title in TITLES.values())


def test_a_scope_missing_names_it(member: Member) -> None:
    assert kind_of(program_of(member, Scope.AUDIT_READ).get("/members")) == (403, "scope-missing")
