"""Groups in Django admin. A superuser's changes use the same actions as everybody's (rule 7)."""

from . import entries, former_places, group, mail, mail_queue, mailing_list, photo  # noqa: F401
