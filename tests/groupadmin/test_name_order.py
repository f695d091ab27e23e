"""Names in the order of the reader's language (rule 12.2); SQLite and PostgreSQL agree with each other."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import Company, Member
from groupadmin.base.name_order import closest, in_order, read_in
from groups.models import Group
from tests.factories import GroupFactory
from tests.helpers import client_of

NAMES = """
    Åse|Adam|adam|Ärla|Øystein|Zoë|Zora|Zoe|Aaron|Ångström|Çelik|Cem|Émile|Emil|Łuk|Luk|Ñandú|Nando|Ôme
    Straße|Strasse|Team 2|Team 10|Team 02|Иван|Ёлка|Елена|Ωmega|Αλέξης
    김하나|나리|박온|하늘|はる|ハル|あき|田中|王|李
    중앙 2팀|중앙 10팀|שרה|ليلى|रवि|สมชาย|_low|#tag|1st
"""
LANGUAGES = ["en", "ko", "ja", "zh-Hant", "sv", "de", "tr", "ru"]


def written() -> list[str]:
    return [name for line in NAMES.split("\n") for name in line.strip().split("|") if name]


@pytest.mark.django_db
class TestOrder:
    @pytest.fixture(autouse=True)
    def _groups(self, company: Company) -> None:
        self.company = company
        for n, name in enumerate(written()):
            # No two names of a company may be the same but for case.
            GroupFactory.create(company=company, name=f"{name}{'' if name != 'adam' else ' '}{n % 2 or ''}")

    def ordered(self) -> list[str]:
        found = Group.objects.filter(company=self.company).order_by("name_sort__collated", "pk")
        return list(found.values_list("name", flat=True))

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_database_sorts_as_python_does(self, language: str) -> None:
        with read_in(language):
            found = self.ordered()
            assert found == sorted(found, key=in_order)
        assert len(found) == len(written())

    def test_each_language_has_its_order(self) -> None:
        def before(language: str, one: str, other: str) -> bool:
            with read_in(language):
                names = [name.rstrip("01 ") if name[-1] in "01" else name for name in self.ordered()]
            return names.index(one) < names.index(other)

        assert before("en", "Åse", "Zora")
        assert before("sv", "Zora", "Åse")
        assert before("ko", "하늘", "Aaron")
        assert before("en", "Aaron", "하늘")
        assert before("ja", "はる", "田中")

    def test_it_is_the_readers_language(self, administrator: Member) -> None:
        """Their own, else the browser's, whether the pages are in it or not."""
        page = reverse("groups:list")

        def shown(language: str) -> list[str]:
            client: Client = client_of(administrator)
            answer = client.get(page, {"sort": "name"}, headers={"Accept-Language": language})
            return [row.group.name for row in answer.context["rows"]]

        assert shown("ko-KR,en;q=0.8") != shown("en-US,ko;q=0.8")
        Member.objects.filter(pk=administrator.pk).update(language="en")
        assert shown("ko-KR,en;q=0.8") == shown("en-US")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ko-KR", "ko"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-CN", "zh"),
        ("nn", "nb"),
        ("en-GB", "und"),
        ("de", "und"),
        ("x'; --", "und"),
    ],
)
def test_the_closest_language(tag: str, language: str) -> None:
    assert closest(tag) == language


def test_without_a_reader_it_is_the_language_of_the_texts() -> None:
    with translation.override("sv"):
        assert in_order("Zora") < in_order("Åse")
    with translation.override("en"):
        assert in_order("Zora") > in_order("Åse")
