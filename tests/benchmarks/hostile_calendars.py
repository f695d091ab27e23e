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


def calendars() -> Iterator[tuple[str, str]]:
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
