"""Computes templates.json: what Jinja2 with Home Assistant's filters makes of templates.

    python3 -m venv /tmp/jinja && /tmp/jinja/bin/pip install jinja2 tzdata && /tmp/jinja/bin/python templates.py

The filters that Jinja does not have are written from their documentation. The moment is fixed, and so is the zone.
"""
import base64, collections.abc, datetime as dt, json, math, pathlib, re, statistics, zoneinfo
import jinja2, jinja2.sandbox
from jinja2 import pass_environment

ZONE = zoneinfo.ZoneInfo("Europe/Warsaw")
NOW = dt.datetime(2026, 3, 14, 7, 0, 0, tzinfo=dt.timezone.utc)
MISSING = object()


def or_fail(default):
    if default is MISSING:
        raise ValueError("no default")
    return default


def as_float(value, default=MISSING):
    try:
        return float(value)
    except (ValueError, TypeError):
        return or_fail(default)


def as_int(value, default=MISSING, base=10):
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (ValueError, TypeError):
        try:
            return int(float(value))
        except (ValueError, TypeError, OverflowError):
            return or_fail(default)


def as_bool(value, default=MISSING):
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value.lower().strip()
        if text in ("1", "true", "yes", "on", "enable"):
            return True
        if text in ("0", "false", "no", "off", "disable"):
            return False
    elif isinstance(value, (int, float)):
        return value != 0
    return or_fail(default)


def rounded(value, precision=0, method="common", default=MISSING):
    try:
        multiplier = float(10**precision)
        if method == "ceil":
            value = math.ceil(float(value) * multiplier) / multiplier
        elif method == "floor":
            value = math.floor(float(value) * multiplier) / multiplier
        elif method == "half":
            value = round(float(value) * 2) / 2.0
        else:
            value = round(float(value), precision)
        return int(value) if precision == 0 else value
    except (ValueError, TypeError):
        return or_fail(default)


def is_number(value):
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError, jinja2.UndefinedError):
        return False


def is_defined(value):
    if isinstance(value, jinja2.Undefined):
        raise jinja2.UndefinedError("undefined")
    return value


def parse_time(text):
    return dt.datetime.fromisoformat(text)


def local(value):
    return (value.replace(tzinfo=ZONE) if value.tzinfo is None else value).astimezone(ZONE)


def as_timestamp(value, default=MISSING):
    try:
        if not isinstance(value, dt.datetime):
            value = parse_time(str(value))
        return (value.replace(tzinfo=ZONE) if value.tzinfo is None else value).timestamp()
    except (ValueError, TypeError):
        return or_fail(default)


def as_datetime(value, default=MISSING):
    if isinstance(value, dt.datetime):
        return value
    try:
        return dt.datetime.fromtimestamp(float(value), dt.timezone.utc)
    except (ValueError, TypeError):
        try:
            return parse_time(value)
        except (ValueError, TypeError):
            return None if default is MISSING else default


def utc(value):
    return dt.datetime.fromtimestamp(value, dt.timezone.utc)


def custom(value, format="%Y-%m-%d %H:%M:%S", is_local=True, default=MISSING):
    try:
        moment = utc(value)
        return (moment.astimezone(ZONE) if is_local else moment).strftime(format)
    except (ValueError, TypeError):
        return or_fail(default)


def stamp(is_local):
    def result(value, default=MISSING):
        try:
            return (utc(value).astimezone(ZONE) if is_local else utc(value)).isoformat()
        except (ValueError, TypeError):
            return or_fail(default)
    return result


def strptime(text, format, default=MISSING):
    try:
        return dt.datetime.strptime(text, format)
    except (ValueError, AttributeError, TypeError):
        return or_fail(default)


def today_at(text=""):
    hour, minute, *second = [int(x) for x in (text or "00:00").split(":")]
    return NOW.astimezone(ZONE).replace(hour=hour, minute=minute, second=(second or [0])[0], microsecond=0)


def ordinal(value):
    text = str(value)
    return text + ("th" if int(text[-2:]) % 100 in (11, 12, 13) else (["th", "st", "nd", "rd"] + ["th"] * 6)[int(text[-1])])


def flags(ignorecase):
    return re.I if ignorecase else 0


def iif(value, if_true=True, if_false=False, if_none=MISSING):
    if value is None and if_none is not MISSING:
        return if_none
    return if_true if bool(value) else if_false


def numbers(operation):
    def result(value, amount, default=MISSING):
        try:
            return operation(float(value), amount)
        except (ValueError, TypeError):
            return or_fail(default)
    return result


def real(operation):
    def result(value, default=MISSING):
        try:
            return operation(float(value))
        except (ValueError, TypeError):
            return or_fail(default)
    return result


def log(value, base=math.e, default=MISSING):
    try:
        base = float(base)
        return math.log(float(value)) if base == math.e else math.log10(float(value)) if base == 10 else math.log(float(value), base)
    except (ValueError, TypeError):
        return or_fail(default)


def overall(operation):
    def result(*args, default=MISSING):
        values = args[0] if isinstance(args[0], collections.abc.Iterable) else list(args)
        try:
            return operation(values)
        except (ValueError, TypeError, statistics.StatisticsError):
            return or_fail(default)
    return result


def extreme(filter):
    @pass_environment
    def result(environment, *args):
        return filter(environment, args[0] if len(args) == 1 else args)
    return result


def to_json(value, ensure_ascii=False, pretty_print=False, sort_keys=False):
    if pretty_print:
        return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=sort_keys)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=sort_keys)


def flatten(value, levels=None):
    result = []
    for item in value:
        if isinstance(item, (list, tuple)) and levels != 0:
            result.extend(flatten(item, None if levels is None else levels - 1))
        else:
            result.append(item)
    return result


def combine(*args):
    result = {}
    for arg in args:
        result |= arg
    return result


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"])
    shared = {
        "float": as_float, "int": as_int, "bool": as_bool, "is_number": is_number, "iif": iif, "ordinal": ordinal,
        "as_timestamp": as_timestamp, "as_datetime": as_datetime, "as_local": local, "strptime": strptime,
        "today_at": today_at, "log": log, "sqrt": real(math.sqrt), "sin": real(math.sin), "cos": real(math.cos),
        "average": overall(statistics.fmean), "median": overall(statistics.median), "zip": lambda *a: list(zip(*a)),
        "flatten": flatten, "combine": combine, "typeof": lambda v: type(v).__name__, "tuple": tuple,
    }
    env.filters.update(shared)
    env.globals.update(shared)
    env.filters.update({
        "round": rounded, "is_defined": is_defined, "multiply": numbers(lambda a, b: a * b),
        "add": numbers(lambda a, b: a + b), "timestamp_custom": custom, "timestamp_local": stamp(True),
        "timestamp_utc": stamp(False), "to_json": to_json, "from_json": json.loads, "bitwise_and": lambda a, b: a & b,
        "bitwise_or": lambda a, b: a | b, "bitwise_xor": lambda a, b: a ^ b, "ord": ord,
        "base64_encode": lambda v: base64.b64encode(v.encode()).decode(),
        "base64_decode": lambda v: base64.b64decode(v).decode(), "contains": lambda a, b: b in a,
        "regex_match": lambda v, find="", ignorecase=False: bool(re.match(find, str(v), flags(ignorecase))),
        "regex_search": lambda v, find="", ignorecase=False: bool(re.search(find, str(v), flags(ignorecase))),
        "regex_replace": lambda value="", find="", replace="", ignorecase=False: re.compile(find, flags(ignorecase)).sub(replace, str(value)),
        "regex_findall": lambda v, find="", ignorecase=False: re.compile(find, flags(ignorecase)).findall(v),
        "regex_findall_index": lambda v, find="", index=0, ignorecase=False: re.compile(find, flags(ignorecase)).findall(v)[index],
    })
    env.globals.update({
        "now": lambda: NOW.astimezone(ZONE), "utcnow": lambda: NOW, "timedelta": dt.timedelta, "pi": math.pi,
        "e": math.e, "max": extreme(env.filters["max"]), "min": extreme(env.filters["min"]),
        "bitwise_and": lambda a, b: a & b, "bitwise_or": lambda a, b: a | b,
    })
    env.tests.update({
        "is_number": is_number, "list": lambda v: isinstance(v, list), "tuple": lambda v: isinstance(v, tuple),
        "datetime": lambda v: isinstance(v, dt.datetime), "contains": lambda a, b: b in a,
        "match": lambda v, find="", ignorecase=False: bool(re.match(find, str(v), flags(ignorecase))),
        "search": lambda v, find="", ignorecase=False: bool(re.search(find, str(v), flags(ignorecase))),
    })
    return env


def render(env, template, payload):
    names = {"value": payload}
    try:
        names["value_json"] = json.loads(payload)
    except ValueError:
        pass
    try:
        return env.from_string(template.strip()).render(names).strip()
    except jinja2.TemplateSyntaxError:
        raise
    except Exception:
        return None


def main():
    folder = pathlib.Path(__file__).parent
    payloads, templates = {}, []
    for line in (folder / "templates.txt").read_text().splitlines():
        if line.startswith("payload "):
            name, _, text = line[8:].partition(" ")
            payloads[name] = text
        elif line and not line.startswith("#"):
            name, _, template = line.partition(" ")
            templates.append((template.replace("⏎", "\n"), payloads[name]))
    env = environment()
    rows = [{"template": t, "payload": p, "expect": render(env, t, p)} for t, p in templates]
    text = "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"
    (folder / "templates.json").write_text(text)
    print(len(rows), "rows,", sum(row["expect"] is None for row in rows), "of them errors")


main()
