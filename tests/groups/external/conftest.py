"""People of another company who may come into the external group, or run it."""

import pytest

from accounts.models import Member
from groups.models import Group
from tests.factories import ContactFactory, MasterFactory


@pytest.fixture
def contact(master: Member, stranger: Member) -> Member:
    """The stranger, in the master's Contacts now."""
    ContactFactory.create(owner=master, person=stranger)
    return stranger


@pytest.fixture
def guest_master(external_group: Group, guest: Member) -> Member:
    MasterFactory.create(group=external_group, member=guest)
    return guest
