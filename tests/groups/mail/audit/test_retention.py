"""What is kept of mail, and for how long (rule 8.3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from groups.mail.audit.retention import remove_old
from groups.mail.outgoing import delivery
from groups.models import Envelope, Group, Mail, MailContent
from groups.tasks import tidy_up
from tests.groups.mail.lists import accepted


@pytest.fixture
def old(group: Group) -> Mail:
    """Delivered 31 days ago."""
    mail = accepted(group).mail
    age(mail, days=31)
    return mail


def age(mail: Mail, *, days: int) -> None:
    then = timezone.now() - timedelta(days=days)
    Mail.objects.filter(pk=mail.pk).update(at=then)
    MailContent.objects.filter(mails=mail).update(created_at=then)


@pytest.mark.django_db
class TestRetention:
    def test_content_goes_first_and_the_audit_stays(self, old: Mail, group: Group) -> None:
        new = accepted(group).mail
        tidy_up.call()
        assert MailContent.objects.get() == new.content
        old.refresh_from_db()
        assert (old.content, old.subject, old.envelopes.count()) == (None, "News", 1)

    def test_content_that_somebody_waits_for_stays(self, old: Mail) -> None:
        old.envelopes.update(state=Envelope.State.WAITING)
        assert remove_old()["contents"] == 0
        old.envelopes.update(state=Envelope.State.DONE)
        assert remove_old()["contents"] == 1

    def test_all_goes_with_the_audit(self, old: Mail, group: Group, settings: Any) -> None:
        new = accepted(group).mail
        age(old, days=settings.AUDIT_KEPT_DAYS + 1)
        assert remove_old() == {"contents": 1, "mails": 1}
        assert Mail.objects.get() == new
        assert Envelope.objects.get().mail == new

    def test_what_still_waits_is_never_removed(
        self, group: Group, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivery, "wake", lambda: None)
        mail = accepted(group).mail
        age(mail, days=settings.AUDIT_KEPT_DAYS + 1)
        assert remove_old() == {"contents": 0, "mails": 0}

    def test_more_than_a_batch_goes(self, group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("groups.mail.audit.retention.BATCH", 2)
        for _ in range(5):
            age(accepted(group).mail, days=1000)
        assert remove_old() == {"contents": 5, "mails": 5}
