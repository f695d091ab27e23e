"""python manage.py daily: run once a day by a timer."""

from typing import Any

from django.core.management.base import BaseCommand

from groupadmin.base import clock
from groupadmin.models import TimedRun
from groups.tasks import tidy_up


class Command(BaseCommand):
    help = "Permanently deletes what has been kept long enough, and checks who can be in external groups."

    def handle(self, **options: Any) -> None:
        removed = tidy_up.call()
        TimedRun.objects.update_or_create(pk="daily", defaults={"ended_at": clock.now()})
        self.stdout.write(f"Removed {removed['groups']} deleted groups, {removed['drafts']} photo drafts.")
        # None, unless a change missed the rule.
        self.stdout.write(f"Removed {removed['people_taken_out']} people from external groups, by the rule.")
