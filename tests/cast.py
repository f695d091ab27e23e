"""Makes the cast: one person a role, and the groups that they know, may know or may not know.

In Hanbit (`company`): the administrator; the master, who runs `group`, `external_group` and `deleted_group`
without being a member of any; the member of these three; the teammate, who is in `group` by way of `team`;
the insider, who runs `private_group` and is its one member; the outsider, who is in nothing.
In Nordlicht (`other_company`): the guest, in `external_group`; the stranger, in nothing; an administrator.
The superuser belongs to the installation.

tests.conftest has a fixture for each of them.
"""

from dataclasses import dataclass

from accounts.models import Company, Member, Team
from groups.models import Group

from .factories import CompanyFactory, GroupFactory, MemberFactory, TeamFactory

COMPANIES = {"company": ("Hanbit", "hanbit.example"), "other_company": ("Nordlicht", "nordlicht.example")}


@dataclass(frozen=True)
class Part:
    """Who plays a role."""

    name: str
    address: str
    company: str
    is_administrator: bool = False


PARTS = {
    "administrator": Part("Ada Administrator", "ada@hanbit.example", "company", is_administrator=True),
    "master": Part("Mira Master", "mira@hanbit.example", "company"),
    "member": Part("Momo Member", "momo@hanbit.example", "company"),
    "teammate": Part("Tae Teammate", "tae@hanbit.example", "company"),
    "insider": Part("Ines Insider", "ines@hanbit.example", "company"),
    "outsider": Part("Otto Outsider", "otto@hanbit.example", "company"),
    "guest": Part("Greta Guest", "greta@nordlicht.example", "other_company"),
    "stranger": Part("Sten Stranger", "sten@nordlicht.example", "other_company"),
    "other_administrator": Part(
        "Odd Administrator", "odd@nordlicht.example", "other_company", is_administrator=True
    ),
}


def company(which: str) -> Company:
    name, domain = COMPANIES[which]
    return CompanyFactory.create(name=name, domain=domain)


def person(role: str, company: Company) -> Member:
    part = PARTS[role]
    return MemberFactory.create(
        company=company, name=part.name, email=part.address, is_administrator=part.is_administrator
    )


def superuser() -> Member:
    return MemberFactory.create(superuser=True, name="Root", email="root@installation.example")


def team(company: Company, teammate: Member) -> Team:
    """A team of the teammate."""
    return TeamFactory.create(company=company, name="Platform", people=[teammate])


def group(company: Company, master: Member, member: Member, team: Team) -> Group:
    """Internal and public, with Message and a mailing list, platform@hanbit.example."""
    return GroupFactory.create(
        company=company,
        name="Platform guild",
        masters=[master],
        members=[member],
        teams=[team],
        message=True,
        listed=True,
        mailing_list__address__local_part="platform",
    )


def private_group(company: Company, insider: Member) -> Group:
    """Internal and private."""
    return GroupFactory.create(
        company=company, name="Secret surprise", private=True, masters=[insider], members=[insider]
    )


def external_group(company: Company, master: Member, member: Member, guest: Member) -> Group:
    """Hanbit's, with a guest from Nordlicht."""
    return GroupFactory.create(
        company=company, name="Joint venture", external=True, masters=[master], members=[member, guest]
    )


def deleted_group(company: Company, master: Member, member: Member) -> Group:
    """Recently deleted."""
    return GroupFactory.create(
        company=company, name="Old things", deleted=True, masters=[master], members=[member]
    )
