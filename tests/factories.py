# mypy: disable-error-code="no-untyped-call,untyped-decorator"
"""Test data: one factory a model. Companies come with a primary domain, people with their primary address."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from factory.declarations import (
    LazyAttribute,
    LazyAttributeSequence,
    LazyFunction,
    SelfAttribute,
    Sequence,
    SubFactory,
    Trait,
)
from factory.django import DjangoModelFactory, FileField
from factory.helpers import post_generation

from accounts.models import Address, Company, Contact, Domain, Member, Team, TeamMembership
from groupadmin.text import fold
from groups.models import (
    Assignee,
    CalendarFeed,
    Designation,
    Envelope,
    Event,
    ExternalContact,
    FailingAddress,
    Feature,
    FileVersion,
    Folder,
    FolderFile,
    Group,
    Mail,
    MailingList,
    Master,
    Membership,
    Message,
    Note,
    NoteComment,
    OptOut,
    StoredFile,
    Task,
)
from groups.room.access import add_bytes, add_message, lock_room
from groups.room.calendar.feed import kept_of

FEED_SECRET = "only-its-owner-knows"
PASSWORD = "correct horse battery staple"
_HASHED: list[str] = []


def hashed_password() -> str:
    """The password that everybody in the tests has, hashed once."""
    if not _HASHED:
        _HASHED.append(make_password(PASSWORD))
    return _HASHED[0]


class CompanyFactory(DjangoModelFactory[Company]):
    """A paying company with Core. `domain="…"` names its primary domain."""

    class Meta:
        model = Company
        skip_postgeneration_save = True

    name = Sequence("Company {}".format)
    plan = Company.Plan.PAID
    has_core = True
    connecting = Company.Connecting.EVERYBODY

    @post_generation
    def domain(company: Company, create: bool, name: str | None, **kwargs: Any) -> None:  # noqa: N805
        if create:
            Domain.objects.create(
                company=company, name=name or f"company{company.pk}.example", is_primary=True
            )


class DomainFactory(DjangoModelFactory[Domain]):
    """A further domain of a company."""

    class Meta:
        model = Domain

    company = SubFactory(CompanyFactory)
    name = Sequence("domain{}.example".format)


class AddressFactory(DjangoModelFactory[Address]):
    """An address at the primary domain of `company`; for a person's alias give `kind` and `member`."""

    class Meta:
        model = Address
        exclude = ["company"]

    company = SubFactory(CompanyFactory)
    local_part = Sequence("address{}".format)
    domain = LazyAttribute(lambda made: made.company.primary_domain)
    kind = Address.Kind.GROUP


class MemberFactory(DjangoModelFactory[Member]):
    """An active person with the password PASSWORD and, in a company, the Address row of their email."""

    class Meta:
        model = Member
        skip_postgeneration_save = True

    class Params:
        administrator = Trait(is_administrator=True)
        superuser = Trait(is_superuser=True, company=None)

    company = SubFactory(CompanyFactory)
    name = Sequence("Member {}".format)
    email = LazyAttributeSequence(
        lambda made, n: f"member{n}@{made.company.primary_domain.name if made.company else 'root.example'}"
    )
    password = LazyFunction(hashed_password)

    @post_generation
    def address(member: Member, create: bool, extracted: object, **kwargs: Any) -> None:  # noqa: N805
        if not create or member.company is None:
            return
        local_part, _at, domain = member.email.partition("@")
        Address.objects.create(
            local_part=local_part,
            domain=Domain.objects.get(name=domain),
            kind=Address.Kind.MEMBER,
            member=member,
        )


class TeamFactory(DjangoModelFactory[Team]):
    """A team. `people=[…]` are its members."""

    class Meta:
        model = Team
        skip_postgeneration_save = True

    company = SubFactory(CompanyFactory)
    name = Sequence("Team {}".format)

    @post_generation
    def people(team: Team, create: bool, people: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        TeamMembership.objects.bulk_create(
            TeamMembership(team=team, member=person) for person in people or ()
        )


class MailingListFactory(DjangoModelFactory[MailingList]):
    """A list at an address of `company`."""

    class Meta:
        model = MailingList
        exclude = ["company"]

    company = SubFactory(CompanyFactory)
    address = SubFactory(AddressFactory, company=SelfAttribute("..company"))


class GroupFactory(DjangoModelFactory[Group]):
    """A group, internal and public. Lists of people and things fill it: masters, members, teams, subgroups.

    `listed=True` gives it a mailing list (`mailing_list__address__local_part="…"` names it), `private`,
    `external` and `deleted` do what they say.
    """

    class Meta:
        model = Group
        skip_postgeneration_save = True

    class Params:
        private = Trait(is_visible=False)
        external = Trait(kind=Group.Kind.EXTERNAL, is_visible=False)
        deleted = Trait(deleted_at=LazyFunction(timezone.now))
        listed = Trait(
            uses_mailing_list=True,
            mailing_list=SubFactory(MailingListFactory, company=SelfAttribute("..company")),
        )

    company = SubFactory(CompanyFactory)
    name = Sequence("Group {}".format)

    @post_generation
    def masters(group: Group, create: bool, masters: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        Master.objects.bulk_create(Master(group=group, member=master) for master in masters or ())

    @post_generation
    def members(group: Group, create: bool, members: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        Membership.objects.bulk_create(Membership(group=group, member=member) for member in members or ())

    @post_generation
    def teams(group: Group, create: bool, teams: list[Team] | None, **kwargs: Any) -> None:  # noqa: N805
        Membership.objects.bulk_create(Membership(group=group, team=team) for team in teams or ())

    @post_generation
    def subgroups(group: Group, create: bool, groups: list[Group] | None, **kwargs: Any) -> None:  # noqa: N805
        Membership.objects.bulk_create(
            Membership(group=group, subgroup=subgroup) for subgroup in groups or ()
        )


class MembershipFactory(DjangoModelFactory[Membership]):
    """An entry of a group: give one of member, team and subgroup; without, it is a new member."""

    class Meta:
        model = Membership

    group = SubFactory(GroupFactory)

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        if not kwargs.keys() & {"member", "team", "subgroup"}:
            kwargs["member"] = MemberFactory.create(company=kwargs["group"].company)
        return kwargs


class MasterFactory(DjangoModelFactory[Master]):
    """Somebody who runs a group."""

    class Meta:
        model = Master

    group = SubFactory(GroupFactory)
    member = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))


class DesignationFactory(DjangoModelFactory[Designation]):
    """A member designated to send to a list, or as the list."""

    class Meta:
        model = Designation

    mailing_list = SubFactory(MailingListFactory)
    member = SubFactory(MemberFactory)
    purpose = Designation.Purpose.SEND_TO


class ExternalContactFactory(DjangoModelFactory[ExternalContact]):
    """An outside recipient of a list."""

    class Meta:
        model = ExternalContact

    mailing_list = SubFactory(MailingListFactory)
    email = Sequence("client{}@outside.example".format)


class OptOutFactory(DjangoModelFactory[OptOut]):
    """A member who has stopped a list's mail to them."""

    class Meta:
        model = OptOut

    mailing_list = SubFactory(MailingListFactory)
    member = SubFactory(MemberFactory)


class FailingAddressFactory(DjangoModelFactory[FailingAddress]):
    """An address that mail came back from; `paused=True` gets none any more."""

    class Meta:
        model = FailingAddress

    class Params:
        paused = Trait(failures=5, paused_at=LazyFunction(timezone.now))

    address = Sequence("gone{}@outside.example".format)
    failures = 1
    last_failed_at = LazyFunction(timezone.now)
    last_error = "550 5.1.1 No such user"


class MailFactory(DjangoModelFactory[Mail]):
    """A mail to the list of `group`, delivered to nobody; EnvelopeFactory adds recipients."""

    class Meta:
        model = Mail
        exclude = ["group"]

    group = SubFactory(GroupFactory, listed=True)
    company_id = LazyAttribute(lambda made: made.group.company_id)
    group_id = LazyAttribute(lambda made: made.group.pk)
    mailing_list = LazyAttribute(lambda made: made.group.mailing_list)
    list_name = LazyAttribute(lambda made: made.group.name)
    list_address = LazyAttribute(lambda made: str(made.group.mailing_list or ""))
    door = Mail.Door.LMTP
    ip = "192.0.2.10"
    envelope_sender = "kim@outside.example"
    sender = "Kim <kim@outside.example>"
    subject = Sequence("Subject {}".format)
    message_id = Sequence("<{}@outside.example>".format)
    size = 2_000
    rule = "4.3"
    result = Mail.Result.DELIVERED


class EnvelopeFactory(DjangoModelFactory[Envelope]):
    """Recipients of a mail who have got it; `waiting=True` are still to get it."""

    class Meta:
        model = Envelope

    class Params:
        waiting = Trait(state=Envelope.State.WAITING, done_at=None)

    mail = SubFactory(MailFactory)
    recipients = LazyFunction(list)
    state = Envelope.State.DONE
    due_at = LazyFunction(timezone.now)
    done_at = LazyFunction(timezone.now)


class ContactFactory(DjangoModelFactory[Contact]):
    """`owner` and `person` know each other; the row for the other direction is there too."""

    class Meta:
        model = Contact
        skip_postgeneration_save = True

    owner = SubFactory(MemberFactory)
    person = SubFactory(MemberFactory)

    @post_generation
    def other_direction(contact: Contact, create: bool, extracted: object, **kwargs: Any) -> None:  # noqa: N805
        if create:
            Contact.objects.get_or_create(owner=contact.person, person=contact.owner)


class MessageFactory(DjangoModelFactory[Message]):
    """A message of a new member's, counted as a change of its room."""

    class Meta:
        model = Message

    group = SubFactory(GroupFactory, message=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    text = Sequence("Message {}".format)
    text_folded = LazyAttribute(lambda made: fold(made.text))

    @classmethod
    def _create(cls, model_class: type[Message], *args: Any, **kwargs: Any) -> Message:
        with transaction.atomic():
            return add_message(lock_room(kwargs["group"]), model_class(**kwargs))


class TaskFactory(DjangoModelFactory[Task]):
    """An open task of a new member's, below the others. `assignees=[…]` are to do it."""

    class Meta:
        model = Task
        skip_postgeneration_save = True

    group = SubFactory(GroupFactory, message=True, task=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    title = Sequence("Task {}".format)
    position = Sequence(float)

    @post_generation
    def assignees(task: Task, create: bool, people: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        Assignee.objects.bulk_create(Assignee(task=task, member=person) for person in people or ())


class NoteFactory(DjangoModelFactory[Note]):
    """A note of a new member's."""

    class Meta:
        model = Note

    group = SubFactory(GroupFactory, message=True, note=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    title = Sequence("Note {}".format)
    text = ""
    text_folded = LazyAttribute(lambda made: fold(f"{made.title} {made.text}"))


class NoteCommentFactory(DjangoModelFactory[NoteComment]):
    """A comment of a new member's on a note."""

    class Meta:
        model = NoteComment

    note = SubFactory(NoteFactory)
    group = SelfAttribute("note.group")
    author = SubFactory(MemberFactory, company=SelfAttribute("..note.group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    text = Sequence("Comment {}".format)


class StoredFileFactory(DjangoModelFactory[StoredFile]):
    """A picture in a message; give `feature` and what it belongs to for another."""

    class Meta:
        model = StoredFile

    group = SubFactory(GroupFactory, message=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    feature = Feature.MESSAGE
    message = LazyAttribute(
        lambda made: (
            MessageFactory.create(group=made.group, author=made.author)
            if made.feature == Feature.MESSAGE
            else None
        )
    )
    name = "picture.png"
    size = 9
    content_type = "image/png"
    file = FileField(data=b"a picture", filename="stored")
    preview = FileField(data=b"a preview", filename="preview")
    width = 320
    height = 200


class FolderFactory(DjangoModelFactory[Folder]):
    """A folder, at the top unless `parent` is given."""

    class Meta:
        model = Folder

    group = SubFactory(GroupFactory, message=True, folder=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    name = Sequence("Folder {}".format)

    @classmethod
    def _create(cls, model_class: type[Folder], *args: Any, **kwargs: Any) -> Folder:
        folder = model_class(**kwargs)
        folder.call(folder.name)
        folder.save()
        return folder


class FolderFileFactory(DjangoModelFactory[FolderFile]):
    """A file of one version, at the top unless `folder` is given, holding `content`."""

    class Meta:
        model = FolderFile
        skip_postgeneration_save = True

    group = SubFactory(GroupFactory, message=True, folder=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    name = Sequence("file{}.txt".format)

    @classmethod
    def _create(cls, model_class: type[FolderFile], *args: Any, **kwargs: Any) -> FolderFile:
        file = model_class(**kwargs)
        file.call(file.name)
        file.save()
        return file

    @post_generation
    def content(file: FolderFile, create: bool, content: bytes | None, **kwargs: Any) -> None:  # noqa: N805
        content = b"what it holds" if content is None else content
        stored = StoredFile(
            group=file.group,
            feature=Feature.FOLDER,
            name=file.name,
            size=len(content),
            author=file.author,
            author_name=file.author_name,
        )
        stored.file.save("stored", ContentFile(content), save=False)
        stored.save()
        add_bytes(file.group, len(content))
        FileVersion.objects.create(folder_file=file, stored=stored, number=1)


class EventFactory(DjangoModelFactory[Event]):
    """An hour on March 1, 2027, at noon UTC, of a new member's; `repeats="FREQ=…"` repeats it for ever."""

    class Meta:
        model = Event

    group = SubFactory(GroupFactory, message=True, event=True)
    author = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    author_name = LazyAttribute(lambda made: made.author.name)
    title = Sequence("Event {}".format)
    starts_at = datetime(2027, 3, 1, 12, tzinfo=UTC)
    ends_at = LazyAttribute(lambda made: made.starts_at + timedelta(hours=1))
    last_ends_at = LazyAttribute(lambda made: None if made.repeats else made.ends_at)
    repeats = ""
    uid = Sequence("event{}@example".format)


class CalendarFeedFactory(DjangoModelFactory[CalendarFeed]):
    """A private address of a group's calendar, with the secret FEED_SECRET."""

    class Meta:
        model = CalendarFeed

    group = SubFactory(GroupFactory, message=True, event=True)
    member = SubFactory(MemberFactory, company=SelfAttribute("..group.company"))
    key = kept_of(FEED_SECRET)
