"""Mailing lists and their mail."""

from dataclasses import replace
from typing import Any

from .rows import KNOWS, Row, answers, everybody, of_company, of_everybody, of_group

# Groups of the cast without a mailing list: nobody does there what needs one.
NO_LIST: dict[str, Any] = {
    "private_group": {"run": set()},
    "external_group": {"run": set()},
}

MAIL: dict[str, list[Row]] = {
    "groups:mail_of": of_group("see"),
    # Rule 4.6: only who is designated, which nobody of the cast is.
    "groups:new_mail": of_group("run", "run", group={"run": set()}, **NO_LIST),
    # Rule 4.3: who is in the group and so gets its mail; the others are told that they are not.
    "groups:unsubscribe": [
        replace(row, post=answers(302, {"member"} if row.label == "group" else set(), KNOWS[row.label]))
        for row in of_group("see", "see")
    ],
    "groups:resubscribe": of_group(post="see", private_group={"see": set()}, external_group={"see": set()}),
    "groups:contacts_import": of_group("run", "run", ok=422, **NO_LIST),
    "groups:contacts_table": of_group(post="run", ok=200, **NO_LIST),
    "groups:contacts_add": of_group(post="run", ok=422, **NO_LIST),
    # Whoever has no signed address learns nothing; with one, nobody needs to sign in.
    "groups:unsubscribe_contact": [
        Row(everybody(404), everybody(404), args=lambda cast: ("no-token",), label="forged"),
        Row(everybody(200), everybody(200), args=lambda cast: (cast.leaving,), label="signed"),
    ],
    "groups:failing_addresses": of_company(200, None),
    "groups:let_in": of_company(None, 302, "failing"),
    "groups:own_address": of_everybody(200),
    "groups:resume_own_address": of_everybody(None, 302),
    "groups:mail_signing": of_company(200, None),
    "groups:make_signing_key": of_company(None, 302, "domain"),
    "groups:check_signing_key": of_company(None, 302, "signing_key"),
    "groups:stop_signing_key": of_company(200, 302, "signing_key"),
    "groups:mail_audit": of_company(200, None),
    "groups:mail_csv": of_company(None, 200),
    "groups:mail_record": of_company(200, None, "mail"),
    "groups:send_mail_again": of_company(None, 302, "mail"),
}
