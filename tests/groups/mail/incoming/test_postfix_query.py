"""operating.md's query, by which Postfix knows which mail comes here (rules 1.9, 1.10)."""

import re
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Company, Domain, Member
from groups.models import Group
from tests.factories import AddressFactory

PAGE = Path(__file__).resolve().parents[4] / "groupadmin" / "docs" / "operating.md"


def is_served(address: str) -> bool:
    """Asks as Postfix does, which first cuts off what stands behind a plus sign."""
    query = re.search(r"^query = (.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert query is not None
    local_part, _at, domain = address.partition("@")
    sql = query[1].replace("%u", local_part.partition("+")[0]).replace("%d", domain)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return bool(cursor.fetchall() == [("lmtp:inet:127.0.0.1:8024",)])


@pytest.mark.django_db
def test_it_serves_what_is_theirs(company: Company, group: Group, member: Member) -> None:
    AddressFactory.create(company=company, local_part="a-team", kind="team")
    served = ["platform@hanbit.example", "Platform@Hanbit.Example", "bounce+1-a@hanbit.example"]
    served += ["postmaster@hanbit.example", "abuse@hanbit.example"]
    for state in (Domain.State.PROVEN, Domain.State.EXISTING):
        Domain.objects.filter(company=company).update(state=state)
        assert [is_served(address) for address in served] == [True] * 5
        for other in ("momo@hanbit.example", "a-team@hanbit.example", "postmaster@elsewhere.example"):
            assert not is_served(other)
    Domain.objects.filter(company=company).update(is_primary=False)
    for state in (Domain.State.CLAIMED, Domain.State.LOST):
        Domain.objects.filter(company=company).update(state=state)
        assert [is_served(address) for address in served] == [False] * 5
