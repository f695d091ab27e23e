"""A company with something of everything, each thing marked with a word that stands nowhere else."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.files.base import ContentFile
from django.db.models import Model
from django.utils import timezone

from accounts import audit
from accounts.actor import Actor
from accounts.models import (
    Address,
    AnsweredRequest,
    AuditEntry,
    BulkChange,
    BulkRow,
    Company,
    Contact,
    ContactBlock,
    ContactRequest,
    FailureCount,
    Identity,
    Job,
    Member,
    PartnerDomain,
    ProviderSession,
    Provisioned,
    QueuedMail,
    SentForm,
    Team,
    Undoable,
)
from groups import notices
from groups.models import (
    Assignee,
    Attendance,
    CalendarFeed,
    CompanyExport,
    Designation,
    DirectoryImport,
    Envelope,
    Event,
    FailingAddress,
    FileVersion,
    Folder,
    FolderFile,
    FormerPlace,
    Group,
    ImportEffect,
    ImportFile,
    ImportKey,
    ImportRow,
    ListAlias,
    Mail,
    MailContent,
    Mention,
    Message,
    Note,
    NoteComment,
    Notice,
    OptOut,
    Outage,
    PhotoDraft,
    Reminder,
    Room,
    RoomVisit,
    StoredFile,
    Task,
    Upload,
)

from .factories import (
    AccessTokenFactory,
    AddressFactory,
    CompanyFactory,
    DesignationFactory,
    DomainFactory,
    ExternalContactFactory,
    GroupFactory,
    IdentityProviderFactory,
    MemberFactory,
    SigningKeyFactory,
    TeamFactory,
    WebhookDeliveryFactory,
    WebhookFactory,
)

APPS = ("accounts", "groups")


@dataclass
class FullCompany:
    """The company, its people by role, and its groups by what they are."""

    mark: str
    company: Company
    people: dict[str, Member] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        for things in (self.__dict__["people"], self.__dict__["groups"]):
            if name in things:
                return things[name]
        raise AttributeError(name)


def full_company(mark: str) -> FullCompany:
    """Builds it; `mark` is in every name, address, description and text of it."""
    company = CompanyFactory.create(name=f"Zz {mark} Company", domain=f"{mark.lower()}.example")
    DomainFactory.create(company=company, name=f"second.{mark.lower()}.example")
    PartnerDomain.objects.create(company=company, name=f"partner-of-{mark.lower()}.example")
    full = FullCompany(mark, company)
    for role in ("administrator", "master", "member", "guest", "other", "inactive"):
        full.people[role] = MemberFactory.create(
            company=company,
            name=f"Zz {mark} {role}",
            email=f"the-{role}@{mark.lower()}.example",
            is_administrator=role == "administrator",
            is_active=role != "inactive",
        )
    AddressFactory.create(
        company=company, local_part="zz-alias", kind=Address.Kind.ALIAS, member=full.people["member"]
    )
    token = AccessTokenFactory.create(company=company, name=f"Zz {mark} program")
    AnsweredRequest.objects.create(token=token, key="once", status=201, body=f'{{"name": "Zz {mark} made"}}')
    _single_sign_on(full)
    Provisioned.objects.create(
        member=full.people["member"], company=company, department=f"Zz {mark} department"
    )
    webhook = WebhookFactory.create(
        company=company, url=f"https://hook.{mark.lower()}.example/in", description=f"Zz {mark} webhook"
    )
    WebhookDeliveryFactory.create(webhook=webhook, response=f"Zz {mark} response")
    Undoable.objects.create(
        member=full.people["administrator"],
        key=key_of(mark),
        kind="team.move",
        state={"name": f"Zz {mark} above"},
    )
    team = _teams(full)
    _groups(full, team)
    _lists_and_mail(full)
    _notices_and_audit(full)
    _room(full)
    return full


def _single_sign_on(full: FullCompany) -> None:
    mark = full.mark
    provider = IdentityProviderFactory.create(
        company=full.company, name=f"Zz {mark} sign-in", client_id=f"zz-{mark}", use="offered"
    )
    Identity.objects.create(provider=provider, member=full.member, subject=f"zz {mark} subject")
    session = UserSession.objects.create(user=full.member, session_key=f"zz-{mark}", ip="192.0.2.9")
    ProviderSession.objects.create(session=session, provider=provider, subject=f"zz {mark} subject")


def _teams(full: FullCompany) -> Team:
    top = TeamFactory.create(company=full.company, name=f"Zz {full.mark} top", people=[full.other])
    address = AddressFactory.create(company=full.company, local_part="zz-team", kind=Address.Kind.TEAM)
    return TeamFactory.create(
        company=full.company,
        parent=top,
        name=f"Zz {full.mark} team",
        description=f"What {full.mark} does",
        people=[full.member],
        address=address,
    )


def _groups(full: FullCompany, team: Team) -> None:
    base: dict[str, Any] = {"company": full.company, "masters": [full.master], "members": [full.member]}
    about = {"description": f"About {full.mark}"}
    full.groups["private"] = GroupFactory.create(
        name=f"Zz {full.mark} private", private=True, **base, **about
    )
    full.groups["public"] = GroupFactory.create(
        name=f"Zz {full.mark} public",
        teams=[team],
        subgroups=[full.private],
        message=True,
        notifies=True,
        listed=True,
        mailing_list__address__local_part="zz-list",
        **base,
        **about,
    )
    full.groups["external"] = GroupFactory.create(name=f"Zz {full.mark} external", external=True, **base)
    FormerPlace.objects.create(
        member=full.inactive,
        group=full.external,
        group_name=full.external.name,
        company=full.company,
        was_member=True,
        was_master=False,
    )
    full.groups["deleted"] = GroupFactory.create(name=f"Zz {full.mark} deleted", deleted=True, **base)
    for name, group in full.groups.items():
        for photo in (group.photo_small, group.photo):
            photo.save("photo.webp", ContentFile(photo_of(full.mark, name).encode()))
    draft = PhotoDraft(member=full.administrator)
    draft.photo.save("draft.webp", ContentFile(full.mark.encode()))


def photo_of(mark: str, name: str) -> str:
    """What stands for the picture of that group."""
    return f"Photo of {mark} {name}"


def key_of(mark: str) -> UUID:
    """The key of the upload that has begun, and of what can be undone."""
    return uuid5(NAMESPACE_DNS, f"{mark.lower()}.example")


def _lists_and_mail(full: FullCompany) -> None:
    mailing_list = full.public.mailing_list
    further = AddressFactory.create(
        company=full.company, local_part="zz-further", kind=Address.Kind.GROUP_ALIAS
    )
    ListAlias.objects.create(mailing_list=mailing_list, address=further)
    DesignationFactory.create(
        mailing_list=mailing_list, member=full.member, purpose=Designation.Purpose.SEND_AS
    )
    ExternalContactFactory.create(
        mailing_list=mailing_list,
        name=f"Client of {full.mark}",
        email=f"client@of-{full.mark.lower()}.example",
    )
    OptOut.objects.create(mailing_list=mailing_list, member=full.other)
    FailingAddress.objects.create(
        address=f"member@{full.mark.lower()}.example", failures=5, last_error=f"550 {full.mark}"
    )
    FailureCount.objects.create(key=f"zz {full.mark}", count=1, until=timezone.now() + timedelta(days=1))
    SentForm.objects.create(
        member=full.member, key=key_of(full.mark), kind=f"zz {full.mark}", object_id=full.public.pk
    )
    QueuedMail.objects.create(
        member=full.member,
        to=full.member.email,
        kind="way_in",
        arguments={"kind": "signed_out", "at": "2026-11-30T10:00:00+00:00", "ip": "", "device": full.mark},
        queued_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )
    SigningKeyFactory.create(domain=full.company.primary_domain, selector=f"zz-{full.mark.lower()}")
    Outage.objects.create(
        domain=f"{full.mark.lower()}.example", started_at=timezone.now(), last_error=f"550 {full.mark}"
    )
    mail = Mail.objects.create(
        company_id=full.company.pk,
        mailing_list=mailing_list,
        group_id=full.public.pk,
        list_name=full.public.name,
        list_address=str(mailing_list),
        door=Mail.Door.LMTP,
        sender=f"{full.mark} <member@{full.mark.lower()}.example>",
        subject=f"Zz {full.mark} subject",
        message_id=f"<1@{full.mark.lower()}.example>",
        content=MailContent.objects.create(data=full.mark.encode()),
        recipient_count=1,
    )
    Envelope.objects.create(
        mail=mail,
        recipients=[f"member@{full.mark.lower()}.example"],
        due_at=timezone.now() + timedelta(days=1),
    )


def _notices_and_audit(full: FullCompany) -> None:
    by = Actor(full.administrator, AuditEntry.Door.WEB, "192.0.2.9")
    everybody = [person.pk for person in full.people.values()]
    notices.tell(Notice.Kind.JOINED, everybody, actor=by, group=full.public)
    audit.record(by, "group.edit", full.public, {"name": [f"Old {full.mark}", full.public.name]})
    audit.record(by, "member.add", full.member, {"email": [None, full.member.email]})
    Contact.objects.create(owner=full.member, person=full.other)
    ContactRequest.objects.create(
        asker=full.member, address=f"asked@{full.mark.lower()}.example", person=full.other
    )
    ContactBlock.objects.create(owner=full.member, person=full.guest)
    many = BulkChange.objects.create(
        company=full.company, action="member.deactivate", door="web", started_by=full.administrator
    )
    BulkRow.objects.create(change=many, place=0, target_id=full.other.pk, name=full.other.name)
    Job.objects.create(
        company=full.company,
        kind="company.update",
        started_by=full.administrator,
        door="web",
        message=f"Zz {full.mark} message",
    )
    brought = DirectoryImport.objects.create(company=full.company, started_by=full.administrator, door="web")
    CompanyExport.objects.create(
        company=full.company, started_by=full.administrator, file="exports/none.zip", has_rooms=True
    )
    ImportFile.objects.create(
        directory_import=brought, name=f"Zz {full.mark}.csv", content="imports/none.csv"
    )
    ImportRow.objects.create(directory_import=brought, kind="group", name=f"Zz {full.mark} row")
    ImportKey.objects.create(directory_import=brought, key="key", kind="group", subject="subject")
    ImportEffect.objects.create(directory_import=brought, group_ref=full.public.pk, member_ref=full.member.pk)


def _room(full: FullCompany) -> None:
    mark, now = full.mark, timezone.now()
    by: dict[str, Any] = {"group": full.public, "author": full.member, "author_name": full.member.name}
    Room.objects.create(group=full.public, last_activity_at=now)
    RoomVisit.objects.create(group=full.public, member=full.member, feature="message")
    message = Message.objects.create(text=f"Zz {mark} message", **by)
    Mention.objects.create(message=message, member=full.member)
    note = Note.objects.create(title=f"Zz {mark} note", text=f"**{mark}**", **by)
    NoteComment.objects.create(note=note, text=f"Zz {mark} comment", **by)
    task = Task.objects.create(title=f"Zz {mark} task", **by)
    Assignee.objects.create(task=task, member=full.member)
    event = Event.objects.create(
        title=f"Zz {mark} event", starts_at=now, ends_at=now + timedelta(hours=1), uid="1", **by
    )
    Attendance.objects.create(event=event, member=full.member, starts_at=now, answer="yes")
    Reminder.objects.create(event=event, starts_at=now)
    CalendarFeed.objects.create(group=full.public, member=full.member, key=f"key-{mark}")
    folder = Folder.objects.create(name=f"Zz {mark} folder", name_key="folder", **by)
    file = FolderFile.objects.create(name=f"zz-{mark}.txt", name_key="file", folder=folder, **by)
    stored = StoredFile(feature="folder", name=f"zz-{mark}.txt", size=len(mark), **by)
    stored.file.save("file", ContentFile(mark.encode()))
    FileVersion.objects.create(folder_file=file, stored=stored, number=1)
    begun = Upload(group=full.public, member=full.member, key=key_of(mark), name=f"zz-{mark}.bin", size=9)
    begun.file.save("begun", ContentFile(mark.encode()))


def models_of_ours() -> list[type[Model]]:
    """Every model that holds something of a company."""
    models = (model for name in APPS for model in apps.get_app_config(name).get_models())
    # A proxy shows another app's rows, such as tasks, which are nobody's.
    return [model for model in models if not model._meta.proxy]


Snapshot = dict[str, list[dict[str, Any]]]


def rows_from(first: int) -> Snapshot:
    """What is in the database from this id on."""
    return {
        model._meta.label: list(model._default_manager.filter(pk__gte=first).order_by("pk").values())
        for model in models_of_ours()
    }


def rows_again(before: Snapshot) -> Snapshot:
    """The same rows now."""
    return {
        model._meta.label: list(
            model._default_manager.filter(
                pk__in=[row[model._meta.pk.attname] for row in before[model._meta.label]]
            )
            .order_by("pk")
            .values()
        )
        for model in models_of_ours()
    }
