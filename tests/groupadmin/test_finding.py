"""What is stored to be searched is right after every change, and both databases find the same (rule 12.2)."""

import random

import pytest
from django.db import connection
from django.db.models import Q

from accounts.models import Company, Member, Team
from groupadmin.base import finding
from groupadmin.base.refolding import refold
from groupadmin.base.search_text import search_text, typed_words
from groups.models import Group
from tests.factories import GroupFactory, MemberFactory

pytestmark = pytest.mark.django_db

PIECES = [
    "Jörg",
    "한",
    "서윤",
    "한서윤",
    "Süß",
    "타나",
    "タナカ",
    "R&D",
    "O'Dwyer",
    "100%",
    "a_b",
    "Łódź",
    "2",
]
TYPED = [
    "j",
    "jorg",
    "ㅎ",
    "한ㅅ",
    "서윤 한",
    "たな",
    "r&d",
    "odwyer",
    "%",
    "a b",
    "lod",
    "2",
    "xxxx",
    "ss r",
]


def names() -> list[str]:
    chance = random.Random(12)
    made = (" ".join(chance.sample(PIECES, chance.randint(1, 3))) for _ in range(40))
    return list(dict.fromkeys([*PIECES, "x" * 30, "Süß R", *made]))


@pytest.mark.parametrize("typed", TYPED)
def test_the_index_finds_what_the_texts_contain(company: Company, typed: str) -> None:
    """On PostgreSQL `looks_up` asks the index, which must never lose a row that `finds` has."""
    for name in names():
        GroupFactory.create(company=company, name=name)
    stored = dict(Group.objects.values_list("name", "name_search"))
    expected = {name for name, text in stored.items() if all(word in text for word in typed_words(typed))}
    for condition in (finding.finds("name_search", typed), finding.looks_up("name_search", typed)):
        assert {*Group.objects.filter(condition).values_list("name", flat=True)} == expected
    assert expected


def test_the_function_of_the_database_makes_the_grams_of_the_code() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such function")
    text = search_text("서윤 한 R&D", "Jörg")
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_grams(%s)", [text])
        (made,) = cursor.fetchone()
    for start in range(len(text)):
        for piece in (text[start : start + size] for size in (1, 2, 3, 7)):
            if "\n" not in piece[1:] and piece.strip():
                assert finding.grams_of(piece) <= {*made}, piece


def test_many_in_one_of_several_ways(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether few or many are found, the answer is the same."""
    for name in names():
        GroupFactory.create(company=company, name=name)
    rows, others = Group.objects.filter(company=company), Group.objects.filter(name__startswith="x")
    few = {*finding.any_of(rows, finding.looks_up("name_search", "jorg"), others.values("pk"))}
    monkeypatch.setattr(finding, "FEW", 1)
    many = {*finding.any_of(rows, finding.looks_up("name_search", "jorg"), others.values("pk"))}
    assert few == many == {*rows.filter(Q(name__contains="Jörg") | Q(name__startswith="x"))}


class TestStored:
    """Each column is what its names make now."""

    def assert_right(self) -> None:
        for kind in (Company, Team, Group):
            for thing in kind._default_manager.all():
                assert thing.name_search == search_text(thing.name), thing.name
        for member in Member.objects.all():
            stored = (member.name_search, member.called_folded, member.work_folded)
            member.fold_name()
            assert stored == (member.name_search, member.called_folded, member.work_folded), member.name

    def test_after_changes(self, company: Company, member: Member, group: Group, team: Team) -> None:
        member.name, member.nickname = "Jörg", "Jojo"
        member.save(update_fields=["name"])
        self_named = Member.objects.get(pk=member.pk)
        self_named.nickname, self_named.email = "Momo", "joerg@hanbit.example"
        self_named.save(update_fields=["nickname", "email"])
        group.name = "Süß"
        group.save(update_fields=["name"])
        self.assert_right()
        assert Member.objects.filter(finding.finds("called_folded", "momo jorg joerg")).exists()

    def test_rows_written_otherwise_are_mended(self, company: Company) -> None:
        people = MemberFactory.create_batch(3, company=company)
        Member.objects.filter(pk=people[1].pk).update(name="Åsa")
        said, derived = ["name"], ["name_search"]
        assert refold(Member, said, derived, lambda name: [search_text(name)]) == 1
        assert refold(Member, said, derived, lambda name: [search_text(name)]) == 0
        assert Member.objects.filter(finding.finds("name_search", "asa")).exists()
