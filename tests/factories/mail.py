# mypy: disable-error-code="no-untyped-call,untyped-decorator"
"""Who gets the mail of a list, and the mail itself."""

from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from groups.models import Designation, Envelope, ExternalContact, FailingAddress, Mail, OptOut, SigningKey

from .accounts import DomainFactory, MemberFactory
from .groups import GroupFactory, MailingListFactory


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


class SigningKeyFactory(DjangoModelFactory[SigningKey]):
    """A key that waits for its record; it is none that could sign."""

    class Meta:
        model = SigningKey

    domain = SubFactory(DomainFactory)
    selector = Sequence("ga{}".format)
    public_key = "bm8ga2V5"
    private_key = "sealed"
