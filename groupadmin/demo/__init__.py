"""The demonstration that the quickstart loads: two companies that connect with each other (rules 1, 2)."""

from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Q

from accounts.actions.domains import approve_domain
from accounts.actions.superusers import add_superuser
from accounts.models import Company, Domain, Member

from .groups import add_groups
from .organization import ACTOR, hanbit, nordlicht
from .rooms import fill_rooms

DOMAINS = ("hanbit.example", "nordlicht.example")
SUPERUSER = "superuser@installation.example"
SIGN_INS = {
    "administrator": "jiwoo.kim@hanbit.example",
    "master of some groups": "hana.sato@hanbit.example",
    "plain member": "priya.nair@hanbit.example",
    "member of the other company": "lena.brandt@nordlicht.example",
    "superuser, in Django admin": SUPERUSER,
}


class ForeignDataError(Exception):
    """The database holds companies that do not belong to the demonstration."""


@dataclass(frozen=True)
class SignIn:
    """An account to try. Its password may have been changed since the demonstration was loaded."""

    role: str
    email: str
    has_demo_password: bool


@transaction.atomic
def load(password: str) -> bool:
    """Loads all of the demonstration or nothing; False if it is loaded already. Raises ForeignDataError."""
    if domains := list(Domain.objects.filter(name__in=DOMAINS)):
        # Loaded before they were to be proven, which nobody can do with such names (rule 1.9).
        for domain in domains:
            approve_domain(domain, actor=ACTOR)
        return False
    if Company.objects.exists() or Member.objects.exists():
        raise ForeignDataError
    ours, theirs = hanbit(), nordlicht()
    fill_rooms(ours, theirs, add_groups(ours, theirs))
    add_superuser("Superuser", SUPERUSER, actor=ACTOR)
    reset_passwords(password)
    return True


def reset_passwords(password: str) -> None:
    """Gives everybody in the demonstration this password."""
    # Hashed once: hashing is slow on purpose.
    people = Member.objects.filter(Q(company__domains__name__in=DOMAINS) | Q(email=SUPERUSER))
    Member.objects.filter(pk__in=people.values("pk")).update(password=make_password(password))


def sign_ins(password: str) -> list[SignIn]:
    """The accounts to try that still exist."""
    people = {member.email: member for member in Member.objects.active().filter(email__in=SIGN_INS.values())}
    fits: dict[str, bool] = {}
    found = []
    for role, email in SIGN_INS.items():
        if member := people.get(email):
            if member.password not in fits:
                fits[member.password] = check_password(password, member.password)
            found.append(SignIn(role, email, fits[member.password]))
    return found
