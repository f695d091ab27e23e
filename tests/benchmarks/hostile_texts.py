"""Tables, notes, messages, names, forms: of the allowed size, and costing more than they look like."""

from collections.abc import Iterator

MEGABYTE = 1024 * 1024
SHEET_BYTES = 10 * MEGABYTE


def sheets() -> Iterator[tuple[str, bytes]]:
    most = SHEET_BYTES
    for name, piece in {
        "commas": b",",
        "commas and ats": b"a@b.example,",
        "quotes": b'"',
        "quoted": b'"a",',
        "lines": b"\n",
        "short lines": b"a\n",
        "tabs": b"\t",
        "long cell": b"x",
        "spaces": b" ",
        "ats": b"@",
        "addresses": b"a@b.example\n",
        "wrong addresses": b"@\n",
        "dots": b"a.",
        "open quote": b'"a\n',
        "wide": b",,,,,,,,,,,,,,,,,,,,,\n",
        "ignorable": "\u034f".encode(),
        "combining": "\u0301".encode(),
        "sixteen": b"\0a",
        "cells of a row": b"a@b.example," * 1000 + b"\n",
        "flags": "\U0001f1e6".encode(),
        "combining names": ("a@b.example," + "\u0301" * 100 + "\n").encode(),
    }.items():
        yield name, piece * (most // len(piece))
    yield "a card of folded lines", b"BEGIN:VCARD\n" + b" =\n" * ((most - 20) // 3)
    yield "10,000 addresses", b"".join(b"Person %d,p%d@b.example\n" % (n, n) for n in range(10_000))
    yield "10,000 long ones", b"".join(b"p%d@%s.example\n" % (n, b"a-" * 90) for n in range(9_000))
    yield "wrong ones", b"".join(b"p%d@%s\n" % (n, b"a." * 90 + b"-") for n in range(9_000))
    yield (
        "flags as names",
        b"".join(b"%s,p%d@b.example\n" % ("\U0001f1e6".encode() * 100, n) for n in range(4_500)),
    )


def notes() -> Iterator[tuple[str, str]]:
    n = 50_000
    yield from {
        "quotes": ">" * n,
        "spaced quotes": "> " * (n // 2),
        "brackets": "[" * n,
        "open links": "[a](" * (n // 4),
        "closed brackets": "[" * (n // 2) + "]" * (n // 2),
        "nested links": "[" * (n // 2) + "](a)" * (n // 8),
        "stars": "*" * n,
        "emphasis": "*a **a " * (n // 7),
        "underscores": "_a __a " * (n // 7),
        "strikes": "~~a " * (n // 4),
        "strikes, one": "~" * n,
        "backticks": " ".join("`" * number for number in range(1, 310)),
        "backticks, all": "`a " * (n // 3),
        "fences": "```\n" * (n // 4),
        "open fences": "~~~a\n>" * (n // 6),
        "tables": "x|" * 700 + "\n" + "-|" * 700 + "\n" + "a\n" * (n // 2 - 1400),
        "wide table": "x|" * (n // 5) + "\n" + "-|" * (n // 5) + "\n",
        "many tables": "a|b\n-|-\n\n" * (n // 9),
        "table rows": "a|b\n-|-\n" + "a|b\n" * (n // 4),
        "pipes": "|" * n,
        "escaped pipes": "\\|" * (n // 2),
        "no table": "a|b\n" * (n // 4),
        "addresses": "http://a.b" * (n // 10),
        "no scheme": "//a.b/" * (n // 6),
        "addresses in paragraphs": (("http://a.b" * 199 + " ") * 5 + "\n\n") * (n // 10_000),
        "mails in paragraphs": (("a@b.c" * 399 + " ") * 5 + "\n\n") * (n // 10_000),
        "ats": (("a@" * 999 + " ") * 5 + "\n\n") * (n // 10_000),
        "dots": (("a." * 999 + " ") * 5 + "\n\n") * (n // 10_000),
        "addresses, short": "a.bc " * (n // 5),
        "addresses, lines": "a.com\n" * (n // 6),
        "addresses, paragraphs": "a.com\n\n" * (n // 7),
        "autolinks": "<a:" * (n // 3),
        "autolinks, closed": "<http://a.b>" * (n // 12),
        "open autolinks": "<http://a" * (n // 9),
        "deeper lists": "".join("  " * depth + "- a\n" for depth in range(220)),
        "lists": "- a\n" * (n // 4),
        "lists in lists": ("- " * 500 + "a\n") * (n // 1002),
        "numbers": "1. a\n" * (n // 5),
        "headings": "# a\n" * (n // 4),
        "rules": "***\n" * (n // 4),
        "underlines": "a\n=\n" * (n // 4),
        "paragraph": "a\n" * (n // 2),
        "lines": "\n" * n,
        "entities": "&amp;" * (n // 5),
        "open entities": "&" * n,
        "numeric": "&#x1f600;" * (n // 9),
        "escapes": "\\*" * (n // 2),
        "comments": "<!--" * (n // 4),
        "tags": "<a " * (n // 3),
        "images": "![" * (n // 2),
        "link titles": "[a](b '" * (n // 7),
        "links": "[a](http://b.c)" * (n // 15),
        "link parentheses": "[a](" + "(" * n,
        "references": "[a]: https://" + "b" * 10_000 + "\n\n" + "[a] " * (n // 5),
        "definitions": "[a]: b\n" * (n // 7),
        "isolates": "\u2067" * n,
        "tabs": "\t" * n,
        "tabs, lines": "\t\n" * (n // 2),
        "quoted lists": "> - " * (n // 4),
        "quoted lines": "> a\n" * (n // 4),
        "mixed": "*a_ " * (n // 4),
        "lazy quotes": "> " * 20 + "a\n" + "b\n" * (n // 2 - 50),
        "breaks": "a  \n" * (n // 4),
        "combining": "a" + "\u0301" * (n - 1),
        "flags": "\U0001f1e6" * n,
    }.items()


def texts() -> Iterator[tuple[str, str]]:
    n = 10_000
    yield from {
        "ats": "@" * n,
        "ats and names": "@a b c d e f g h i " * (n // 19),
        "addresses": "a@b.cc " * (n // 7),
        "addresses, joined": "a@b.cc" * (n // 6),
        "links": "http://a.b " * (n // 11),
        "links, joined": "http://a.b" * (n // 10),
        "www": "www." * (n // 4),
        "brackets": "(" * n,
        "brackets, closed": "(http://a.b" + ")" * n,
        "dots": "a." * (n // 2),
        "punctuation": "a.b" + "." * n,
        "entities": "&lt;" * (n // 4),
        "semicolons": "http://a.b" + "&gt;" * (n // 4),
        "isolates": "\u2067" * n,
        "emoji": "\U0001f600" * n,
        "combining": "a" + "\u0301" * (n - 1),
        "flags": "\U0001f1e6" * n,
        "families": "\U0001f468\u200d" * (n // 2),
        "quotes": "'" * n,
        "angles": "<" * n,
    }.items()


def names() -> Iterator[tuple[str, str]]:
    n = 5 * MEGABYTE
    yield from {
        "combining": "a" + "\u0301" * n,
        "mixed combining": "\u0301\u0316" * (n // 2),
        "flags": "\U0001f1e6" * n,
        "ligatures": "\ufdfa" * (n // 3),
        "jamo": "\u1100" * n,
        "families": "\U0001f468\u200d" * (n // 2),
        "ignorable": "\u034f" * n,
        "spaces": "\u3000" * n,
        "isolates": "\u2067" * n,
    }.items()


def differences() -> Iterator[tuple[str, tuple[str, str]]]:
    lines = 25_000
    for name, old, new in (
        ("letters", "a\n" * lines, "b\na\n" * (lines // 2)),
        ("two letters", "a\nb\n" * (lines // 2), "b\na\n" * (lines // 2)),
        ("all alike", "a\n" * lines, "a\n" * (lines - 1)),
        (
            "shifted",
            "".join(f"{n % 97}\n" for n in range(16_000)),
            "".join(f"{n % 89}\n" for n in range(16_000)),
        ),
        ("numbers", "".join(f"{n}\n" for n in range(9_000)), "".join(f"{n}\n" for n in range(9_000, 0, -1))),
        (
            "no repeats",
            "".join(f"{n * 7 % 1009}\n" for n in range(1000)),
            "".join(f"{n * 13 % 1009}\n" for n in range(1000)),
        ),
        ("five alike", "".join(f"{n % 5}\n" for n in range(199)), "".join(f"{n % 3}\n" for n in range(199))),
        (
            "1,000 mixed",
            "".join(f"{n * n % 7}\n" for n in range(1000)),
            "".join(f"{n * n * n % 11}\n" for n in range(1000)),
        ),
        ("long lines", "a" * 50_000, "b" * 50_000),
    ):
        yield name, (old, new)


def picked() -> Iterator[tuple[str, str]]:
    n = 5 * MEGABYTE
    yield from {
        "tokens": "\n".join(f"member:{pk}" for pk in range(100_000, 420_000)),
        "brackets": "<" * n,
        "quotes": '"' * n,
        "ats": "@" * n,
        "commas": "," * n,
        "addresses": "a@b.example," * (n // 12),
        "addresses and letters, joined": "가@b.example" * (n // 11),
        "angled": "<a@b>" * (n // 5),
        "open angled": "<a@" * (n // 3),
        "spaces": " " * n,
        "angle spaces": "< " * (n // 2),
        "lines": "\n" * n,
        "tabs": "\t" * n,
        "words": "a " * (n // 2),
        "many addresses": "\n".join(f"p{k}@b.example" for k in range(300_000)),
        "mailto": "<mailto:" * (n // 8),
        "one bracket": "<" + " " * n,
    }.items()
