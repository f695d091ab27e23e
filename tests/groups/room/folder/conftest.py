"""The room of tests of Folder: with Folder on, and the member in it."""

import pytest
from django.test import Client

from accounts.models import Member
from groups.models import Group
from tests.factories import GroupFactory
from tests.helpers import ClientOf


@pytest.fixture
def room(group: Group) -> Group:
    """The group with Folder on."""
    Group.objects.filter(pk=group.pk).update(folder=True)
    return Group.objects.get(pk=group.pk)


@pytest.fixture
def other_room(room: Group, member: Member) -> Group:
    return GroupFactory.create(company=room.company, message=True, folder=True, members=[member])


@pytest.fixture
def client(member: Member, client_of: ClientOf) -> Client:
    return client_of(member)
