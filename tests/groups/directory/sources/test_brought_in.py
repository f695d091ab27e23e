"""What a source reads can be brought in, and a second time changes nothing (rules 10.1, 10.2, 10.4)."""

from collections import Counter

import pytest

from accounts.models import Company, Member
from groups.directory.sources import google
from groups.directory.sources.subscribers import settled
from groups.models import DirectoryImport, Group
from tests.groups.directory.imports.importing import brought_in

from .given import Given, csv

pytestmark = pytest.mark.django_db

USERS = csv(
    "primaryEmail,name.givenName,name.familyName,suspended,orgUnitPath,id",
    "pat@hanbit.example,Pat,Smith,False,/Sales/Asia,1",
    "kim@hanbit.example,지우,김,False,/,2",
)
GROUPS = csv(
    "email,name,id,whoCanPostMessage,membersCanPostAsTheGroup,Members,Managers,Owners",
    "all@hanbit.example,All,g1,ALL_OWNERS_CAN_POST,True,sales@hanbit.example x@elsewhere.example,,"
    "pat@hanbit.example",
    "sales@hanbit.example,Sales crew,g2,ALL_IN_DOMAIN_CAN_POST,False,,kim@hanbit.example,",
)
EVERYBODY = csv("group,type,role,id,status", "sales@hanbit.example,CUSTOMER,MEMBER,C1,")


def verdicts(done: DirectoryImport) -> Counter[str]:
    return Counter(done.rows.values_list("verdict", flat=True))


def test_googles_directory_is_brought_in_once(company: Company, member: Member) -> None:
    files = [Given("users.csv", USERS), Given("groups.csv", GROUPS), Given("members.csv", EVERYBODY)]

    def bring() -> Counter[str]:
        records = settled(google.SOURCE.read(files), company)
        return verdicts(brought_in(company, records, source="google"))

    first = bring()
    assert set(first) == {"add", "same"}, "whoever manages and is everybody too is in it once"
    group = Group.objects.get(company=company, external_id="g1", source="google", name="All")
    a_list = group.mailing_list
    assert a_list is not None
    assert a_list.who_can_send == "designated"
    assert a_list.external_contacts.get().email == "x@elsewhere.example"
    assert bring() == {"same": first.total()}
