"""Who may save a form may use its pickers; where nobody can be chosen, they say why (rules 1.5, 7)."""

import html
import re

import pytest
from django.urls import reverse

from accounts.models import Company, Member, Team
from groups.models import Group
from tests.factories import ContactFactory, TeamFactory
from tests.helpers import client_of

pytestmark = pytest.mark.django_db

FORMS = ["groups:edit", "groups:edit_members", "groups:name_master", "groups:mail_of"]
OF_EXTERNAL = "groups:add_external_members"


@pytest.mark.parametrize("form", [*FORMS, OF_EXTERNAL])
def test_masters_choose_in_every_form_of_their_group(
    company: Company, master: Member, stranger: Member, group: Group, external_group: Group, form: str
) -> None:
    """They may save it, whoever may create groups."""
    company.group_creators = Company.Creators.ADMINISTRATORS
    company.save()
    ContactFactory.create(owner=master, person=stranger)
    client = client_of(master)
    edited = external_group if form == OF_EXTERNAL else group
    shown = client.get(reverse(form, args=[edited.pk]))
    assert shown.status_code == 200
    page = shown.content.decode().partition("<main")[2].partition("</main>")[0]
    asked = re.findall(r'data-(search|teams|paste)="([^"]+)"', page)
    assert asked
    for kind, url in asked:
        url = html.unescape(url)
        answer = client.post(url, {"text": master.email}) if kind == "paste" else client.get(f"{url}&q=m")
        assert answer.status_code == 200, url


def test_a_refusal_carries_its_reason(company: Company, master: Member) -> None:
    """picker-server.js looks for it in the page."""
    answer = client_of(master).get("/groups/pick/teams/?purpose=members")
    assert answer.status_code == 403
    assert re.search(r"<p data-reason>\s*Only administrators", answer.content.decode())


def test_an_external_group_says_that_nobody_may_connect(
    company: Company, administrator: Member, team: Team, member: Member
) -> None:
    """Rules 2.7, 2.9."""
    company.connecting = Company.Connecting.CHOSEN
    company.save()
    client = client_of(administrator)
    why = "Nobody in your company may connect with other companies."
    for url in ("pick/?q=momo&", f"pick/teams/?parent={team.pk}&"):
        asked = f"/groups/{url}purpose=masters&kind=external"
        assert why in client.get(asked).content.decode()
        assert why not in client.get(asked.replace("external", "internal")).content.decode()
    member.may_connect = True
    member.save()
    answer = client.get(f"/groups/pick/teams/?parent={team.pk}&purpose=masters&kind=external")
    assert why not in answer.content.decode()
    assert "There is nobody here to choose." in answer.content.decode()


def test_contacts_say_that_nobody_can_be_added(administrator: Member, external_group: Group) -> None:
    """Rule 6.3."""
    url = f"/groups/pick/?q=greta&purpose=contacts&group={external_group.pk}"
    assert "Nobody in your Contacts" in client_of(administrator).get(url).content.decode()


def test_a_company_without_teams_is_searched_by_name(company: Company, administrator: Member) -> None:
    """An empty tree says so, and what to do instead."""
    client, url = client_of(administrator), "/groups/pick/teams/?purpose=members"
    assert "There are no teams yet." in client.get(url).content.decode()
    TeamFactory.create(company=company, name="Platform")
    assert "There are no teams yet." not in client.get(url).content.decode()
