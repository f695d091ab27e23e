"""Somebody has decided of each audited action whether webhooks are told of it (rule 11.5)."""

from pathlib import Path

import pytest

from accounts.audit import labels
from accounts.outbox import events

DOCUMENT = Path(__file__).resolve().parents[3] / "groupadmin" / "docs" / "webhooks.md"

pytestmark = pytest.mark.one_database


def test_each_audited_action_is_told_or_silent_on_purpose() -> None:
    """Whoever audits something new decides: in accounts/outbox/events.py or groups/webhook_events.py."""
    assert set(labels.actions()) - events.decided() == set()
    assert events.decided() - set(labels.actions()) == set()


def test_what_is_told_can_be_subscribed_to() -> None:
    told = {name for action in labels.actions() if (name := events.type_of(action))}
    assert told == events.known()


def test_the_document_names_each_event() -> None:
    text = DOCUMENT.read_text()
    assert [name for name in sorted(events.known()) if f"| `{name}` |" not in text] == []
