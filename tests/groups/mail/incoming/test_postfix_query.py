"""operating.md's queries, by which Postfix knows which mail comes here, and who sends (rules 1.9, 1.10)."""

import re
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Company, Domain, Member
from groups.models import Group
from tests.factories import AddressFactory

PAGE = Path(__file__).resolve().parents[4] / "groupadmin" / "docs" / "operating.md"


def found(number: int, address: str) -> list[str]:
    """Asks as Postfix does, which first cuts off what stands behind a plus sign."""
    query = re.findall(r"^query = (.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)[number]
    local_part, _at, domain = address.partition("@")
    sql = query.replace("%u", local_part.partition("+")[0]).replace("%d", domain)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def is_served(address: str) -> bool:
    """Whether its mail comes here."""
    return found(0, address) == ["lmtp:inet:127.0.0.1:8024"]


def may_send(address: str) -> list[str]:
    """Who may sign in to Postfix and send from it."""
    return found(1, address)


@pytest.mark.django_db
def test_it_serves_what_is_theirs(company: Company, group: Group, member: Member) -> None:
    AddressFactory.create(company=company, local_part="a-team", kind="team")
    AddressFactory.create(company=company, local_part="platform-2", kind="group_alias")
    served = [
        "platform@hanbit.example",
        "platform-2@hanbit.example",
        "Platform@Hanbit.Example",
        "bounce+1-a@hanbit.example",
    ]
    served += ["postmaster@hanbit.example", "abuse@hanbit.example"]
    for state in (Domain.State.PROVEN, Domain.State.EXISTING):
        Domain.objects.filter(company=company).update(state=state)
        assert [is_served(address) for address in served] == [True] * 6
        for other in ("momo@hanbit.example", "a-team@hanbit.example", "postmaster@elsewhere.example"):
            assert not is_served(other)
        assert may_send(member.email) == [member.email]
    Domain.objects.filter(company=company).update(is_primary=False)
    for state in (Domain.State.CLAIMED, Domain.State.LOST):
        Domain.objects.filter(company=company).update(state=state)
        assert [is_served(address) for address in served] == [False] * 6
        assert not may_send(member.email)
