"""Sympa, by its lists' folders as it writes them (rules 10.4, 10.9)."""

import io
import tarfile
import zipfile

import pytest

from groupadmin.base.errors import Invalid
from groups.directory.imports.options import Options
from groups.directory.records import Problem, Record
from groups.directory.sources import known
from groups.directory.sources.sympa import SOURCE

from .given import Given, of, problems, read

pytestmark = pytest.mark.one_database

CONFIG = """\
subject Alle an Bord: Größe & Meer

visibility {visibility}

send {send}

digest 5 20:56

archive
mail_access owner
web_access public

creation
email listmaster@lists.hanbit.example
date_epoch 1796051144

status {status}

serial 1

{more}
"""


def config(send: str = "public", more: str = "", visibility: str = "noconceal", status: str = "open") -> str:
    return CONFIG.format(send=send, more=more, visibility=visibility, status=status)


def dump(*people: str) -> str:
    """Paragraphs as `sympa dump` writes them; each person is "address", or "address name"."""
    written = []
    for person in people:
        email, _blank, name = person.partition(" ")
        gecos = f"gecos {name}\n" if name else ""
        written.append(f"date 1796051146\nemail {email}\n{gecos}reception mail\nsubscribed 1\n\n")
    return "".join(written)


def crew(send: str = "public", **others: str) -> list[Record | Problem]:
    """What is made of one list's folder; `others` are its dumps by their first names."""
    dumps = [Given(f"list_data/crew/{role}.dump", text) for role, text in others.items()]
    return read(SOURCE, Given("list_data/crew/config", config(send)), *dumps)


def senders(records: list[Record | Problem]) -> list[str]:
    return [one.get("subscriber") or one["subgroup"] for one in of(records, "sender")]


class TestLists:
    def test_a_list_becomes_a_group_with_a_mailing_list(self) -> None:
        records = read(SOURCE, Given("lists.hanbit.example/crew/config", config(visibility="conceal")))
        assert of(records, "group") == [
            {
                "group": "crew",
                "id": "crew@lists.hanbit.example",
                "kind": "internal",
                "description": "Alle an Bord: Größe & Meer",
                "is_visible": False,
                "uses_mailing_list": True,
            }
        ]
        assert of(records, "list")[0]["address"] == "crew@lists.hanbit.example"
        assert of(records, "list")[0]["who_can_send"] == "everyone"

    def test_a_list_that_says_nothing_of_it_is_concealed_and_for_those_in_it(self) -> None:
        """So Sympa takes it."""
        bare = "subject Deck\n\nstatus open\n"
        records = read(SOURCE, Given("list_data/a.example/deck/config", bare))
        assert of(records, "group")[0]["is_visible"] is False
        assert of(records, "list")[0]["who_can_send"] == "designated"

    @pytest.mark.parametrize(
        ("send", "who", "blocks", "expected"),
        [
            ("public", "everyone", False, []),
            ("intranet", "everyone", True, []),
            ("privateoreditorkey", "designated", False, ["crew", "ed@hanbit.example"]),
            ("private", "designated", False, ["crew", "ed@hanbit.example", "mira@hanbit.example"]),
            ("editorkeyonly", "designated", False, ["ed@hanbit.example"]),
            ("owner", "designated", False, ["mira@hanbit.example"]),
            ("closed", "designated", False, []),
        ],
    )
    def test_who_can_send_by_scenario(self, send: str, who: str, blocks: bool, expected: list[str]) -> None:
        records = crew(send, owner=dump("mira@hanbit.example"), editor=dump("ed@hanbit.example"))
        assert of(records, "list")[0]["who_can_send"] == who
        assert of(records, "list")[0]["blocks_external_domains"] is blocks
        assert senders(records) == expected

    def test_owners_moderate_where_nobody_else_does(self) -> None:
        records = crew("editorkey", owner=dump("mira@hanbit.example"), editor="")
        assert senders(records) == ["mira@hanbit.example"]

    def test_a_scenario_of_ones_own_opens_no_list(self) -> None:
        records = crew("our_own_rule", owner=dump("mira@hanbit.example"))
        assert of(records, "list")[0]["who_can_send"] == "designated"
        assert "our_own_rule" in problems(records)[0]

    def test_a_closed_list_is_left_there(self) -> None:
        records = read(
            SOURCE,
            Given("list_data/crew/config", config(status="closed")),
            Given("list_data/deck/config", config()),
        )
        assert [one["group"] for one in of(records, "group")] == ["deck"]
        assert "closed" in problems(records)[0]

    @pytest.mark.parametrize(
        ("folder", "others"),
        [
            ("list_data/sea.example/crew", []),
            ("list_data/crew", [Given("etc/sympa.conf", "domain\tsea.example\nlistmaster a@b.example\n")]),
            (
                "sea/crew",
                [
                    Given("sea/robot.conf", "domain sea.example\n"),
                    Given("x/sympa.conf", "domain x.example\n"),
                ],
            ),
        ],
    )
    def test_the_domain_is_the_robots(self, folder: str, others: list[Given]) -> None:
        records = list(SOURCE.read([Given(f"{folder}/config", config()), *others]))
        assert of(records, "list")[0]["address"] == "crew@sea.example"


class TestPeople:
    def test_subscribers_owners_and_those_without_mail(self) -> None:
        members = dump("momo@hanbit.example 모모", "Guest@Outside.example") + (
            "email tae@hanbit.example\nreception nomail\nsubscribed 1\n\n"
        )
        records = crew(member=members, owner=dump("mira@hanbit.example Mira Master"))
        assert [
            (one["subscriber"], one.get("name"), one.get("receives", True)) for one in of(records, "entry")
        ] == [
            ("momo@hanbit.example", "모모", True),
            ("guest@outside.example", None, True),
            ("tae@hanbit.example", None, False),
        ]
        assert [(one["subscriber"], one["name"]) for one in of(records, "master")] == [
            ("mira@hanbit.example", "Mira Master")
        ]
        entries = [one for one in records if isinstance(one, Record) and one.kind == "entry"]
        assert [(one.file, one.row) for one in entries] == [
            ("list_data/crew/member.dump", 1),
            ("list_data/crew/member.dump", 7),
            ("list_data/crew/member.dump", 12),
        ]

    def test_owners_and_moderators_in_older_configurations(self) -> None:
        more = "owner\nemail mira@hanbit.example\nprofile privileged\n\neditor\nemail ed@hanbit.example\n"
        records = read(
            SOURCE,
            Given("list_data/crew/config", config("editorkey", more)),
            Given("list_data/crew/subscribers.db.dump", dump("momo@hanbit.example")),
        )
        assert [one["subscriber"] for one in of(records, "master")] == ["mira@hanbit.example"]
        assert [one["subscriber"] for one in of(records, "entry")] == ["momo@hanbit.example"]
        assert senders(records) == ["ed@hanbit.example"]

    def test_included_and_subscribed_lists_become_contained_groups(self) -> None:
        """Who is there only by way of an included list comes with that list."""
        more = "include_sympa_list\nname deck\nlistname deck@lists.hanbit.example\n"
        included = "email tae@hanbit.example\nsubscribed 0\nincluded 1\n\n"
        records = read(
            SOURCE,
            Given("list_data/crew/config", config(more=more)),
            Given("list_data/crew/member.dump", dump("hold@lists.hanbit.example") + included),
            Given("list_data/deck/config", config()),
            Given("list_data/hold/config", config(more="include_list gone\n")),
        )
        assert [one["subgroup"] for one in of(records, "entry")] == ["deck", "hold"]
        assert "gone" in problems(records)[0]

    def test_of_a_list_that_is_included_in_part_its_people_come(self) -> None:
        more = "include_sympa_list\nname some\nlistname deck\nfilter isSubscriber('hold')\n"
        records = read(
            SOURCE,
            Given("list_data/crew/config", config(more=more)),
            Given("list_data/crew/member.dump", "email tae@hanbit.example\nsubscribed 0\nincluded 1\n\n"),
            Given("list_data/deck/config", config()),
        )
        assert [one["subscriber"] for one in of(records, "entry")] == ["tae@hanbit.example"]
        assert len(problems(records)) == 1

    def test_people_from_elsewhere_are_brought_in_and_where_they_are_from_is_named(self) -> None:
        more = "include_ldap_query\nhost ldap.hanbit.example\nsuffix dc=hanbit\n"
        included = "email tae@hanbit.example\nsubscribed 0\nincluded 1\n\n"
        records = read(
            SOURCE,
            Given("list_data/crew/config", config(more=more)),
            Given("list_data/crew/member.dump", included),
        )
        assert [one["subscriber"] for one in of(records, "entry")] == ["tae@hanbit.example"]
        assert "include_ldap_query" in problems(records)[0]


class TestBundles:
    FILES = {"list_data/crew/config": config(), "list_data/crew/member.dump": dump("momo@hanbit.example")}

    def test_a_zip(self) -> None:
        """Its folders are the lists' names, wherever it is read."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self.FILES.items():
                archive.writestr(f"../../{name}", text)
        records = list(known.read([Given("lists.zip", packed.getvalue())], Options()))
        assert [one["subscriber"] for one in of(records, "entry")] == ["momo@hanbit.example"]

    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
    def test_a_tar(self, mode: str) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
            link = tarfile.TarInfo("list_data/crew/owner.dump")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
            for name, text in self.FILES.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        records = read(SOURCE, Given("lists.tar", packed.getvalue()))
        assert [one["subscriber"] for one in of(records, "entry")] == ["momo@hanbit.example"]
        assert of(records, "master") == []

    def test_one_that_unpacks_to_too_much_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("groups.directory.sources.bundles.MOST_BYTES_OF_FILE", 100_000)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("list_data/crew/config", "subject " + "x" * 500_000)
        with pytest.raises(Invalid, match="too much"):
            list(SOURCE.read([Given("lists.zip", packed.getvalue())]))

    def test_one_that_is_broken_is_refused(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("list_data/crew/config", config() * 50)
        broken = bytearray(packed.getvalue())
        broken[60:90] = b"\xff" * 30
        with pytest.raises(Invalid, match="cannot be unpacked"):
            list(SOURCE.read([Given("lists.zip", bytes(broken))]))
