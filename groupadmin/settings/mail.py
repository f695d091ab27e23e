"""Mail of the lists: what comes in, what goes out, and who vouches for it."""

import socket

from .environment import Environment

_env = Environment()

# Mailing lists. The largest mail in bytes, and how long its content is stored; its audit stays longer.
MAIL_MAX_BYTES = _env.int("MAIL_MAX_BYTES", default=25 * 1024 * 1024)
MAIL_CONTENT_KEPT_DAYS = _env.int("MAIL_CONTENT_KEPT_DAYS", default=30)
MAIL_RECIPIENTS_PER_ENVELOPE = _env.int("MAIL_RECIPIENTS_PER_ENVELOPE", default=100)
# How the lists' mail is sent: smtp://host:25, smtp+tls:// (STARTTLS) or smtp+ssl://, with user:password@
# where needed; or folder:///path to write it to files instead.
MAIL_OUT = _env("MAIL_OUT", default="smtp://localhost:25")
# The name that the front mail server signs Authentication-Results with. Empty: senders are not checked, From
# is trusted, but no mail counts as certainly sent by a member.
MAIL_AUTHSERV_ID = _env("MAIL_AUTHSERV_ID", default="")
# The IP addresses of the front mail server, if it connects by SMTP; only it connects by LMTP.
MAIL_FRONTS = _env.list("MAIL_FRONTS", default=["127.0.0.1", "::1"])
# Where the mail server listens, host:port each, empty for off: LMTP for a mail server in front, SMTP, and
# submission with STARTTLS or with TLS from the start, which need a certificate.
MAIL_LMTP_LISTEN = _env("MAIL_LMTP_LISTEN", default="127.0.0.1:8024")
MAIL_SMTP_LISTEN = _env("MAIL_SMTP_LISTEN", default="127.0.0.1:8025")
MAIL_SUBMISSION_LISTEN = _env("MAIL_SUBMISSION_LISTEN", default="")
MAIL_SUBMISSIONS_LISTEN = _env("MAIL_SUBMISSIONS_LISTEN", default="")
MAIL_TLS_CERTIFICATE = _env("MAIL_TLS_CERTIFICATE", default="")
MAIL_TLS_KEY = _env("MAIL_TLS_KEY", default="")
# The name in the mail server's greeting.
MAIL_HOSTNAME = _env("MAIL_HOSTNAME", default=socket.gethostname())
# Connections per listening address; threads, each with a database connection; and how many mails of the
# largest size may be received in memory at once.
MAIL_CONNECTIONS = _env.int("MAIL_CONNECTIONS", default=200)
MAIL_THREADS = _env.int("MAIL_THREADS", default=8)
MAIL_LARGE_AT_ONCE = _env.int("MAIL_LARGE_AT_ONCE", default=10)
MAIL_GIVE_UP_DAYS = 5
# A failed delivery is retried after so many seconds, then after twice as many, up to four hours.
MAIL_RETRY_SECONDS = 60

# Whether each recipient gets an envelope of their own, with addresses of their own for bounces and for
# unsubscribing in one click (rule 4.15).
MAIL_PERSONAL = _env.bool("MAIL_PERSONAL", default=False)

# Whether the lists' mail is signed here (DKIM), and sealed (ARC), with keys that companies make for their
# domains (rule 4.16); otherwise the mail server of MAIL_OUT signs.
MAIL_SIGN = _env.bool("MAIL_SIGN", default=False)
