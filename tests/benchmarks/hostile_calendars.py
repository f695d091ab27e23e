"""Calendar files of at most a megabyte that cost more than they look like."""

from collections.abc import Iterator

MEGABYTE = 1024 * 1024


def events(*events: str) -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
        + "".join(
            f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:s\r\n{event}END:VEVENT\r\n" for n, event in enumerate(events)
        )
        + "END:VCALENDAR\r\n"
    )


def series(rule: str, count: int = 1, start: str = "DTSTART:20270101T090000\r\n") -> str:
    return events(*[f"{start}RRULE:{rule}\r\n"] * count)


def filled(piece: str, size: int = MEGABYTE - 2000) -> str:
    return piece * (size // len(piece.encode()))


def zone_of_dates() -> str:
    """Most of the file defines a zone that there is nowhere, and the events are in it."""
    dates = ",".join(f"{2026 + n // 300}{1 + n % 12:02}{1 + n // 12 % 28:02}" for n in range(390))
    one = "BEGIN:STANDARD\r\nDTSTART:20200101T000000\r\nTZOFFSETFROM:+0317\r\nTZOFFSETTO:+0319\r\n"
    zone = f"{one}RDATE:{dates}\r\nEND:STANDARD\r\n" * 270
    file = events(*["DTSTART;TZID=X:20270110T100000\r\n"] * 300)
    zone = f"BEGIN:VTIMEZONE\r\nTZID:X\r\n{zone}END:VTIMEZONE\r\n"
    return file.replace("BEGIN:VEVENT", f"{zone}BEGIN:VEVENT", 1)


def calendars() -> Iterator[tuple[str, str]]:
    yield "a zone of a megabyte", zone_of_dates()
    yield "secondly", series("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", 1000)
    yield "never: 30 February", series("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 4)
    yield "never: 30 February, 999 years", series("FREQ=YEARLY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=30", 4)
    yield "rare: leap days", series("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", 1000)
    yield "rare: 53rd Monday", series("FREQ=YEARLY;BYDAY=53MO", 1000)
    yield "set position", series("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366", 1000)
    yield "never: set position", series("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300", 4)
    yield "daily, thin", series("FREQ=DAILY;INTERVAL=998;BYMONTH=2;BYDAY=MO", 1000)
    yield "daily, thin, count", series("FREQ=DAILY;INTERVAL=998;BYMONTH=2;BYDAY=MO;COUNT=1000", 1000)
    yield "14 KB of Mondays in February", series("FREQ=DAILY;COUNT=1000;BYMONTH=2;BYDAY=MO", 130)
    yield "a thousand of them", series("FREQ=DAILY;COUNT=1000;BYMONTH=2;BYDAY=MO", 1000)
    yield "31sts", series("FREQ=MONTHLY;COUNT=1000;BYMONTHDAY=31", 1000)
    yield "fifth Mondays", series("FREQ=MONTHLY;COUNT=1000;BYDAY=5MO", 1000)
    yield "daily, one month", series("FREQ=DAILY;BYMONTH=2;COUNT=1000", 10)
    yield "daily, until 2199", series("FREQ=DAILY;UNTIL=21991231", 1000)
    yield "daily, endless", series("FREQ=DAILY", 1000)
    yield "daily from 1970", series("FREQ=DAILY", 27, "DTSTART:19700103T090000\r\n")
    yield "weekly, thin", series("FREQ=WEEKLY;INTERVAL=999;BYMONTH=2;BYDAY=MO", 1000)
    yield "weekly, thin, until", series("FREQ=WEEKLY;INTERVAL=999;BYMONTH=2;BYDAY=MO;UNTIL=21990101", 1000)
    yield "monthly, thin", series("FREQ=MONTHLY;INTERVAL=12;BYMONTH=1,2;BYMONTHDAY=31", 1000)
    yield (
        "monthly, many days",
        series("FREQ=MONTHLY;COUNT=1000;BYMONTHDAY=" + ",".join(map(str, range(1, 32))), 10),
    )
    yield (
        "yearly, all",
        series(
            "FREQ=YEARLY;COUNT=1000;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=" + ",".join(map(str, range(1, 90))),
            10,
        ),
    )
    yield (
        "yearly, positions",
        series("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=" + ",".join(map(str, range(1, 90))), 1000),
    )
    yield "yearly, 999 years", series("FREQ=YEARLY;INTERVAL=999;BYDAY=1MO", 1000)
    yield (
        "many exception dates",
        events(
            "DTSTART:20270101T090000\r\nRRULE:FREQ=DAILY\r\n"
            + "EXDATE:"
            + ",".join(["20270102T090000"] * 60_000)
            + "\r\n"
        ),
    )
    yield (
        "exception dates of a zone",
        events(
            "DTSTART;TZID=Europe/Berlin:20270101T090000\r\nRRULE:FREQ=DAILY\r\n"
            + filled("EXDATE;TZID=Europe/Berlin:20270102T090000\r\n")
        ),
    )
    yield (
        "exception dates without a rule",
        events("DTSTART:20270101T090000\r\n" + "EXDATE:" + ",".join(["20270102T090000"] * 60_000) + "\r\n"),
    )
    yield (
        "added dates",
        events("DTSTART:20270101T090000\r\nRDATE:" + ",".join(["20270102T090000"] * 60_000) + "\r\n"),
    )
    yield "many rules", events("DTSTART:20270101T090000\r\n" + filled("RRULE:FREQ=DAILY;COUNT=2\r\n"))
    yield (
        "long rule",
        events("DTSTART:20270101T090000\r\nRRULE:FREQ=DAILY;BYMONTHDAY=" + filled("1,") + "1\r\n"),
    )
    yield "many titles", events("DTSTART:20270101T090000\r\n" + filled("SUMMARY:a\r\n"))
    yield "nested calendars", filled("BEGIN:VCALENDAR\r\n")
    yield "nested calendars, closed", "BEGIN:VCALENDAR\r\n" * 20_000 + "END:VCALENDAR\r\n" * 20_000
    yield "nested events", "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 999 + "END:VEVENT\r\n" * 999
    yield "nested unknown", "BEGIN:VCALENDAR\r\n" + filled("BEGIN:X\r\nEND:X\r\n") + "END:VCALENDAR\r\n"
    yield "deep unknown", "BEGIN:VCALENDAR\r\n" + filled("BEGIN:X\r\n", MEGABYTE // 2)
    yield (
        "zones",
        "BEGIN:VCALENDAR\r\n"
        + filled(
            "BEGIN:VTIMEZONE\r\nTZID:a\r\nBEGIN:STANDARD\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        )
        + "END:VCALENDAR\r\n",
    )
    yield "parameters", events("DTSTART" + filled(";X=1") + ":20270101T090000\r\n")
    yield "parameters of a zone", events("DTSTART" + filled(';X="1"') + "TZID=a:20270101T090000\r\n")
    yield "slashes in a zone", events(*["DTSTART;TZID=" + "/" * 1000 + ":20270101T090000\r\n"] * 900)
    yield "unknown zones", events(*[f"DTSTART;TZID=x{n}:20270101T090000\r\n" for n in range(1000)])
    yield "folded", filled("BEGIN:VCALENDAR\r\n \r\n \r\n ")
    yield "folds only", "BEGIN:VCALENDAR" + filled("\r\n ")
    yield "blank lines", "BEGIN:VCALENDAR" + filled("\r\n")
    yield "long title", events(f"SUMMARY:{filled('a')}\r\n")
    yield "combining title", events(f"SUMMARY:{filled(chr(0x301))}\r\n")
    yield "escaped title", events("DTSTART:20270101T090000\r\nSUMMARY:" + filled("\\n") + "\r\n")
    yield "long uids", events(*[f"UID:{'x' * 900}\r\nDTSTART:20270101T090000\r\n"] * 999)
    yield (
        "replacements",
        events("DTSTART:20270101T090000\r\nRRULE:FREQ=DAILY\r\n")
        + "".join(
            ["BEGIN:VCALENDAR\r\n"]
            + [
                "BEGIN:VEVENT\r\nUID:0\r\n"
                f"RECURRENCE-ID:2027{1 + n // 28 % 12:02}{1 + n % 28:02}T0900{n // 336:02}\r\n"
                "DTSTART:20270101T090000\r\nEND:VEVENT\r\n"
                for n in range(990)
            ]
            + ["END:VCALENDAR\r\n"]
        ),
    )
    yield "durations", events("DTSTART:20270101T090000\r\nDURATION:P" + "9" * 100_000 + "D\r\n")
    yield "large numbers", series("FREQ=DAILY;COUNT=" + "9" * 400)
    yield from zones()
    yield from changes()


def zones() -> Iterator[tuple[str, str]]:
    """Definitions of zones, each to be compared with all zones of a year."""
    for name, rule in (
        ("many", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"),
        ("daily", "FREQ=DAILY"),
        ("as nowhere", "FREQ=YEARLY;BYDAY=2WE;BYMONTH=9"),
    ):
        defined = "".join(
            f"BEGIN:VTIMEZONE\r\nTZID:z{n}\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
            f"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:{rule}\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n"
            "DTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
            "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
            for n in range(1000)
        )
        used = events(*[f"DTSTART;TZID=z{n}:{1971 + n % 228}0701T090000\r\n" for n in range(1000)])
        yield f"zones of the file, {name}", f"BEGIN:VCALENDAR\r\n{defined}{used}"


def changes() -> Iterator[tuple[str, str]]:
    """Changes of a series, dates that are added and excluded, and rules that exclude."""

    def days(most: int) -> list[str]:
        return [f"20{28 + n // 336}{1 + n // 28 % 12:02}{1 + n % 28:02}" for n in range(most)]

    def changed(rule: str, start: str, more: str = "") -> str:
        pieces = [
            f"BEGIN:VEVENT\r\nUID:0\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:{day}T090000\r\n"
            f"DTSTART:{start.format(day=day, hour=n % 24)}\r\n{more}END:VEVENT\r\n"
            for n, day in enumerate(days(990))
        ]
        return f"{series(rule)}BEGIN:VCALENDAR\r\n{''.join(pieces)}END:VCALENDAR\r\n"

    yield "changed from each day on", changed("FREQ=DAILY", "{day}T{hour:02}0000")
    yield "changed from each of 1,000 on", changed("FREQ=DAILY;COUNT=1000", "{day}T{hour:02}0000")
    yield "with rules", changed("FREQ=DAILY;COUNT=1000", "{day}T070000", "RRULE:FREQ=DAILY;COUNT=900\r\n")
    yield "that no rule has", changed("FREQ=MONTHLY;BYDAY=1MO,2TU", "20280105T{hour:02}0000")
    start = "DTSTART:20270101T090000\r\n"
    added = ",".join(f"{day}T090000" for day in days(330))
    yield "added to many", events(*[f"{start}RDATE:{added}\r\n"] * 150)
    yield (
        "added to rules",
        events(*[f"{start}RRULE:FREQ=DAILY;BYMONTH=2;COUNT=900\r\nRDATE:{added}\r\n"] * 150),
    )
    excluded = f"EXDATE;VALUE=DATE:{','.join(days(990))}\r\n"
    yield "excluded by day", events(*[f"{start}RRULE:FREQ=MONTHLY;BYDAY=1MO\r\n{excluded}"] * 100)
    yield "excluded by rule", events(*[f"{start}RRULE:FREQ=DAILY\r\nEXRULE:FREQ=DAILY;INTERVAL=2\r\n"] * 25)
    rules = "".join(f"RRULE:FREQ=DAILY;INTERVAL={n}\r\n" for n in range(1, 10))
    yield "nine rules", events(*[f"{start}{rules}"] * 3)
    yield "10,000 times", series("FREQ=DAILY;COUNT=9999;BYMONTH=2;BYDAY=MO", 100)
    yield "flags", events(*["DESCRIPTION:" + "\U0001f1e9" * 20_000 + "\r\nDTSTART:20270101T090000\r\n"] * 12)
    yield "quotes", events("DTSTART" + ';X="' * 50_000 + ":20270101T090000\r\n")
    yield (
        "quoted-printable",
        f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY;ENCODING=QUOTED-PRINTABLE:{filled('=' + chr(10))}",
    )
