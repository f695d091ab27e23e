"""What groups leave to the background worker."""

from django.core.management import call_command
from django_tasks import task, task_backends
from django_tasks_db import DatabaseBackend

from accounts import mail_queue, once, undo
from accounts.actions.audit import purge_audit
from accounts.actions.contacts import purge_contact_requests
from accounts.actions.domains import lapse_claims
from accounts.actions.tokens import forget_old_tokens, warn_of_ends
from accounts.actions.webhooks import forget_old_deliveries
from accounts.actor import Actor
from accounts.bulk.running import forget_old as forget_bulk_changes
from accounts.jobs.engine import purge_jobs
from accounts.models import AnsweredRequest
from accounts.sessions import forget_ended_sessions
from accounts.sign_in import throttle
from groups.directory.export.everything import forget_old_exports
from groups.directory.imports import retention
from groups.external.leaving import check_external_people
from groups.external.returning import forget_old_places
from groups.mail.audit.retention import remove_old
from groups.mail.incoming import repeats
from groups.mail.outgoing import failing, outages
from groups.room.calendar.feed import remove_dead_feeds
from groups.room.folder.bin import empty_bins
from groups.room.uploads.pieces import forget_old_uploads
from groups.room.uploads.sweep import sweep

from .actions import purge_deleted_groups, purge_photo_drafts
from .actions.signing import check_keys, forget_former
from .notices import mails, purge_notices


@task()
def tidy_up() -> dict[str, int]:
    """Permanently removes what has expired. Returns how many groups and photo drafts.

    Deleted groups go after 30 days (rule 2.17), abandoned photo drafts after a day, sessions when they end,
    notices after 90 days, requests for contacts, unproven domains (rule 1.9) and jobs after 30, mail to lists
    as its settings say, failures of addresses after 30, files in the bin of a room after 30, partial uploads
    after one, calendar addresses of people who have left their group, former places in groups (rule 2.23)
    after 180, answers of the API after one, what webhooks were told as its settings say. It also checks that
    everybody in an external group may be there (rule 2.15), and the records of keys that sign (rule 4.16).
    """
    left = check_external_people()
    groups = purge_deleted_groups(actor=Actor.system())
    drafts = purge_photo_drafts()
    purge_notices()
    purge_contact_requests()
    forget_old_places()
    lapse_claims()
    purge_jobs()
    forget_bulk_changes()
    forget_old_exports()
    retention.forget_old()
    mail_queue.forget_old()
    once.forget_old()
    undo.forget_old()
    AnsweredRequest.objects.expired().delete()
    remove_old()
    repeats.forget_old()
    failing.forget_old()
    forget_former()
    check_keys()
    outages.forget_old()
    empty_bins()
    forget_old_uploads()
    remove_dead_feeds()
    sweep()
    purge_audit(actor=Actor.system())
    call_command("clearsessions")
    forget_ended_sessions()
    throttle.forget_old()
    warn_of_ends()
    forget_old_tokens()
    forget_old_deliveries()
    if isinstance(task_backends["default"], DatabaseBackend):
        call_command("prune_db_task_results", verbosity=0)
    return {"groups": groups, "drafts": drafts, "people_taken_out": left.people}


@task()
def send_notification_mails() -> int:
    """Sends notifications by mail (rule 5.1). Returns how many mails."""
    sent = mails.send_due()
    if sent.is_more_due and not sent.is_server_down:
        send_notification_mails.enqueue()
    return sent.mails
