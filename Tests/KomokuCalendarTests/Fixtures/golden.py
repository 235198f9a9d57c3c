#!/usr/bin/env python3
"""Writes the fixtures beside it: what other programs make of recurrence rules and of calendars.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install python-dateutil icalendar recurring-ical-events tzdata
    /tmp/golden/bin/python Tests/KomokuCalendarTests/Fixtures/golden.py
"""
import datetime as dt
import pathlib
import random
import zoneinfo

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

FOLDER = pathlib.Path(__file__).resolve().parent
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
HOUSE = zoneinfo.ZoneInfo("Europe/Berlin")
UTC = dt.timezone.utc


def some(rng, values, most):
    return ",".join(str(v) for v in rng.sample(list(values), rng.randint(1, min(most, len(list(values))))))


def rule(rng):
    freq = rng.choice(["YEARLY"] * 4 + ["MONTHLY"] * 4 + ["WEEKLY"] * 3 + ["DAILY"] * 2 + ["HOURLY", "MINUTELY", "SECONDLY"])
    parts = [f"FREQ={freq}"]
    if rng.random() < 0.5:
        parts.append(f"INTERVAL={rng.choice([1, 2, 3, 4, 5, 7, 13])}")
    signed = lambda n: [x for x in range(-n, n + 1) if x]
    if rng.random() < 0.3:
        parts.append("BYMONTH=" + some(rng, range(1, 13), 4))
    has_week = freq == "YEARLY" and rng.random() < 0.2
    if has_week:
        # Where no weekday is named the two may differ.
        parts.append("BYWEEKNO=" + some(rng, signed(53), 4))
    if freq in ("YEARLY", "DAILY", "HOURLY") and rng.random() < 0.15:
        parts.append("BYYEARDAY=" + some(rng, signed(366), 6))
    if freq != "WEEKLY" and rng.random() < 0.3:
        parts.append("BYMONTHDAY=" + some(rng, signed(31), 5))
    if rng.random() < 0.5 or has_week:
        if freq in ("YEARLY", "MONTHLY") and not has_week and rng.random() < 0.6:
            # Some with a number, or all without: of both together dateutil takes what is in both.
            most = 5 if freq == "MONTHLY" or any(p.startswith("BYMONTH=") for p in parts) else 53
            parts.append("BYDAY=" + ",".join(f"{rng.choice(signed(most))}{d}" for d in rng.sample(DAYS, rng.randint(1, 3))))
        else:
            parts.append("BYDAY=" + some(rng, DAYS, 4))
    if rng.random() < 0.25:
        parts.append("BYHOUR=" + some(rng, range(24), 3))
    if rng.random() < 0.2:
        parts.append("BYMINUTE=" + some(rng, range(60), 3))
    if rng.random() < 0.1 or freq == "SECONDLY" and rng.random() < 0.5:
        parts.append("BYSECOND=" + some(rng, range(60), 2))
    # The first week of dateutil begins with the start, so that places in it are others.
    if freq in ("YEARLY", "MONTHLY", "DAILY") and len(parts) > 2 and rng.random() < 0.3:
        parts.append("BYSETPOS=" + some(rng, signed(8), 3))
    if rng.random() < 0.3:
        parts.append("WKST=" + rng.choice(DAYS))
    return ";".join(parts)


def rrules():
    rng = random.Random(20261130)
    lines = []
    while len(lines) < 900:
        start = dt.datetime(rng.randint(1995, 2030), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23),
                            rng.randint(0, 59), rng.choice([0, 0, 30]))
        text = rule(rng)
        if rng.random() < 0.3:
            text += f";COUNT={rng.randint(1, 30)}"
        elif rng.random() < 0.3:
            text += ";UNTIL=" + (start + dt.timedelta(days=rng.randint(0, 2000))).strftime("%Y%m%dT%H%M%S")
        found = []
        try:
            for time in rrulestr(text, dtstart=start):
                if time.year > start.year + 40 or len(found) >= 40:
                    break
                found.append(time)
        except ValueError:
            continue
        if not found and rng.random() < 0.9:
            continue
        lines.append(f"{start:%Y%m%dT%H%M%S}|{text}|" + " ".join(f"{t:%Y%m%dT%H%M%S}" for t in found))
    (FOLDER / "rrules.txt").write_text("\n".join(lines) + "\n")


def utc(value):
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=HOUSE)
    return value.astimezone(UTC)


EVENT_RULES = [
    "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=MONTHLY;INTERVAL=5",
    "FREQ=YEARLY", "FREQ=DAILY;COUNT=20", "FREQ=WEEKLY;COUNT=9",
]


def event(rng, number):
    day = dt.date(2025, 10, 1) + dt.timedelta(days=rng.randint(0, 300))
    lines = ["BEGIN:VEVENT", f"UID:{number}", f"SUMMARY:event {number}"]
    kind = rng.choice(["date", "zone", "zone", "utc", "floating"])
    zone = rng.choice(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
    clock = dt.time(rng.choice([0, 1, 2, 2, 3, 8, 15, 22, 23]), rng.choice([0, 15, 30]))
    length = dt.timedelta(minutes=rng.choice([0, 30, 60, 90, 480, 1440, 3000]))

    def written(name, moment):
        if kind == "date":
            return f"{name};VALUE=DATE:{moment:%Y%m%d}"
        if kind == "utc":
            return f"{name}:{moment:%Y%m%dT%H%M%S}Z"
        if kind == "zone":
            return f"{name};TZID={zone}:{moment:%Y%m%dT%H%M%S}"
        return f"{name}:{moment:%Y%m%dT%H%M%S}"

    start = dt.datetime.combine(day, clock if kind != "date" else dt.time())
    if kind == "date":
        length = dt.timedelta(days=rng.choice([1, 1, 2, 7]))
    lines += [written("DTSTART", start), written("DTEND", start + length)]
    extra = []
    if rng.random() < 0.8:
        text = rng.choice(EVENT_RULES)
        if "COUNT" not in text and rng.random() < 0.3:
            last = start + dt.timedelta(days=rng.randint(10, 300))
            text += f";UNTIL={last:%Y%m%d}" if kind == "date" else f";UNTIL={last:%Y%m%dT%H%M%S}" + ("Z" if kind in ("utc", "zone") else "")
        lines.append("RRULE:" + text)
        times = list(rrulestr(text.split(";UNTIL")[0], dtstart=start)[:30]) if "COUNT" in text else list(rrulestr(text.split(";UNTIL")[0] + ";COUNT=30", dtstart=start))
        picked = rng.sample(times[1:], min(len(times) - 1, rng.randint(0, 4)))
        for place, time in enumerate(picked):
            if place % 2:
                lines.append(written("EXDATE", time))
                continue
            moved = time + dt.timedelta(days=1 if kind == "date" else 0, minutes=0 if kind == "date" else rng.choice([0, 45, 3000]))
            more = ["BEGIN:VEVENT", f"UID:{number}", f"SUMMARY:event {number} moved", written("RECURRENCE-ID", time),
                    written("DTSTART", moved), written("DTEND", moved + length)]
            if rng.random() < 0.2:
                more.append("STATUS:CANCELLED")
            extra += more + ["END:VEVENT"]
        if rng.random() < 0.3:
            lines.append(written("RDATE", start + dt.timedelta(days=rng.randint(1, 400), minutes=0 if kind == "date" else 17)))
    return lines + ["END:VEVENT"] + extra


def calendars():
    rng = random.Random(1130)
    blocks = []
    for index in range(40):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//komoku//golden//EN"]
        for number in range(rng.randint(1, 6)):
            lines += event(rng, number)
        text = "\r\n".join(lines + ["END:VCALENDAR", ""])
        query = recurring_ical_events.of(icalendar.Calendar.from_ical(text))
        found = []
        for item in query.between(dt.datetime(2025, 9, 1, tzinfo=UTC), dt.datetime(2027, 1, 1, tzinfo=UTC)):
            if str(item.get("STATUS", "")) == "CANCELLED":
                continue
            found.append((utc(item["DTSTART"].dt), utc(item["DTEND"].dt), str(item["SUMMARY"])))
        blocks.append(text.replace("\r\n", "\n") + "".join(
            f"{a:%Y%m%dT%H%M%SZ} {b:%Y%m%dT%H%M%SZ} {s}\n" for a, b, s in sorted(found)))
    (FOLDER / "calendars.txt").write_text("\n".join(blocks))


rrules()
calendars()
