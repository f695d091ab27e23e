"""What the log says of requests: an id, ids of people, and nothing that anybody has typed (rule 11.6)."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, RequestFactory
from structlog.contextvars import bound_contextvars

from accounts.actor import Door
from accounts.models import Company, Member
from accounts.tokens import caller_of
from groupadmin.base import request_log
from groupadmin.base.log_lines import LineFormatter, json_formatter
from tests.factories import AccessTokenFactory

GIVEN = "0af7651916cd43dd8448eb211c80319c"


class Lines(logging.Handler):
    """What would be written, as the formatter writes it while the request is being answered."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.addFilter(request_log.Private())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The lines of the log, as JSON."""
    handler = Lines(json_formatter())
    loggers = [logging.getLogger(name) for name in ("groupadmin", "django.request")]
    for logger in loggers:
        logger.addHandler(handler)
    logging.getLogger("groupadmin.requests").setLevel(logging.INFO)
    yield handler.lines
    logging.getLogger("groupadmin.requests").setLevel(logging.WARNING)
    for logger in loggers:
        logger.removeHandler(handler)


class TestId:
    def test_each_answer_has_its_own(self, db: None, client: Client) -> None:
        ids = {client.get("/sign-in/")["X-Request-ID"] for _ in range(2)}
        assert len(ids) == 2

    def test_a_proxy_of_ours_may_give_one(self, db: None, client: Client, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1
        headers = {"X-Request-ID": GIVEN, "X-Forwarded-For": "203.0.113.9"}
        assert client.get("/sign-in/", headers=headers)["X-Request-ID"] == GIVEN

    @pytest.mark.parametrize(
        ("proxies", "headers"),
        [
            (0, {"X-Forwarded-For": "203.0.113.9"}),
            (1, {}),
            (2, {"X-Forwarded-For": "203.0.113.9"}),
            (1, {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "short"}),
            (1, {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": f"{GIVEN}\u2028forged"}),
            (1, {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "a" * 101}),
        ],
    )
    def test_nobody_else_chooses_one(
        self, db: None, client: Client, settings: Any, proxies: int, headers: dict[str, str]
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        headers = {"X-Request-ID": GIVEN, **headers}
        assert client.get("/sign-in/", headers=headers)["X-Request-ID"] not in headers.values()

    def test_the_page_for_faults_shows_it(
        self, db: None, monkeypatch: pytest.MonkeyPatch, lines: list[str]
    ) -> None:
        monkeypatch.setattr("groupadmin.middleware.ReaderMiddleware.__call__", lambda self, request: 1 / 0)
        answer = Client(raise_request_exception=False).get("/sign-in/")
        assert answer.status_code == 500
        assert answer["X-Request-ID"] in answer.content.decode()
        (line,) = (json.loads(line) for line in lines if "ZeroDivisionError" in line)
        assert line["request"] == answer["X-Request-ID"]

    def test_is_gone_after_the_request(self, db: None, client: Client) -> None:
        client.get("/sign-in/")
        assert request_log.request_id() == ""


class TestLines:
    def test_a_request_is_a_line(
        self, master: Member, client: Client, settings: Any, lines: list[str]
    ) -> None:
        settings.LOG_REQUESTS = True
        client.force_login(master)
        client.get("/groups/?q=secret-words")
        (line,) = map(json.loads, lines)
        assert (line["method"], line["page"], line["status"]) == ("GET", "/groups/", 200)
        assert line["user"] == master.pk
        assert isinstance(line["ms"], int)
        assert "secret-words" not in lines[0]
        assert master.email not in lines[0]

    def test_is_none_unless_asked_for(self, db: None, client: Client, lines: list[str]) -> None:
        client.get("/sign-in/")
        assert lines == []

    def test_links_from_mails_are_not_written(
        self, db: None, client: Client, settings: Any, lines: list[str]
    ) -> None:
        """Whoever reads the log could follow them."""
        settings.LOG_REQUESTS = True
        client.get("/password/reset/key/1-secretsecret/")
        assert len(lines) == 1
        assert "secretsecret" not in lines[0]

    def test_nor_by_django(self, db: None, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("groupadmin.middleware.ReaderMiddleware.__call__", lambda self, request: 1 / 0)
        Client(raise_request_exception=False).get("/password/reset/key/1-secretsecret/")
        assert lines
        assert not any("secretsecret" in line for line in lines)

    def test_a_token_is_named_by_its_number(self, company: Company, lines: list[str]) -> None:
        token = AccessTokenFactory.create(company=company, token="gadm_payroll")
        request = RequestFactory().get("/", headers={"Authorization": "Bearer gadm_payroll"})
        with bound_contextvars(token=None, user=None):
            assert caller_of(request, Door.API) is not None
            logging.getLogger("groupadmin").warning("Something")
        assert json.loads(lines[0])["token"] == token.pk
        assert "payroll" not in lines[0]

    def test_text_has_the_same(self) -> None:
        with bound_contextvars(request=GIVEN, user=7):
            record = logging.LogRecord("groupadmin", logging.ERROR, __file__, 1, "Down", (), None)
            text = LineFormatter("%(levelname)s %(message)s").format(record)
        assert text == f"ERROR Down [request={GIVEN} user=7]"


@pytest.mark.one_database
def test_json_is_one_line_whatever_comes_from_outside() -> None:
    text = "ada\n\u2028\x1b[2K\ud800"
    record = logging.LogRecord("groupadmin", logging.ERROR, __file__, 1, "Mail from %s", (text,), None)
    written = json_formatter().format(record)
    assert written.isascii()
    assert len(written.splitlines()) == 1
    assert json.loads(written)["message"] == f"Mail from {text}"
