"""Signing in, the company and its people, profiles, contacts."""

from groupadmin.base import icons

from .rows import ADMINISTRATORS, OWN, SIGNED_IN, Row, answers, everybody, of_company, of_everybody, public


def _contact(whose: set[str], other: str) -> list[Row]:
    """Rule 6.2: what one does with a person of another company whom one knows, or who has asked."""
    return [Row(None, answers(302, whose, set()), args=lambda cast: (getattr(cast, other).pk,), label=other)]


def _passkey(get: int, post: int) -> list[Row]:
    """Rule 9.2: nobody reaches another one's passkey."""
    mine = answers(get, {"outsider"}, set())
    return [Row(mine, answers(post, {"outsider"}, set()), args=lambda cast: (cast.passkey.pk,))]


def _pick(post: bool = False) -> list[Row]:
    """Rule 7: pickers answer the administrators, who could save what they pick for."""
    # A superuser belongs to no company in which there were something to pick.
    mine = answers(200, ADMINISTRATORS, superuser=404)

    def row(purpose: str) -> Row:
        return Row(
            None if post else mine,
            mine if post else None,
            query=lambda cast: {"purpose": purpose},
            label=purpose,
        )

    return [row(purpose) for purpose in ("people", "crowd", "teams")]


ACCOUNTS: dict[str, list[Row]] = {
    "icons": [Row(everybody(200), everybody(405), args=lambda cast: (icons.digest(),))],
    # Signed in already, one is sent on to where one would land.
    "account_login": public(302, 302, anonymous=200),
    "account_logout": of_everybody(200, 302),
    "session_mark": [Row(everybody(200), everybody(405))],
    "account_change_password": of_everybody(200, 200),
    "account_set_password": of_everybody(302, 302),
    "account_reset_password": public(200, 200),
    "account_reset_password_done": public(200),
    "account_reset_password_from_key": [
        Row(
            answers(200, SIGNED_IN, anonymous=200),
            answers(200, SIGNED_IN, anonymous=200),
            args=lambda cast: ("1", "no-key"),
        )
    ],
    "account_reset_password_from_key_done": public(200),
    "account_reauthenticate": of_everybody(302),
    # Rule 9.2: the second step of a sign-in that nobody has begun, and a passkey that nobody has shown.
    "mfa_authenticate": [Row(everybody(302), everybody(302))],
    "mfa_login_webauthn": [Row(everybody(302), everybody(302))],
    "cancel_sign_in": [Row(everybody(405), everybody(302))],
    # One's own factors; the outsider has an app, a passkey and recovery codes.
    "mfa_index": of_everybody(200),
    "mfa_activate_totp": of_everybody(200, 422, outsider=302),
    "mfa_deactivate_totp": [Row(answers(200, {"outsider"}, set()), answers(302, {"outsider"}, set()))],
    "mfa_add_webauthn": of_everybody(200, 422),
    "mfa_edit_webauthn": _passkey(200, 422),
    "mfa_remove_webauthn": _passkey(200, 302),
    "mfa_view_recovery_codes": [Row(answers(200, {"outsider"}, set()), None)],
    "mfa_generate_recovery_codes": [Row(answers(200, SIGNED_IN), answers(422, SIGNED_IN, outsider=302))],
    "mfa_download_recovery_codes": [
        Row(answers(200, {"outsider"}, set()), answers(405, {"outsider"}, set()))
    ],
    "account_inactive": public(200),
    # Rule 9.6: for who is not signed in; the second company's provider lets nobody confirm.
    "sso": public(302, 302, anonymous=200),
    "sso_start": [
        Row(
            answers(302, SIGNED_IN, anonymous=200),
            answers(302, SIGNED_IN, anonymous=422),
            args=lambda cast: (cast.provider.key,),
        )
    ],
    "sso_back": [Row(everybody(302), everybody(405), args=lambda cast: (cast.provider.key,))],
    "sso_confirm": [Row(None, answers(302, OWN, set()), args=lambda cast: (cast.provider.key,))],
    "sso_confirmed": of_everybody(200),
    "sso_logout": [Row(everybody(405), everybody(400), args=lambda cast: (cast.provider.key,))],
    "accounts:pick": _pick(),
    "accounts:pick_teams": _pick(),
    "accounts:pick_paste": _pick(post=True),
    "accounts:member_list": of_company(200, None),
    "accounts:member_table": of_company(None, 200),
    "accounts:member_add": of_company(200, 422),
    "accounts:member_edit": of_company(200, 422, "outsider"),
    "accounts:member_deactivate": of_company(200, 302, "outsider"),
    "accounts:member_delete": of_company(
        200, 302, "outsider", data=lambda cast: {"typed": cast.outsider.name}
    ),
    "accounts:member_activate": of_company(None, 302, "outsider"),
    "accounts:member_sign_out": of_company(None, 302, "outsider"),
    "accounts:member_send_sign_in_mail": of_company(None, 302, "outsider"),
    "accounts:member_reset_factors": of_company(200, 302, "outsider"),
    "accounts:member_separate": of_company(None, 302, "outsider"),
    "accounts:team_list": of_company(200, None),
    "accounts:team_table": of_company(None, 200),
    "accounts:team_people_table": of_company(None, 200, "team"),
    "accounts:team_add": of_company(200, 422),
    "accounts:team_people": of_company(200, None, "team"),
    # A level of the chart, which without htmx leads to the team's page.
    "accounts:team_below": of_company(302, None, "team"),
    "accounts:team_edit": of_company(200, 422, "team"),
    "accounts:team_move": of_company(200, 302, "team", data=lambda cast: {"version": cast.team.version}),
    "accounts:team_delete": of_company(200, 302, "team"),
    "accounts:team_people_add": of_company(200, 422, "team"),
    "accounts:team_people_remove": of_company(None, 302, "team", more_args=lambda cast: (cast.teammate.pk,)),
    "accounts:settings": of_company(200, 422),
    "accounts:company": of_company(200, 422),
    "accounts:domain_add": of_company(None, 422),
    "accounts:domain": of_company(200, None, "domain"),
    "accounts:domain_check": of_company(None, 302, "domain"),
    "accounts:domain_remove": of_company(200, 302, "domain"),
    "accounts:domain_make_primary": of_company(None, 302, "domain"),
    "accounts:connection": of_company(200, None),
    "accounts:connection_add": of_company(200, 422),
    "accounts:connection_remove": of_company(None, 302),
    "accounts:connection_companies": of_company(200, None),
    "accounts:connection_company_add": of_company(None, 422),
    "accounts:connection_company_remove": of_company(None, 302, "partner_domain"),
    "accounts:audit": of_company(200, None),
    "accounts:audit_csv": of_company(None, 200),
    "accounts:audit_entry": of_company(200, None, "audit_entry"),
    # Its company's administrators', and whose it is.
    "accounts:job": [
        Row(answers(200, {"administrator", "member"}, set()), None, args=lambda cast: (cast.job.pk,))
    ],
    # Rule 10.6: whoever has chosen nothing is led back to the list.
    "accounts:bulk_choose": [
        Row(
            answers(302, ADMINISTRATORS),
            answers(302, ADMINISTRATORS),
            args=lambda cast, things=things: (things,),  # type: ignore[misc]
            data=lambda cast, action=action: {"action": action},  # type: ignore[misc]
            label=things,
        )
        for things, action in (
            ("members", "member.delete"),
            ("teams", "team.delete"),
            ("groups", "group.delete"),
            ("deleted-groups", "group.purge"),
        )
    ],
    # Rule 10.13: nothing that one has done. tests/accounts/test_undo.py undoes some.
    "accounts:undo": [
        Row(None, answers(404, SIGNED_IN), args=lambda cast: ("00000000-0000-4000-8000-000000000000",))
    ],
    "accounts:bulk_list": of_company(200, None),
    "accounts:bulk": of_company(200, None, "bulk_change"),
    "accounts:bulk_csv": of_company(200, None, "bulk_change"),
    "accounts:bulk_undo": of_company(200, 302, "bulk_change"),
    "accounts:bulk_stop": of_company(None, 302, "bulk_change"),
    "accounts:bulk_carry_on": of_company(None, 302, "bulk_change"),
    "accounts:profile": of_everybody(200, 302),
    "accounts:profile_zone": of_everybody(None, 302),
    "accounts:profile_photo": of_everybody(None, 422),
    "accounts:profile_photo_remove": of_everybody(None, 302),
    "accounts:providers": of_company(200, None),
    "accounts:provider_add": of_company(200, 422),
    "accounts:provider_try": of_company(None, 200),
    "accounts:provider": of_company(200, 422, "provider"),
    "accounts:provider_remove": of_company(200, 302, "provider"),
    # Rule 11.4. What is made is shown in the answer.
    "accounts:company_tokens": of_company(200, None),
    "accounts:company_token_add": of_company(200, 422),
    "accounts:own_tokens": of_everybody(200),
    "accounts:own_token_add": of_everybody(200, 422),
    "accounts:token_revoke": [
        Row(
            answers(200, {"administrator"}, set()),
            answers(302, {"administrator"}, set()),
            args=lambda cast: (cast.token.pk,),
        )
    ],
    # Rule 11.5.
    "accounts:webhooks": of_company(200, None),
    "accounts:webhook_add": of_company(200, 422),
    "accounts:webhook": of_company(200, None, "webhook"),
    "accounts:webhook_edit": of_company(200, 422, "webhook"),
    "accounts:webhook_rotate": of_company(None, 200, "webhook"),
    "accounts:webhook_delete": of_company(200, 302, "webhook"),
    "accounts:webhook_resume": of_company(None, 302, "webhook"),
    "accounts:webhook_test": of_company(None, 302, "webhook"),
    "accounts:webhook_again": of_company(None, 302, "webhook"),
    "accounts:webhook_delivery": of_company(200, None, "webhook_delivery"),
    "accounts:webhook_delivery_again": of_company(None, 302, "webhook_delivery"),
    "accounts:oauth_token": [Row(everybody(405), everybody(400))],
    "accounts:sessions": of_everybody(200),
    # One's own; this is nobody's. tests/accounts/sign_in/test_sessions.py ends some.
    "accounts:session_end": [Row(None, answers(302, set(), set()), args=lambda cast: (2**31 - 1,))],
    "accounts:sessions_end_others": of_everybody(None, 302),
    # Rule 6.4: of people of other companies too, as far as one sees their page.
    "accounts:member_photo": [
        Row(answers(200, OWN | {"guest", "superuser"}, set()), None, args=lambda cast: (cast.member.pk,))
    ],
    # Rule 6: a person's own; a superuser has no company and so no other companies.
    "accounts:contacts": of_everybody(200, superuser=403),
    "accounts:contact_add": of_everybody(200, 422, superuser=403),
    "accounts:contact_accept": _contact({"outsider"}, "stranger"),
    "accounts:contact_block": [*_contact({"outsider"}, "stranger"), *_contact({"member"}, "guest")],
    "accounts:contact_unblock": _contact({"outsider"}, "other_administrator"),
    "accounts:contact_remove": _contact({"member"}, "guest"),
    "accounts:contact_take_back": [
        Row(None, answers(302, {"stranger"}, set()), args=lambda cast: (cast.contact_request.pk,))
    ],
}
