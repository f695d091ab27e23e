"""What accounts ask of groups is handed over when the programme starts."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts import consequences
from accounts.jobs import engine
from groups.consequences import CONSEQUENCES


def test_groups_hand_over_their_answers_at_the_start() -> None:
    assert consequences.in_groups() is CONSEQUENCES


def test_without_answers_nothing_is_done_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consequences, "_handed_over", [])
    with pytest.raises(ImproperlyConfigured):
        consequences.in_groups()


def test_each_area_registers_its_long_work() -> None:
    assert set(engine.KINDS) == {
        *("company.update", "company.delete", "company.export", "domain.remove"),
        *("bulk", "directory.read", "directory.run", "directory.look_back", "directory.undo"),
        *("member.deactivate", "connection.withdraw", "connection.remove_company", "group.delete_data"),
    }


def test_a_kind_of_work_is_registered_once() -> None:
    kind = engine.Kind("x", "accounts:settings", lambda job, actor, progress: "")
    with pytest.raises(ImproperlyConfigured):
        engine.register("company.update", kind)
    assert engine.KINDS["company.update"] is not kind
