from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member

from .group import Group
from .switches import Feature


class Room(models.Model):
    """What belongs to a group's room as a whole; created on first use (rule 3).

    `changes` counts every change of a message under the row's lock, so that asking for changes after
    a number misses nothing, in whatever order transactions end.
    """

    group = models.OneToOneField(Group, models.CASCADE, primary_key=True, related_name="room")
    changes = models.PositiveBigIntegerField(default=0)
    # Kept here since the menu of every page needs it; 0 without messages.
    newest_message = models.PositiveBigIntegerField(default=0)
    last_activity_at = models.DateTimeField(_("last activity"), null=True, db_index=True)
    bytes_used = models.PositiveBigIntegerField(_("space used, in bytes"), default=0)
    shares_history = models.BooleanField(_("Share previous conversations"), default=False)

    class Meta:
        verbose_name = _("message room")
        verbose_name_plural = _("message rooms")

    def __str__(self) -> str:
        return str(self.group)


class RoomVisit(models.Model):
    """How far somebody has seen a feature of a room: the rest is unread."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="visits")
    member = models.ForeignKey(Member, models.CASCADE, related_name="room_visits")
    feature = models.CharField(max_length=17, choices=Feature)
    seen_id = models.PositiveBigIntegerField(default=0)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("room visit")
        verbose_name_plural = _("room visits")
        constraints = [models.UniqueConstraint(fields=["group", "member", "feature"], name="room_visit_once")]

    def __str__(self) -> str:
        return f"{self.member} · {self.group}"


class Written(models.Model):
    """Something a person wrote in a room: it stays, with their name, when they are gone (rule 2.16)."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="%(class)ss", verbose_name=_("group"))
    author = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    author_name = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)

    class Meta:
        abstract = True


class Message(Written):
    """A message in a room, or the room's own news of notes, events and tasks (rule 3.5)."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Message")
        ANNOUNCEMENT = "news", _("News of the room")

    kind = models.CharField(max_length=4, choices=Kind, default=Kind.TEXT)
    text = models.TextField(_("message"), blank=True)
    text_folded = models.TextField(editable=False, blank=True)
    # For news: what happened to which item, such as {"what": "note.added", "id": 1, "title": "…"}.
    details = models.JSONField(default=dict)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    recalled_at = models.DateTimeField(_("recalled"), null=True, blank=True)
    recalled_by_name = models.CharField(max_length=1000, blank=True)
    # The room's count at this message's last change.
    change = models.PositiveBigIntegerField(default=0)
    # The form it came from, so that a message posted twice exists once.
    form_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["group", "id"], name="message_in_order"),
            models.Index(fields=["group", "change"], name="message_by_change"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Mention(models.Model):
    """Somebody a message mentions."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["message", "member"], name="mention_once")]

    def __str__(self) -> str:
        return str(self.member)


class Note(Written):
    """A post with a title, formatted text and files (rule 3.5)."""

    title = models.CharField(_("title"), max_length=1000)
    text = models.TextField(_("text"), blank=True)
    text_folded = models.TextField(editable=False, blank=True)
    pinned_at = models.DateTimeField(_("pinned"), null=True, blank=True)
    edited_by_name = models.CharField(max_length=1000, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["group", "pinned_at", "id"], name="note_in_order")]

    def __str__(self) -> str:
        return self.title


class NoteComment(Written):
    """A comment on a note."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="comments")
    text = models.TextField(_("comment"))

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:80]


class Task(Written):
    """A to-do for members of the group (rule 3.5)."""

    title = models.CharField(_("title"), max_length=1000)
    notes = models.TextField(_("notes"), blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by_name = models.CharField(max_length=1000, blank=True)
    # Its position in the list; between two neighbours there is always room for another.
    position = models.FloatField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["position", "id"]
        indexes = [
            models.Index(fields=["group", "position", "id"], name="task_in_order"),
            models.Index(
                fields=["group", "position", "id"],
                condition=Q(done_at__isnull=True),
                name="task_open_in_order",
            ),
            models.Index(
                fields=["group", "-done_at", "-id"],
                condition=Q(done_at__isnull=False),
                name="task_by_day_done",
            ),
            models.Index(fields=["due_on"], condition=Q(done_at__isnull=True), name="task_due"),
        ]

    def __str__(self) -> str:
        return self.title


class Assignee(models.Model):
    """Somebody assigned to a task."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="assignees")
    member = models.ForeignKey(Member, models.CASCADE, related_name="assignments")

    class Meta:
        verbose_name = _("assignee")
        verbose_name_plural = _("assignees")
        constraints = [models.UniqueConstraint(fields=["task", "member"], name="assignee_once")]

    def __str__(self) -> str:
        return str(self.member)
