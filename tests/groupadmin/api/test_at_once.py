"""Two requests with the same key at once: the second waits for the first, and gets its answer (rule 11.3)."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction

from accounts.models import AccessToken, AnsweredRequest, AuditEntry, Member
from tests.groupadmin.api.calling import program_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]

NEW = {"name": "Nia New", "email": "nia@hanbit.example"}


def test_of_many_at_once_one_is_carried_out(administrator: Member) -> None:
    program, begin = program_of(administrator), Barrier(4)
    answers: list[Any] = []

    def send() -> None:
        begin.wait()
        try:
            answers.append(program.post("/members", NEW, Idempotency_Key="once"))
        finally:
            connections.close_all()

    senders = [Thread(target=send) for _number in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert AuditEntry.objects.filter(action="member.add").count() == 1
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in done}) == 1
    # Whoever waits too long, or finds others waiting, is told to come again.
    others = [answer for answer in answers if answer.status_code != 201]
    assert {answer.status_code for answer in others} <= {409}
    assert all(answer["Retry-After"] == "1" for answer in others)


def test_whoever_waits_too_long_is_told_to_come_again(administrator: Member) -> None:
    program = program_of(administrator)
    token = AccessToken.objects.get()
    claimed, over = Barrier(2), Barrier(2)

    def hold() -> None:
        try:
            with transaction.atomic():
                AnsweredRequest.objects.create(token=token, key="once", fingerprint="x")
                claimed.wait()
                over.wait()
                transaction.set_rollback(True)
        finally:
            connections.close_all()

    holder = Thread(target=hold)
    holder.start()
    claimed.wait()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        answer = program.post("/members", NEW, Idempotency_Key="once")
    finally:
        over.wait()
        holder.join()
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert answer.json()["type"] == "urn:groupadmin:problem:in-progress"
    assert program.post("/members", NEW, Idempotency_Key="once").status_code == 201
