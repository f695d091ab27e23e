"""Where delivered mail goes: to a mail server, or into a folder to look at (rule 8.2)."""

from pathlib import Path
from typing import Any

import pytest

from groups.mail.outgoing import transports
from groups.mail.outgoing.parcels import Parcel
from groups.models import Group, Mail
from tests.groups.mail.lists import RAW, accepted
from tests.smtp_sink import Behaviour, running

from .transport import MOMO, TAE, state


@pytest.mark.django_db
def test_from_acceptance_to_a_mail_server(group: Group, settings: Any) -> None:
    """All of it: by the task, over a connection, to everybody."""
    sink = Behaviour()
    with running(sink) as settings.MAIL_OUT:
        mail = accepted(group, raw=RAW).mail
    assert state(mail) == (Mail.Result.DELIVERED, True)
    assert [taken.recipients for taken in sink.taken] == [[MOMO, TAE]]
    assert sink.taken[0].data.endswith(RAW.replace(b"\r\n.", b"\r\n.."))
    assert sink.quits == {1}


@pytest.mark.django_db
class TestFolder:
    def test_shows_what_would_have_been_sent(self, group: Group, settings: Any, tmp_path: Path) -> None:
        settings.MAIL_OUT = f"folder://{tmp_path}/with%20space"
        mail = accepted(group, raw=RAW).mail
        folder = transports.mail_folder()
        assert folder == tmp_path / "with space"
        (name,) = transports.names_in(folder)
        written = transports.read_mail(folder, name)
        assert written is not None
        assert written.recipients == [MOMO, TAE]
        assert written.sender.startswith("bounce+")
        assert written.path.read_bytes().endswith(RAW)
        assert state(mail) == (Mail.Result.DELIVERED, True)

    def test_keeps_a_sane_number(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transports, "ENVELOPES_AT_MOST", 5)
        folder = transports.FolderTransport(tmp_path)
        for _ in range(201):
            folder.hand_over(Parcel("s@x.example", ["a@x.example"], (b"x\r\n",)))
        assert len(list(tmp_path.iterdir())) <= 2 * (5 + 100)
        assert not list(tmp_path.glob("*.half"))

    @pytest.mark.parametrize("name", ["", "../x", "1", "1234567890123456-1-1", "x/1234567890123456-1-1"])
    def test_reads_nothing_else(self, tmp_path: Path, name: str) -> None:
        assert transports.read_mail(tmp_path, name) is None
