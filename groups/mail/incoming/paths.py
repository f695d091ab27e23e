"""The addresses in the SMTP dialogue, which are paths there (RFC 5321, 4.1.2)."""

import re

LONGEST_ADDRESS = 1000
NULL_SENDER = "<>"

# A path, with an obsolete route to be ignored (RFC 5321, appendix C), and parameters.
_PATH = re.compile(
    r'<(?:@[^<>:\s]*:)?((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>(?:\s+(.*))?\Z|([^<>"\s]+)(?:\s+(.*))?\Z'
)
# A local part that needs no quotation marks, in quotation marks.
_QUOTED = re.compile(r"\"((?:\\?[\w!#$%&'*+/=?^`{|}~-]|\\?\.(?!\.))+)\"@(.+)")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def read(arg: str) -> tuple[str | None, str | None]:
    """The address and the parameters after MAIL FROM: or RCPT TO:, as aiosmtpd asks for them."""
    found = _PATH.match(arg.strip())
    if found is None or _UNFIT.search(arg):
        return None, None
    bracketed, parameters, bare, bare_parameters = found.groups()
    address = bracketed if bare is None else bare
    parameters = parameters or bare_parameters or ""
    if len(address) > LONGEST_ADDRESS or not parameters.isascii():
        return None, None
    return address or NULL_SENDER, parameters


def unquoted(address: str) -> str:
    """Without quotation marks that mean nothing (RFC 5321, 4.1.2)."""
    found = _QUOTED.fullmatch(address)
    if found is None or (local_part := found[1].replace("\\", "")).strip(".") != local_part:
        return address
    return f"{local_part}@{found[2]}"
