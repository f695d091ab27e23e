"""What counts as many people, and how far an agreement goes (rule 10.5)."""

from typing import Any

import pytest

from accounts.actions.losses import check_company_loss, check_group_losses, check_people_leave
from accounts.actor import Actor
from accounts.losses import Agreement, LosesMany, Loss, is_large
from accounts.models import Company, Member
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import ActorOf


@pytest.mark.parametrize(
    ("lost", "of", "many"),
    [(19, 19, False), (20, 20, True), (20, 199, True), (20, 200, False), (21, 200, True), (0, 0, False)],
)
def test_many_are_more_than_a_tenth_and_at_least_twenty(lost: int, of: int, many: bool) -> None:
    assert is_large(lost, of) is many


def test_the_operator_sets_what_is_many(settings: Any) -> None:
    """One person is never many, whatever is set."""
    settings.LOSS_ASKS_FROM, settings.LOSS_ASKS_PERCENT = 0, 50
    assert is_large(2, 3)
    assert not is_large(2, 4)
    assert not is_large(1, 1)


def test_an_agreement_is_to_a_number() -> None:
    """Fewer may go, or none; more, or another group's, not."""
    sales = Loss("group", 5, "Sales", 98, 120)
    agreed = Agreement.read(str(Agreement().with_losses([sales])))
    assert agreed.covers([Loss("group", 5, "Sales", 97, 120)])
    assert not agreed.covers([Loss("group", 5, "Sales", 99, 120)])
    assert not agreed.covers([Loss("group", 6, "Sales", 98, 120)])
    assert not agreed.covers([Loss("company", 5, "Sales", 98, 120)])
    assert not agreed.covers([sales, Loss("group", 6, "Others", 20, 20)])


@pytest.mark.parametrize(
    "text", ["", "group-5", "group-x:9", "group-5:-9", "group-" + "9" * 30 + ":1", "5:98"]
)
def test_what_a_form_says_otherwise_agrees_to_nothing(text: str) -> None:
    assert Agreement.read(text) == Agreement()


def test_doors_without_a_person_refuse_unless_told(company: Company, group: Group) -> None:
    """They say the numbers; told to, they go on."""
    with pytest.raises(LosesMany) as asked:
        check_group_losses({group: (98, 120)}, Actor.system())
    assert "98 of 120 people from" in asked.value.message
    assert "Platform guild" in asked.value.message
    check_group_losses({group: (98, 120)}, Actor.system(accepts_loss=True))
    check_group_losses({group: (19, 19)}, Actor.system())


def test_a_company_that_loses_many(
    settings: Any, company: Company, administrator: Member, actor_of: ActorOf
) -> None:
    """Inactive people are gone already."""
    settings.LOSS_ASKS_FROM, settings.LOSS_ASKS_PERCENT = 2, 50
    for is_active in (True, True, True, False):
        MemberFactory.create(company=company, is_active=is_active)
    actor = actor_of(administrator)
    check_company_loss(company, 2, actor)
    with pytest.raises(LosesMany) as asked:
        check_company_loss(company, 3, actor)
    assert [(loss.lost, loss.of) for loss in asked.value.losses] == [(3, 4)]


def test_people_who_leave_are_counted_in_their_company_and_groups(
    settings: Any, company: Company, administrator: Member, actor_of: ActorOf
) -> None:
    """All is asked at once; who is inactive already leaves nothing."""
    settings.LOSS_ASKS_FROM = 2
    people = [
        *MemberFactory.create_batch(3, company=company),
        MemberFactory.create(company=company, is_active=False),
    ]
    inner = GroupFactory.create(company=company, name="Inner", members=people)
    GroupFactory.create(company=company, name="Outer", members=[administrator], subgroups=[inner])
    GroupFactory.create(company=company, name="One of them", members=[people[0], administrator])
    GroupFactory.create(company=company, name="Gone", members=people, deleted=True)
    with pytest.raises(LosesMany) as asked:
        check_people_leave([person.pk for person in people], actor_of(administrator))
    found = {(loss.name, loss.lost, loss.of) for loss in asked.value.losses}
    assert found == {("Hanbit", 3, 4), ("Inner", 3, 3), ("Outer", 3, 4)}


def test_several_actions_in_one_step_are_added_up(
    settings: Any, group: Group, administrator: Member, actor_of: ActorOf
) -> None:
    """Each alone would not be asked about; what was there at first is what it is measured by."""
    settings.LOSS_ASKS_FROM = 4

    def both() -> None:
        with actor_of(administrator).in_one_step() as one:
            check_group_losses({group: (2, 10)}, one)
            check_group_losses({group: (3, 8)}, one)

    with pytest.raises(LosesMany) as asked:
        both()
    assert [(loss.lost, loss.of) for loss in asked.value.losses] == [(5, 10)]
