"""The company as it will be after an import, in temporary tables: nothing of it changes (rule 10.2).

The questions of groups.membership are asked of both worlds: `after(question)` reads the tables of the one to
come. What the import adds has a negative id there: that of its row.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from groupadmin.base.bulk import copy
from groupadmin.base.sql import Sql, sql
from groups.directory.records import Kind
from groups.models import DirectoryImport, ImportRow

from . import keys, rows
from .judging.directory import Directory

TABLES = {
    "groups_membership": "after_membership",
    "groups_master": "after_master",
    "accounts_team": "after_team",
    "accounts_teammembership": "after_teammembership",
}
_NAMES = re.compile(rf"\b({'|'.join(TABLES)})\b")

_CREATE = """
CREATE TEMPORARY TABLE after_thing (kind varchar(6), key varchar(64), id bigint, PRIMARY KEY (kind, key));
CREATE TEMPORARY TABLE after_member (id bigint PRIMARY KEY, is_active boolean);
CREATE TEMPORARY TABLE after_team (id bigint PRIMARY KEY, parent_id bigint);
CREATE TEMPORARY TABLE after_teammembership (team_id bigint, member_id bigint);
CREATE TEMPORARY TABLE after_membership
    (group_id bigint, member_id bigint, team_id bigint, subgroup_id bigint);
CREATE TEMPORARY TABLE after_master (group_id bigint, member_id bigint);
CREATE TEMPORARY TABLE touched_group (id bigint);
CREATE TEMPORARY TABLE touched_team (id bigint)
"""
_INDEX = """
CREATE INDEX after_team_above ON after_team (parent_id);
CREATE INDEX after_place_team ON after_teammembership (team_id);
CREATE INDEX after_place_member ON after_teammembership (member_id);
CREATE INDEX after_entry_group ON after_membership (group_id);
CREATE INDEX after_entry_member ON after_membership (member_id);
CREATE INDEX after_entry_team ON after_membership (team_id);
CREATE INDEX after_entry_subgroup ON after_membership (subgroup_id);
CREATE INDEX after_master_group ON after_master (group_id)
"""
_EACH = ("after_thing", "after_member", *TABLES.values(), "touched_group", "touched_team")


def after(question: Sql) -> Sql:
    """The same question, of the world to come. Ask it inside `world_after`."""
    return Sql(_NAMES.sub(lambda name: TABLES[name[0]], question.text), question.values)


@contextmanager
def world_after(directory_import: DirectoryImport) -> Iterator[None]:
    """The tables of the world to come, while the block runs. Nobody waits for them on PostgreSQL."""
    with transaction.atomic():
        _run(_CREATE)
        try:
            _World(directory_import).fill()
            yield
        finally:
            if not connection.needs_rollback:
                _run(";".join(f"DROP TABLE {name}" for name in _EACH))


def _run(statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements.split(";"):
            cursor.execute(statement)


class _World:
    def __init__(self, directory_import: DirectoryImport) -> None:
        self.directory = Directory(directory_import)
        self.rows = ImportRow.objects.filter(directory_import=directory_import)
        pk = directory_import.pk
        self.company = Sql("%s", (directory_import.company_id,))
        # The rows of the import, for the inside of FROM.
        self.brought = Sql("(SELECT * FROM groups_importrow WHERE directory_import_id = %s)", (pk,))

    def fill(self) -> None:
        self._things()
        self._add("after_member", ("id", "is_active"), self._changed_people())
        self._teams()
        self._places()
        self._entries()
        self._masters()
        self._touched()
        _run(_INDEX)
        if connection.vendor == "postgresql":
            _run(";".join(f"ANALYZE {name}" for name in _EACH))

    def _do(self, statement: str, **pieces: Sql | str) -> None:
        known = {"rows": self.brought, "company": self.company}
        used = {name: piece for name, piece in known.items() if f"{{{name}}}" in statement}
        question = sql(statement, **used, **pieces)
        with connection.cursor() as cursor:
            cursor.execute(question.text, question.values)

    def _gone(self, kind: Kind) -> Sql:
        """The ids of what the import takes away, for the inside of NOT IN."""
        return sql(
            "SELECT target FROM {rows} gone WHERE kind = {kind} AND verdict = 'remove'",
            rows=self.brought,
            kind=Sql("%s", (kind.value,)),
        )

    def _add(self, table: str, columns: Sequence[str], lines: Iterable[tuple[Any, ...]]) -> None:
        for chunk in rows.chunks(lines):
            copy(table, columns, chunk)

    def _add_things(self, kind: str, things: Iterable[tuple[str, int | None]]) -> None:
        """What is there already; rows about the same thing come before."""
        statement = "INSERT INTO after_thing VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
        for chunk in rows.chunks(things):
            with connection.cursor() as cursor:
                cursor.executemany(statement, [(kind, key, pk) for key, pk in chunk if pk is not None])

    def _things(self) -> None:
        """What each name stands for: a row's own thing, else one that is there already."""
        self._do(
            "INSERT INTO after_thing SELECT r.kind, r.subject, COALESCE(r.target, -r.id) FROM {rows} r"
            " JOIN (SELECT MIN(id) AS id FROM {rows} named WHERE kind IN ('member', 'team', 'group')"
            " AND verdict NOT IN ('refused', '') GROUP BY kind, subject) first ON first.id = r.id"
        )
        there = (
            "INSERT INTO after_thing SELECT DISTINCT 'group', g.name_key, g.id FROM {rows} r"
            " JOIN groups_group g ON g.name_key = r.{column} AND g.company_id = {company}"
            " AND g.deleted_at IS NULL WHERE r.verdict = 'add' AND {asked} ON CONFLICT DO NOTHING"
        )
        self._do(there, column="subject", asked="r.kind IN ('entry', 'master')")
        self._do(there, column="object", asked="r.object_kind = 'group'")
        teams = self.directory.present_teams()
        self._add_things("team", ((key, known.pk) for key, known in teams))
        for chunk in rows.chunks(self._unknown_people()):
            found = self.directory.people({row.object: row.values.get("member", "") for row in chunk})
            self._add_things("member", ((key, known.pk) for key, known in found.items()))

    def _unknown_people(self) -> Iterator[ImportRow]:
        """A row for each person about whom no row of their own says anything."""
        question = sql(
            "SELECT MIN(r.id) FROM {rows} r LEFT JOIN after_thing t ON t.kind = 'member' AND t.key = r.object"
            " WHERE r.object_kind = 'member' AND r.verdict = 'add' AND t.key IS NULL GROUP BY r.object",
            rows=self.brought,
        )
        for chunk in rows.chunks(pk for (pk,) in question.rows()):
            yield from self.rows.filter(pk__in=chunk)

    def _changed_people(self) -> Iterator[tuple[int, bool]]:
        """Whose being active may change; everybody else stays as they are."""
        changing = self.rows.filter(kind=Kind.MEMBER).good()
        for pk, target, verdict, after in changing.values_list("pk", "target", "verdict", "after").iterator():
            said: dict[str, Any] = after or {}
            if verdict == ImportRow.Verdict.ADD:
                yield -pk, bool(said.get("active", True))
            elif verdict == ImportRow.Verdict.REMOVE:
                yield target or 0, False
            elif "active" in said:
                yield target or 0, bool(said["active"])

    def _teams(self) -> None:
        self._do(
            "INSERT INTO after_team SELECT id, parent_id FROM accounts_team WHERE company_id = {company}"
            " AND id NOT IN ({gone})",
            gone=self._gone(Kind.TEAM),
        )
        things = dict(Sql("SELECT key, id FROM after_thing WHERE kind = 'team'").rows())
        changing = self.rows.filter(
            kind=Kind.TEAM, verdict__in=[ImportRow.Verdict.ADD, ImportRow.Verdict.CHANGE]
        )
        added, touched = list[tuple[int, int | None]](), list[tuple[int]]()
        for row in changing.iterator():
            if (team := things.get(row.subject)) is None:
                continue
            parts = keys.team_parts(row.values.get("team", ""))
            parent = things.get(keys.team(parts[:-1])) if len(parts) > 1 else None
            if row.verdict == ImportRow.Verdict.ADD:
                added.append((team, parent))
            elif "parent" in row.after:
                one, above = Sql("%s", (team,)), Sql("%s", (parent,))
                self._do(
                    "INSERT INTO touched_team SELECT parent_id FROM after_team WHERE id = {one}", one=one
                )
                self._do("UPDATE after_team SET parent_id = {above} WHERE id = {one}", above=above, one=one)
            touched.append((team,))
        self._add("after_team", ("id", "parent_id"), added)
        self._add("touched_team", ("id",), touched)

    def _places(self) -> None:
        self._do(
            "INSERT INTO after_teammembership SELECT p.team_id, p.member_id FROM accounts_teammembership p"
            " JOIN after_team t ON t.id = p.team_id WHERE p.id NOT IN ({gone})",
            gone=self._gone(Kind.PLACE),
        )
        self._do(
            "INSERT INTO after_teammembership SELECT t.id, m.id FROM {rows} r"
            " JOIN after_thing t ON t.kind = 'team' AND t.key = r.subject"
            " JOIN after_thing m ON m.kind = 'member' AND m.key = r.object"
            " WHERE r.kind = 'place' AND r.verdict = 'add'"
        )

    def _entries(self) -> None:
        self._do(
            "INSERT INTO after_membership SELECT e.group_id, e.member_id, e.team_id, e.subgroup_id"
            " FROM groups_membership e JOIN groups_group g ON g.id = e.group_id"
            " WHERE g.company_id = {company} AND g.deleted_at IS NULL"
            " AND e.id NOT IN ({entries}) AND g.id NOT IN ({groups})"
            " AND COALESCE(e.subgroup_id, 0) NOT IN ({groups}) AND COALESCE(e.team_id, 0) NOT IN ({teams})",
            entries=self._gone(Kind.ENTRY),
            groups=self._gone(Kind.GROUP),
            teams=self._gone(Kind.TEAM),
        )
        self._do(
            "INSERT INTO after_membership SELECT g.id, CASE WHEN o.kind = 'member' THEN o.id END,"
            " CASE WHEN o.kind = 'team' THEN o.id END, CASE WHEN o.kind = 'group' THEN o.id END"
            " FROM {rows} r JOIN after_thing g ON g.kind = 'group' AND g.key = r.subject"
            " JOIN after_thing o ON o.kind = r.object_kind AND o.key = r.object"
            " WHERE r.kind = 'entry' AND r.verdict = 'add'"
        )

    def _masters(self) -> None:
        self._do(
            "INSERT INTO after_master SELECT m.group_id, m.member_id FROM groups_master m"
            " JOIN groups_group g ON g.id = m.group_id"
            " WHERE g.company_id = {company} AND g.deleted_at IS NULL AND m.id NOT IN ({gone})",
            gone=self._gone(Kind.MASTER),
        )
        self._do(
            "INSERT INTO after_master SELECT g.id, o.id FROM {rows} r"
            " JOIN after_thing g ON g.kind = 'group' AND g.key = r.subject"
            " JOIN after_thing o ON o.kind = 'member' AND o.key = r.object"
            " WHERE r.kind = 'master' AND r.verdict = 'add'"
        )

    def _touched(self) -> None:
        """Groups and teams that the rows change themselves; who is above them follows from it."""
        for statement in (
            "INSERT INTO touched_group SELECT t.id FROM {rows} r JOIN after_thing t"
            " ON t.kind = 'group' AND t.key = r.subject"
            " WHERE r.kind IN ('group', 'entry', 'master') AND r.verdict IN ('add', 'change')",
            "INSERT INTO touched_group SELECT e.group_id FROM {rows} r JOIN groups_membership e"
            " ON e.id = r.target WHERE r.kind = 'entry' AND r.verdict = 'remove'",
            "INSERT INTO touched_group SELECT m.group_id FROM {rows} r JOIN groups_master m"
            " ON m.id = r.target WHERE r.kind = 'master' AND r.verdict = 'remove'",
            "INSERT INTO touched_group SELECT target FROM {rows} r"
            " WHERE kind = 'group' AND verdict = 'remove'",
            "INSERT INTO touched_team SELECT t.id FROM {rows} r JOIN after_thing t"
            " ON t.kind = 'team' AND t.key = r.subject WHERE r.kind = 'place' AND r.verdict = 'add'",
            "INSERT INTO touched_team SELECT p.team_id FROM {rows} r JOIN accounts_teammembership p"
            " ON p.id = r.target WHERE r.kind = 'place' AND r.verdict = 'remove'",
            "INSERT INTO touched_team SELECT target FROM {rows} r WHERE kind = 'team' AND verdict = 'remove'",
        ):
            self._do(statement)
