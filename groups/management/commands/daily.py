"""python manage.py daily: what a timer runs once a day."""

from typing import Any

from django.core.management.base import BaseCommand

from groups.tasks import tidy_up


class Command(BaseCommand):
    help = "Removes for good what has been kept for long enough, and checks who is in external groups."

    def handle(self, **options: Any) -> None:
        removed = tidy_up.call()
        self.stdout.write(f"Removed {removed['groups']} deleted groups, {removed['drafts']} photo drafts.")
        # Nobody, unless a change forgot the rule.
        self.stdout.write(f"Took {removed['people_taken_out']} people out of external groups, by the rule.")
