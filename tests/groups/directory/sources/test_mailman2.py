"""Mailman 2, by what config_list and list_members print (rules 10.4, 10.9)."""

from pathlib import Path

import pytest

from groupadmin.base.errors import Invalid
from groups.directory.records import Problem, Record
from groups.directory.sources.config_text import settings
from groups.directory.sources.mailman2 import SOURCE

from .given import Given, of, problems, read

pytestmark = pytest.mark.one_database


def config(*lines: str, name: str = "crew", charset: str = "us-ascii") -> str:
    """Settings with their preamble, as config_list prints them."""
    return "\n".join(
        [
            "# -*- python -*-",
            f"# -*- coding: {charset} -*-",
            f'## "{name}" mailing list configuration settings',
            "## captured on Mon Mar  1 09:30:00 2027",
            "",
            "## General options",
            "#",
            "# Fundamental list characteristics, including descriptive info and",
            "# basic behaviors.",
            "",
            '# Who = may read this?  It\'s "quoted".',
            f"real_name = '{name.capitalize()}'",
            "",
            "host_name = 'lists.hanbit.example'",
            *lines,
            "",
        ]
    )


def found(*files: Given) -> list[Record | Problem]:
    return read(SOURCE, *files)


class TestSettings:
    def test_a_list_becomes_a_group_with_a_mailing_list(self) -> None:
        text = config(
            "owner = ['mira@hanbit.example', 'boss@outside.example']",
            "description = 'All on board'",
            "advertised = 0",
            "generic_nonmember_action = 0",
            'acceptable_aliases = """all-hands@hanbit.example',
            '^all-.*@hanbit.example"""',
        )
        records = found(Given("lists/crew.config", text))
        assert of(records, "group") == [
            {
                "group": "Crew",
                "id": "crew@lists.hanbit.example",
                "kind": "internal",
                "description": "All on board",
                "is_visible": False,
                "uses_mailing_list": True,
            }
        ]
        assert of(records, "list")[0]["address"] == "crew@lists.hanbit.example"
        assert of(records, "list")[0]["who_can_send"] == "everyone"
        assert of(records, "list")[0]["also_known_as"] == ["all-hands@hanbit.example"]
        assert [one["subscriber"] for one in of(records, "master")] == [
            "mira@hanbit.example",
            "boss@outside.example",
        ]
        assert problems(records) == []

    def test_only_plain_values_are_read_and_nothing_runs(self, tmp_path: Path) -> None:
        text = config(
            "description = 'Before'",
            f"info = open('{tmp_path}/made', 'w').write('x')",
            "import os; os.mkdir('made')",
            "max_message_size = 40L",
            "topics = [('a', 'b', 'c', 0)]",
            "goodbye_msg = ''",
        )
        records = found(Given("crew.config", text))
        assert of(records, "group")[0]["description"] == "Before"
        assert [problem.split(":")[1].split()[0] for problem in problems(records)] == ["16"]
        assert not list(tmp_path.iterdir())

    def test_a_pickle_is_never_opened(self) -> None:
        pickle = b"cos\nsystem\n(S'false'\ntR."
        with pytest.raises(Invalid):
            found(Given("crew/config.pck", pickle))
        records = found(Given("crew/config.pck", pickle), Given("crew.config", config()))
        assert "not opened" in problems(records)[0]

    @pytest.mark.parametrize(
        ("charset", "written"),
        [
            ("iso-8859-1", b"description = 'Gr\\xf6\\xdfe'"),
            ("iso-8859-1", 'description = "Größe"'.encode("latin-1")),
            ("utf-8", b"description = 'Gr\\xc3\\xb6\\xc3\\x9fe'"),
            ("utf-8", 'description = "Größe"'.encode()),
            ("us-ascii", b"description = u'Gr\\xf6\\xdfe'"),
        ],
    )
    def test_texts_in_the_charset_of_the_lists_language(self, charset: str, written: bytes) -> None:
        before = config(charset=charset).encode()
        values, bad = settings(before + written + b"\n")
        assert values["description"] == "Größe"
        assert bad == []

    @pytest.mark.parametrize(
        ("charset", "text"), [("euc-kr", "한빛 전체"), ("euc-jp", "全員のリスト"), ("big5", "功能表")]
    )
    def test_asian_charsets(self, charset: str, text: str) -> None:
        """In Big5, the second byte of some characters is a backslash."""
        raw = config(f'description = "{text}"', charset=charset).encode(charset)
        assert settings(raw)[0]["description"] == text
        escaped = config("description = " + repr(text.encode(charset))[1:], charset=charset)
        assert settings(escaped.encode())[0]["description"] == text

    def test_one_setting_that_cannot_be_read_costs_no_other(self) -> None:
        text = config("info = 'broken", "description = 'Read'")
        records = found(Given("crew.config", text))
        assert of(records, "group")[0]["description"] == "Read"
        assert len(problems(records)) == 1


class TestPeople:
    MEMBERS = '모모 <Momo@hanbit.example>\n"Lee, \\"K\\" Kim" <kim@hanbit.example>\ntae@hanbit.example\n'

    def test_members_with_and_without_names(self) -> None:
        records = found(Given("crew.config", config()), Given("crew.members", self.MEMBERS))
        assert [(one["subscriber"], one.get("name")) for one in of(records, "entry")] == [
            ("momo@hanbit.example", "모모"),
            ("kim@hanbit.example", 'Lee, "K" Kim'),
            ("tae@hanbit.example", None),
        ]

    def test_names_with_question_marks_for_letters_are_none(self) -> None:
        """Mailman 2 prints them where its machine knows no better, such as for ö."""
        people = "J?rg <joerg@hanbit.example>\nLee, Kim <kim@hanbit.example>\nno address\n"
        records = found(Given("crew.config", config()), Given("crew.members", people))
        assert [one.get("name") for one in of(records, "entry")] == [None, "Lee, Kim"]
        assert problems(records) == ["crew.members:3 Crew: There is no email address."]

    def test_digests_are_mail_and_nomail_is_none(self) -> None:
        records = found(
            Given("crew.config", config()),
            Given("crew.regular", "momo@hanbit.example\n"),
            Given("crew.digest", "tae@hanbit.example\nmomo@hanbit.example\n"),
            Given("crew.nomail", "momo@hanbit.example\n"),
        )
        assert [(one["subscriber"], one.get("receives", True)) for one in of(records, "entry")] == [
            ("momo@hanbit.example", False),
            ("tae@hanbit.example", True),
        ]

    def test_names_in_the_charset_of_the_list(self) -> None:
        records = found(
            Given("crew.config", config(charset="iso-8859-1")),
            Given("crew.members", "Jörg <joerg@hanbit.example>\n".encode("latin-1")),
        )
        assert of(records, "entry")[0]["name"] == "Jörg"

    def test_where_most_are_moderated_the_others_can_send(self) -> None:
        """As lists are made that only some write to: each member's moderation is on."""
        records = found(
            Given("crew.config", config("owner = ['mira@hanbit.example']")),
            Given("crew.members", self.MEMBERS),
            Given("crew.moderated", "momo@hanbit.example\nkim@hanbit.example\n"),
        )
        assert of(records, "list")[0]["who_can_send"] == "designated"
        assert [one.get("subscriber") for one in of(records, "sender")] == [
            "mira@hanbit.example",
            "tae@hanbit.example",
        ]

    def test_where_few_are_moderated_they_are_named(self) -> None:
        records = found(
            Given("crew.config", config()),
            Given("crew.members", self.MEMBERS),
            Given("crew.moderated", "momo@hanbit.example\n"),
        )
        assert [one.get("subgroup") for one in of(records, "sender")] == ["Crew"]
        assert problems(records) == [
            "crew.members:1 Crew: momo@hanbit.example may not send to the list. Here everybody in it may."
        ]

    def test_senders_by_address_by_list_and_by_pattern(self) -> None:
        records = found(
            Given(
                "crew.config",
                config(
                    "accept_these_nonmembers = ['boss@hanbit.example', '@deck', '@gone', '^.*@p.example']"
                ),
            ),
            Given("deck.config", config(name="deck")),
        )
        senders = [one for one in of(records, "sender") if one["group"] == "Crew"]
        assert [one.get("subscriber") or one["subgroup"] for one in senders] == [
            "Crew",
            "boss@hanbit.example",
            "Deck",
        ]
        assert len(problems(records)) == 2

    def test_lists_that_are_included_or_subscribed_become_contained_groups(self) -> None:
        records = found(
            Given("crew.config", config("regular_include_lists = ['deck@lists.hanbit.example']")),
            Given("deck.config", config(name="deck")),
            Given("hold.config", config(name="hold")),
            Given("crew.members", "hold@lists.hanbit.example\n"),
        )
        assert [one["subgroup"] for one in of(records, "entry")] == ["Deck", "Hold"]

    def test_people_without_the_settings_of_their_list_are_named(self) -> None:
        records = found(Given("crew.config", config()), Given("gone.members", self.MEMBERS))
        assert problems(records) == ["gone.members:0 gone: The list's settings are missing."]
