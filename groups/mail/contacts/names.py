"""Full names of their parts, in the order of their script (rule 4.13)."""

import regex

_EAST_ASIAN = regex.compile(r"^[\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}ー々・]+$")


def full_name(given: str, middle: str, family: str) -> str:
    """Family name first and without a space in Hangul, kana and Chinese characters; else given name first."""
    parts = [part for part in (given, middle, family) if part]
    if len(parts) < 2:
        return "".join(parts)
    if all(_EAST_ASIAN.match(part) for part in parts):
        return f"{family}{middle}{given}" if family else f"{given}{middle}"
    if given and family and _EAST_ASIAN.match(given):
        return " ".join(part for part in (family, middle, given) if part)
    return " ".join(parts)
