"""A smart host that wants encryption and a sign-in; here it is our own submission server."""

from pathlib import Path
from urllib.parse import quote

import pytest

from accounts.models import Member
from groups.mail.outgoing.parcels import ConnectionLost, Parcel
from groups.mail.outgoing.transports import SmartHost
from groups.models import Designation, Group, Mail
from tests.factories import PASSWORD, DesignationFactory
from tests.groups.mail.servers import Ports

RAW = b"From: platform@hanbit.example\r\nSubject: Offer\r\n\r\nHere it is.\r\n"
PARCEL = Parcel("platform@hanbit.example", ["client@outside.example"], [RAW])


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the server's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def designated(group: Group, member: Member) -> Member:
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=member, purpose=Designation.Purpose.SEND_AS
    )
    return member


def url(ports: Ports, scheme: str, password: str = PASSWORD) -> str:
    port = ports.submission if scheme == "smtp+tls" else ports.submissions
    return f"{scheme}://{quote('momo@hanbit.example')}:{quote(password)}@localhost:{port}"


@pytest.mark.usefixtures("trusted", "designated")
@pytest.mark.parametrize("scheme", ["smtp+tls", "smtp+ssl"])
class TestEncrypted:
    def test_takes_mail_of_who_signs_in(self, secured: Ports, scheme: str) -> None:
        host = SmartHost(url(secured, scheme))
        outcome = host.hand_over(PARCEL)
        host.close()
        assert outcome.refused == {}
        assert outcome.accepted == ["client@outside.example"]
        assert Mail.objects.get().subject == "Offer"

    def test_a_wrong_password_is_mended_by_somebody_and_loses_no_mail(
        self, secured: Ports, scheme: str
    ) -> None:
        with pytest.raises(ConnectionLost) as lost:
            SmartHost(url(secured, scheme, "wrong")).hand_over(PARCEL)
        assert lost.value.never_connected


@pytest.mark.usefixtures("designated")
@pytest.mark.parametrize("scheme", ["smtp+tls", "smtp+ssl"])
def test_nothing_is_said_to_a_server_that_nobody_trusts(secured: Ports, scheme: str) -> None:
    """Whoever stands in between gets neither password nor mail."""
    with pytest.raises(ConnectionLost, match=r"(?i)certificate"):
        SmartHost(url(secured, scheme)).hand_over(PARCEL)
    assert not Mail.objects.exists()
