"""Directories in LDIF, as OpenLDAP and Active Directory write it (rules 10.4, 10.10)."""

import base64
from datetime import date

import pytest

from groups.directory.sources.ldap import SOURCE
from groups.directory.sources.ldap.entries import names_in, normal_dn

from .given import Given, of, problems, read

pytestmark = pytest.mark.one_database


def encoded(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


OPENLDAP = f"""\
# slapcat
version: 1

dn: dc=hanbit,dc=example
objectClass: dcObject
dc: hanbit

dn: uid=kim,ou=people,dc=hanbit,dc=example
objectClass: inetOrgPerson
objectClass: posixAccount
uid: kim
cn: Kim Jiwoo
givenName:: {encoded("지우")}
sn:: {encoded("김")}
mail: kim@hanbit.example
mail: jiwoo@hanbit.example
title: Head of a very long ti
 tle
ou: Sales/Europe
telephoneNumber: +82 2 1
employeeNumber: 17
manager: UID=Pat, OU=People,dc=hanbit,dc=example
entryUUID: 0a1b
gidNumber: 100
pwdAccountLockedTime: 000001010000Z
jpegPhoto:< file:///etc/passwd
shadowExpire: 20000

dn: uid=pat,ou=people,dc=hanbit,dc=example
objectClass: person
uid: pat
cn: Pat Smith
mail: Pat@hanbit.example
entryUUID: 0a1c

dn: uid=nobody,ou=people,dc=hanbit,dc=example
objectClass: account
uid: nobody

dn: cn=sales,ou=groups,dc=hanbit,dc=example
objectClass: groupOfNames
cn: sales
description: They sell
entryUUID: 0b1
owner: uid=pat,ou=people,dc=hanbit,dc=example
member: uid=kim,ou=people,dc=hanbit,dc=example
member: cn=crew,ou=groups,dc=hanbit,dc=example
member: cn=sales,ou=groups,dc=hanbit,dc=example
member: uid=gone,ou=people,dc=hanbit,dc=example
member:

dn: cn=crew,ou=groups,dc=hanbit,dc=example
objectClass: groupOfUniqueNames
cn: crew
uniqueMember: uid=pat,ou=people,dc=hanbit,dc=example#'01'B

dn: cn=users,ou=groups,dc=hanbit,dc=example
objectClass: posixGroup
cn: users
gidNumber: 100
memberUid: PAT
memberUid: root

dn: cn=kim,ou=groups,dc=hanbit,dc=example
objectClass: posixGroup
cn: kim
gidNumber: 1000
"""

ACTIVE_DIRECTORY = f"""\
dn: CN=Kim\\, Jiwoo,OU=Seoul,DC=corp,DC=hanbit,DC=example
changetype: add
objectClass: top
objectClass: person
objectClass: user
cn: Kim, Jiwoo
displayName: Jiwoo Kim
sAMAccountName: jkim
userPrincipalName: jkim@corp.local
mail: jiwoo@hanbit.example
proxyAddresses: smtp:jay@hanbit.example
proxyAddresses: SMTP:Jiwoo@hanbit.example
proxyAddresses: X500:/o=hanbit
proxyAddresses: smtp:jkim@hanbit.onmicrosoft.com
objectGUID:: {encoded(bytes(range(16)))}
userAccountControl: 514
accountExpires: 133801632000000000
department: Sales
employeeID: E9
physicalDeliveryOfficeName: Seoul 2
mobile: +82 10
memberOf: CN=Sales,OU=Lists,DC=corp,DC=hanbit,DC=example
memberOf: CN=Elsewhere,OU=Lists,DC=corp,DC=hanbit,DC=example

dn: CN=Pat,OU=Seoul,DC=corp,DC=hanbit,DC=example
changetype: add
objectClass: user
cn: Pat
userPrincipalName: pat@hanbit.example
userAccountControl: 512
accountExpires: 9223372036854775807
department: Sales

dn: CN=PC1,OU=Seoul,DC=corp,DC=hanbit,DC=example
changetype: add
objectClass: user
objectClass: computer
cn: PC1

dn: CN=Client,OU=Seoul,DC=corp,DC=hanbit,DC=example
changetype: add
objectClass: contact
displayName: A Client
targetAddress: SMTP:client@elsewhere.example

dn: CN=Domain Users,CN=Users,DC=corp,DC=hanbit,DC=example
changetype: add
objectClass: group
cn: Domain Users
isCriticalSystemObject: TRUE

dn: CN=Sales,OU=Lists,DC=corp,DC=hanbit,DC=example
changetype: add
objectClass: group
cn: Sales
mail: sales@hanbit.example
objectGUID:: {encoded(bytes(16))}
managedBy: CN=Pat,OU=Seoul,DC=corp,DC=hanbit,DC=example
msExchCoManagedByLink: CN=Sales,OU=Tokyo,DC=corp,DC=hanbit,DC=example
msExchRequireAuthToSendTo: TRUE
msExchHideFromAddressLists: TRUE
member;range=0-1: CN=Kim\\2C Jiwoo,OU=Seoul,DC=corp,DC=hanbit,DC=example
member;range=0-1: CN=Client,OU=Seoul,DC=corp,DC=hanbit,DC=example
member;range=0-1: CN=Domain Users,CN=Users,DC=corp,DC=hanbit,DC=example

dn: CN=Sales,OU=Tokyo,DC=corp,DC=hanbit,DC=example
changetype: add
objectClass: group
cn: Sales
member: CN=Sales,OU=Lists,DC=corp,DC=hanbit,DC=example
proxyAddresses: SMTP:tokyo@hanbit.example
authOrig: CN=Pat,OU=Seoul,DC=corp,DC=hanbit,DC=example
dLMemSubmitPerms: CN=Sales,OU=Lists,DC=corp,DC=hanbit,DC=example
publicDelegates: CN=Pat,OU=Seoul,DC=corp,DC=hanbit,DC=example
"""


def test_people_of_openldap_become_members() -> None:
    """Rule 1.12: values are folded, in base64, several; those at a URL are not fetched."""
    found = read(SOURCE, Given("all.ldif", OPENLDAP))
    assert of(found, "member") == [
        {
            "member": "kim@hanbit.example",
            "id": "0a1b",
            "name": "김지우",
            "aliases": ["jiwoo@hanbit.example"],
            "employee_number": "17",
            "job_title": "Head of a very long title",
            "phone": "+82 2 1",
            "manager": "pat@hanbit.example",
            "ends_on": date(2024, 10, 3),
            "active": False,
        },
        {"member": "pat@hanbit.example", "id": "0a1c", "name": "Pat Smith", "active": True},
    ]
    assert of(found, "team") == [{"team": "Sales-Europe"}]
    assert of(found, "place") == [{"team": "Sales-Europe", "member": "kim@hanbit.example"}]
    lines = OPENLDAP.splitlines()
    nobody, sales, users = (
        lines.index(f"dn: {name},dc=hanbit,dc=example") + 1
        for name in ("uid=nobody,ou=people", "cn=sales,ou=groups", "cn=users,ou=groups")
    )
    missing = "is in it, and is no person or group in these files."
    assert problems(found) == [
        f"all.ldif:{nobody} uid=nobody,ou=people,dc=hanbit,dc=example: This person has no email address.",
        f"all.ldif:{sales} sales: uid=gone,ou=people,dc=hanbit,dc=example {missing}",
        f"all.ldif:{users} users: root {missing}",
    ]


def test_groups_of_openldap_have_members_by_name_or_by_user_name() -> None:
    """Rules 2.7, 2.8: who has a group's number is in it; a group of one person alone is none."""
    found = read(SOURCE, Given("all.ldif", OPENLDAP))
    assert of(found, "group") == [
        {"group": "sales", "kind": "internal", "id": "0b1", "description": "They sell"},
        {"group": "crew", "kind": "internal"},
        {"group": "users", "kind": "internal"},
    ]
    sales = {"group": "sales", "group_id": "0b1"}
    assert of(found, "entry") == [
        {"group": "users", "member": "kim@hanbit.example"},
        {**sales, "member": "kim@hanbit.example"},
        {**sales, "subgroup": "crew"},
        {"group": "crew", "member": "pat@hanbit.example"},
        {"group": "users", "member": "pat@hanbit.example"},
    ]
    assert of(found, "master") == [{**sales, "member": "pat@hanbit.example"}]


def test_people_of_active_directory_become_members() -> None:
    """Accounts of machines and of the system are nobody; the day on which an account ends is the last."""
    found = read(SOURCE, Given("ad.ldf", ACTIVE_DIRECTORY))
    assert of(found, "member") == [
        {
            "member": "jiwoo@hanbit.example",
            "id": "03020100-0504-0706-0809-0a0b0c0d0e0f",
            "name": "Jiwoo Kim",
            "aliases": ["jay@hanbit.example"],
            "employee_number": "E9",
            "site": "Seoul 2",
            "phone": "+82 10",
            "ends_on": date(2024, 12, 31),
            "active": False,
        },
        {"member": "pat@hanbit.example", "name": "Pat", "active": True},
    ]
    assert of(found, "team") == [{"team": "Sales"}]


def test_groups_of_active_directory_become_groups_with_lists() -> None:
    """Rules 2.4, 4.4, 4.5, 4.6, 4.8, 5.3: contacts are contacts; what is missing is said."""
    found = read(SOURCE, Given("ad.ldf", ACTIVE_DIRECTORY))
    sales = {"group": "Sales (sales@hanbit.example)", "group_id": "00000000-0000-0000-0000-000000000000"}
    tokyo = {"group": "Sales (tokyo@hanbit.example)"}
    assert of(found, "group") == [
        {"group": "Elsewhere", "kind": "internal"},
        {
            "group": sales["group"],
            "kind": "internal",
            "id": sales["group_id"],
            "is_visible": False,
            "uses_mailing_list": True,
        },
        {**tokyo, "kind": "internal", "uses_mailing_list": True},
    ]
    assert of(found, "list") == [
        {
            **sales,
            "address": "sales@hanbit.example",
            "who_can_send": "everyone",
            "blocks_external_domains": True,
        },
        {
            **tokyo,
            "address": "tokyo@hanbit.example",
            "who_can_send": "designated",
            "blocks_external_domains": False,
        },
    ]
    assert of(found, "entry") == [
        {"group": "Elsewhere", "member": "jiwoo@hanbit.example"},
        {**sales, "member": "jiwoo@hanbit.example"},
        {**tokyo, "subgroup": sales["group"], "subgroup_id": sales["group_id"]},
    ]
    assert of(found, "contact") == [{**sales, "email": "client@elsewhere.example", "name": "A Client"}]
    assert of(found, "master") == [{**sales, "member": "pat@hanbit.example"}]
    assert of(found, "sender") == [
        {**tokyo, "purpose": "to", "member": "pat@hanbit.example"},
        {**tokyo, "purpose": "to", "subgroup": sales["group"], "subgroup_id": sales["group_id"]},
        {**tokyo, "purpose": "as", "member": "pat@hanbit.example"},
    ]
    assert [line.split(": ", 1)[1] for line in problems(found)] == [
        "Only some of its members are in this file (0-1). Ask the directory itself.",
        "It is run by CN=Sales,OU=Tokyo,DC=corp,DC=hanbit,DC=example, who is no person in these files.",
    ]


def test_people_and_groups_may_stand_in_files_of_their_own() -> None:
    """In UTF-16 too, as ldifde writes with -u."""
    people, groups = OPENLDAP.split("dn: cn=sales", 1)
    files = (Given("groups.ldif", f"dn: cn=sales{groups}"), Given("people.ldif", people.encode("utf-16")))
    assert len(of(read(SOURCE, *files), "entry")) == 5


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("changetype: modify\nreplace: mail\nmail: x@hanbit.example", "This record changes an entry."),
        ("objectClass: person\nmail:: ????", "A value of “mail” cannot be read."),
        ("objectClass: person\nmail:< file:///etc/passwd", "A value of “mail” cannot be read."),
        ("objectClass: person\nmail", "This line has no attribute."),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(record: str, said: str) -> None:
    good = "dn: cn=pat\nobjectClass: person\nmail: pat@hanbit.example\n"
    found = read(SOURCE, Given("x.ldif", f"dn: cn=x\n{record}\n\n{good}"))
    assert said in problems(found)[0]
    assert of(found, "member")[-1]["member"] == "pat@hanbit.example"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CN=Kim\\, Jiwoo,DC=x", "cn=kim\\2C jiwoo, dc=X", True),
        ("cn=a+uid=b,dc=x", "uid=B+cn=A,dc=x", True),
        ("cn=\\EA\\B9\\80,dc=x", "cn=김,dc=x", True),
        ("cn=a,dc=x", "cn=a\\,dc=x", False),
        ("cn=a b", "cn=ab", False),
    ],
)
def test_names_are_the_same_however_they_are_written(one: str, other: str, same: bool) -> None:
    assert (normal_dn(one) == normal_dn(other)) is same


def test_the_names_in_a_distinguished_name_are_read() -> None:
    assert names_in("CN=Kim\\, Jiwoo,OU=R\\2bD,DC=x") == ["Kim, Jiwoo", "R+D", "x"]


def test_other_files_are_not_taken_for_ldif() -> None:
    assert not SOURCE.recognises(Given("x.csv", "dn,mail\n"))
    assert not SOURCE.recognises(Given("x.ldif", ""))
