"""Signing in (section 9 of the rules): passwords, sessions, second factors, single sign-on."""

from .environment import Environment

env = Environment()

AUTH_USER_MODEL = "accounts.Member"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.backend.MemberBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "accounts.passwords.PersonalPasswordValidator",
        "accounts.passwords.GuessablePasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Nobody can sign up, so there is nothing to write to unknown addresses.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {
    "login": "accounts.forms.sign_in.LoginForm",
    "set_password": "accounts.forms.sign_in.SetPasswordForm",
    "reset_password_from_key": "accounts.forms.sign_in.ResetPasswordKeyForm",
    "reset_password": "accounts.forms.sign_in.ResetPasswordForm",
    "change_password": "accounts.forms.sign_in.ChangePasswordForm",
}
# allauth's own keeps a copy of people's addresses, with which they could sign in after theirs has changed.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
# Ours count failures alone (accounts.sign_in.throttle, rule 9.5), and miss none of many at once, as a cache
# does.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": None,
    "reset_password": None,
    "reset_password_from_key": None,
}
# Sessions end after so long without use, those of administrators sooner, and all of them at last (rule 9.3).
SESSION_COOKIE_AGE = ACCOUNT_SESSION_COOKIE_AGE = env.int("SESSION_DAYS_WITHOUT_USE", default=14) * 24 * 3600
SESSION_HOURS_WITHOUT_USE_OF_ADMINISTRATORS = env.int(
    "SESSION_HOURS_WITHOUT_USE_OF_ADMINISTRATORS", default=12
)
SESSION_DAYS_IN_ALL = env.int("SESSION_DAYS_IN_ALL", default=90)
# What open pages ask by themselves is no use of a session.
SESSION_POLLS = {
    *("room:message_changes", "groups:notifications_bell", "accounts:job", "groups:import_progress"),
    "session_mark",
}

# Second factors (rule 9.2).
MFA_ADAPTER = "accounts.factor_adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "accounts.forms.factors.CodeForm",
    "authenticate_webauthn": "accounts.forms.factors.PasskeyForm",
    "login_webauthn": "accounts.forms.factors.PasskeySignInForm",
    "add_webauthn": "accounts.forms.factors.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.factors.RenamePasskeyForm",
}
# Clocks of phones go wrong: the codes before and after count too, each once.
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "groupadmin"
# Nobody proves addresses by links in mails: the company's administrators enter them.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# There is nothing to guess, and a whole office may be behind one address (rule 9.5).
MFA_RATE_LIMITS = {"webauthn_login": "600/m/ip"}
SUPERUSERS_NEED_FACTOR = env.bool("SUPERUSERS_NEED_FACTOR", default=False)
# How many seconds a proof of who one is counts for delicate changes (rule 9.4).
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60

# Single sign-on (rule 9.6). allauth drives it; whom a provider may let in is decided in accounts/sso.
SOCIALACCOUNT_ADAPTER = "accounts.sso.adapter.ProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
