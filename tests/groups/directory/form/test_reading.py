"""Directories as people and other products write them (rule 10.1)."""

from datetime import date

import pytest

from groupadmin.base.errors import Invalid
from groups.directory import form
from groups.directory.records import Problem, Record

from .files import InMemory, plain, read, read_text, text

pytestmark = pytest.mark.one_database


def test_members_and_groups_with_several_values_in_a_cell() -> None:
    """Values between spaces; a group may stand before those that it contains."""
    members = text(
        "members.csv", "email,administrator,teams\na@x.example,yes,core-team sig-net\nb@x.example,no,\n"
    )
    groups = text(
        "groups.csv",
        "name,description,visibility,masters,members,subgroups\n"
        "net-all,Everything,private,a@x.example,a@x.example b@x.example,net-dev net-ops\n"
        "net-dev,,public,,,\n",
    )
    assert plain(read(groups, members)) == [
        ("group", {"group": "net-all", "description": "Everything", "is_visible": False}),
        ("master", {"group": "net-all", "member": "a@x.example"}),
        ("entry", {"group": "net-all", "thing": "a@x.example"}),
        ("entry", {"group": "net-all", "thing": "b@x.example"}),
        ("entry", {"group": "net-all", "subgroup": "net-dev"}),
        ("entry", {"group": "net-all", "subgroup": "net-ops"}),
        ("group", {"group": "net-dev", "description": "", "is_visible": True}),
        ("member", {"member": "a@x.example", "administrator": True}),
        ("place", {"member": "a@x.example", "team": "core-team"}),
        ("place", {"member": "a@x.example", "team": "sig-net"}),
        ("member", {"member": "b@x.example", "administrator": False}),
    ]


def test_each_record_knows_where_it_stood() -> None:
    found = read(text("groups.csv", 'name,members\n"Two\nlines",a@x.example\nOne,b@x.example\n'))
    assert [(one.file, one.row) for one in found] == [("groups.csv", 2)] * 2 + [("groups.csv", 4)] * 2


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (
            "이메일;이름;사번;관리자\nkim@x.example;김민수;0012;예\n",
            {"name": "김민수", "administrator": True},
        ),
        ("メール\t氏名\t社員番号\nkim@x.example\t山田太郎\t0012\n", {"name": "山田太郎"}),
        ("邮箱,姓名,工号,管理员\nkim@x.example,王芳,0012,否\n", {"name": "王芳", "administrator": False}),
        (
            "E-Mail-Adresse;Vorname;Nachname;Personalnummer\nkim@x.example;Jörg;Müller;0012\n",
            {"name": "Jörg Müller"},
        ),
        ("Adresse email;Nom complet;Matricule\nkim@x.example;Zoé Blanc;0012\n", {"name": "Zoé Blanc"}),
        (
            "Correo electrónico;Nombre completo;Número de empleado\nkim@x.example;Inés Gil;0012\n",
            {"name": "Inés Gil"},
        ),
        (
            "Given name,Family name,Employee ID,Primary email\nJane,Doe,0012,Kim@X.example\n",
            {"name": "Jane Doe"},
        ),
    ],
)
def test_titles_in_many_languages(content: str, member: dict[str, object]) -> None:
    expected = {"member": "kim@x.example", "employee_number": "0012", **member}
    assert read_text("export.csv", content) == [("member", expected)]


@pytest.mark.parametrize(
    ("encoding", "languages"), [("utf-16", ()), ("cp949", ("ko",)), ("cp932", ("ja",)), ("gb18030", ("zh",))]
)
def test_any_encoding(encoding: str, languages: tuple[str, ...]) -> None:
    name = {"cp949": "김민수", "cp932": "渡辺直樹さん", "gb18030": "朱镕基"}.get(encoding, "김민수")
    title = {"cp932": "氏名", "gb18030": "姓名"}.get(encoding, "이름")
    content = f"email,{title}\n" + "".join(f"p{n}@x.example,{name}\n" for n in range(9))
    found = plain(read(text("members.csv", content, encoding), languages=languages))
    assert found[8] == ("member", {"member": "p8@x.example", "name": name})


def test_one_row_a_membership_with_roles() -> None:
    """Owners and managers are in the group, and run it; "master" is our own word, for who only runs it."""
    content = (
        "group,email,role\nDrivers,a@x.example,OWNER\nDrivers,b@x.example,member\n"
        "Drivers,c@x.example,Master\n"
    )
    assert read_text("members.csv", content) == [
        ("entry", {"group": "Drivers", "thing": "a@x.example"}),
        ("master", {"group": "Drivers", "member": "a@x.example"}),
        ("entry", {"group": "Drivers", "thing": "b@x.example"}),
        ("master", {"group": "Drivers", "member": "c@x.example"}),
    ]


def test_a_list_and_its_rules_in_the_row_of_its_group() -> None:
    content = (
        "Group,Email,Owners,Who can send,Send as,Contacts\n"
        'Sales,sales@x.example,"Kim <a@x.example>; b@x.example",designated,a@x.example,Pat <p@y.example>\n'
    )
    assert read_text("groups.csv", content) == [
        ("group", {"group": "Sales", "uses_mailing_list": True}),
        ("list", {"group": "Sales", "address": "sales@x.example", "who_can_send": "designated"}),
        ("master", {"group": "Sales", "member": "a@x.example"}),
        ("master", {"group": "Sales", "member": "b@x.example"}),
        ("sender", {"group": "Sales", "thing": "a@x.example", "purpose": "as"}),
        ("contact", {"group": "Sales", "email": "p@y.example", "name": "Pat"}),
    ]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-03-01", date(2024, 3, 1)),
        ("2024. 3. 1.", date(2024, 3, 1)),
        ("2024.3.1.", date(2024, 3, 1)),
        ("2024년 3월 1일", date(2024, 3, 1)),
        ("2024/03/01 00:00:00", date(2024, 3, 1)),
        ("20240301", date(2024, 3, 1)),
        ("1.3.2024", date(2024, 3, 1)),
        ("31/03/2024", date(2024, 3, 31)),
        ("03/31/2024", date(2024, 3, 31)),
        ("45352", date(2024, 3, 1)),
        ("03/01/2024", None),
        ("31.2.2024", None),
        ("soon", None),
    ],
)
def test_days_as_people_and_spreadsheets_write_them(cell: str, day: date | None) -> None:
    """Whether 03/01 is in March or January is not guessed."""
    (kind, values), *_more = read_text("members.csv", f"email,hire date\na@x.example,{cell}\n")
    if day is None:
        assert kind == "problem"
        assert "no clear date" in values["reason"]
    else:
        assert values["starts_on"] == day


def test_a_cell_that_says_nothing_refuses_its_row_only() -> None:
    found = read(text("members.csv", "email,administrator\na@x.example,perhaps\nb@x.example,yes\n,no\n"))
    assert [type(one) for one in found] == [Problem, Record, Problem]
    assert isinstance(found[0], Problem)
    assert "perhaps" in found[0].reason
    assert (found[0].row, found[0].name) == (2, "a@x.example")
    assert isinstance(found[2], Problem)
    assert "email" in found[2].reason


def test_an_open_quotation_mark_refuses_its_row_and_swallows_nothing() -> None:
    found = read(text("members.csv", 'email,name\na@x.example,"Kim\nb@x.example,Lee\nc@x.example,"Park"\n'))
    assert [one.row for one in found] == [2, 3, 4]
    assert isinstance(found[0], Problem)
    assert "never closed" in found[0].reason


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Sales Europe", ["Sales Europe"]),
        ("Sales Europe, Ops", ["Sales Europe", "Ops"]),
        ("Sales Europe\nOps", ["Sales Europe", "Ops"]),
        ("Ops Drivers", ["Ops", "Drivers"]),
        ("Research, Development", ["Research, Development"]),
        ("Ops; Research, Development", ["Ops", "Research, Development"]),
    ],
)
def test_names_with_spaces_and_commas_stay_whole_where_they_are_known(cell: str, names: list[str]) -> None:
    content = f'name,subgroups\nAll,"{cell}"\nOps,\nDrivers,\n"Research, Development",\n'
    found = read_text("groups.csv", content)
    assert [values["subgroup"] for kind, values in found if kind == "entry"] == names


def test_titles_may_stand_below_other_lines() -> None:
    content = "Directory of Hanbit,,\n,,\nName,Email,Extension\nKim,a@x.example,12\n"
    assert read_text("export.csv", content) == [("member", {"member": "a@x.example", "name": "Kim"})]


def test_a_list_of_people_without_titles() -> None:
    assert read_text("people.csv", "Kim,a@x.example\nLee,b@x.example\n") == [
        ("member", {"member": "a@x.example", "name": "Kim"}),
        ("member", {"member": "b@x.example", "name": "Lee"}),
    ]


def test_what_is_no_directory_is_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid, match=r"template|understood"):
        read(text("weather.csv", "day,rain\n2024-01-01,3\n"))
    found = read(text("weather.csv", "day,rain\n2024-01-01,3\n"), text("members.csv", "email\na@x.example\n"))
    assert isinstance(found[0], Record)
    assert isinstance(found[1], Problem)
    assert found[1].file == "weather.csv"


def test_json_of_the_form_and_of_others() -> None:
    document = (
        '{"form": "groupadmin directory", "version": 1, "groups": [{"name": "Sales", "visibility": false,'
        ' "masters": ["a@x.example"], "subgroups": ["Research, Development"]}],'
        ' "users": [{"email": "a@x.example"}, {"email": "b@x.example", "administrator": true}]}'
    )
    assert plain(read(text("all.json", document))) == [
        ("group", {"group": "Sales", "is_visible": False}),
        ("master", {"group": "Sales", "member": "a@x.example"}),
        ("entry", {"group": "Sales", "subgroup": "Research, Development"}),
        ("member", {"member": "a@x.example"}),
        ("member", {"member": "b@x.example", "administrator": True}),
    ]
    lines = '{"email": "a@x.example", "name": "Kim"}\n{"email": "b@x.example"}\n'
    assert [kind for kind, _values in plain(read(text("people.json", lines)))] == ["member", "member"]


def test_json_of_a_later_version_or_broken_off() -> None:
    later = '{"form": "groupadmin directory", "version": 2, "members": [{"email": "a@x.example"}]}'
    with pytest.raises(Invalid, match="version 2"):
        read(text("all.json", later))
    broken = '{"members": [{"email": "a@x.example"}, {"email"'
    found = read(text("all.json", broken))
    assert isinstance(found[0], Record)
    assert isinstance(found[-1], Problem)


def test_what_columns_are_taken_for_can_be_looked_at_and_chosen() -> None:
    files = [text("liste.csv", "Kennung,Wer,Intern\na@x.example,Kim,47\nb@x.example,Lee,11\n")]
    (shown,) = form.describe(files)
    assert (shown.key, shown.table) == ("liste.csv", "members")
    assert [column.field for column in shown.columns] == ["email", "name", ""]
    assert shown.columns[1].samples == ("Kim", "Lee")
    assert ("nickname", "How they are called.") in [(name, str(help)) for name, help in shown.choices]
    columns = {"liste.csv": {"1": "nickname", "2": "employee_number"}}
    assert [column.field for column in form.describe(files, columns=columns)[0].columns] == [
        "email",
        "nickname",
        "employee_number",
    ]
    assert plain(form.read(files, columns=columns))[0] == (
        "member",
        {"member": "a@x.example", "nickname": "Kim", "employee_number": "47"},
    )


def test_a_column_can_be_left_out_and_a_table_be_another() -> None:
    files = [text("liste.csv", "name,description\nSales,All\n")]
    assert form.describe(files)[0].table == "groups"
    left_out = {"liste.csv": {form.TABLE: "teams", "1": form.LEFT_OUT}}
    assert plain(form.read(files, columns=left_out)) == [("team", {"team": "Sales"})]


def test_a_file_that_cannot_be_read_says_so_and_the_others_are_read() -> None:
    found = read(InMemory("photo.png", b"\x89PNG\r\n\x1a\n"), text("members.csv", "email\na@x.example\n"))
    assert isinstance(found[0], Record)
    assert isinstance(found[1], Problem)
    assert "no spreadsheet" in found[1].reason


def test_columns_are_what_their_content_is_where_titles_mislead() -> None:
    """As identity providers export people: a user name beside the address, a state of the country."""
    content = (
        "user.login,user.email,user.firstName,user.lastName,user.status,state,user.department,user.manager\n"
        'kim7,kim@x.example,Minsu,Kim,ACTIVE,Bavaria,"Sales, Europe",Lee Ji\n'
        "lee8,lee@x.example,Ji,Lee,SUSPENDED,Saxony,Sales > Asia,Kim Bo\n"
    )
    assert read_text("people.csv", content) == [
        ("member", {"member": "kim@x.example", "active": True, "name": "Minsu Kim"}),
        ("place", {"member": "kim@x.example", "team": "Sales, Europe"}),
        ("member", {"member": "lee@x.example", "active": False, "name": "Ji Lee"}),
        ("place", {"member": "lee@x.example", "team": "Sales / Asia"}),
    ]


def test_a_word_says_who_administers_or_who_is_active() -> None:
    """ "Member" is no administrator, but active."""
    for title, field, expected in (
        ("admin role", "administrator", [False, True]),
        ("status", "active", [True, True]),
    ):
        found = read_text("members.csv", f"email,{title.split()[0]}\na@x.example,Member\nb@x.example,Admin\n")
        assert [values[field] for _kind, values in found] == expected


def test_groups_that_name_their_parents() -> None:
    found = read_text("groups.csv", "name,parent\nNet,All\n")
    assert found[1] == ("entry", {"group": "All", "subgroup": "Net"})


def test_a_row_names_who_runs_its_group_if_nobody_else_does() -> None:
    """A default master for a row (rule 10.2)."""
    groups = text("groups.csv", "name,members,기본 마스터\nNet,a@x.example,B@x.example\nApps,a@x.example,\n")
    found = [values for kind, values in plain(read(groups)) if kind == "group"]
    assert found == [
        {"group": "Net", "default_master": "b@x.example"},
        {"group": "Apps", "default_master": ""},
    ]
