"""report.py FILE.json: the figures as tables (Markdown)."""
import json
import sys

LIMITS = [
    ("drain_qos0", "drain, QoS 0 (C, discarding)"), ("drain_qos1", "drain, QoS 1 (C, discarding)"),
    ("drain_qos1_batched_acks", "drain, QoS 1, raw sockets, acknowledgements batched"),
    ("sqlite_rowid_normal", "SQLite append from C, 1000 rows a transaction, WAL, plain table, NORMAL"),
    ("sqlite_pk_normal", "the same, clustered PK(key,ts), 1500 keys round-robin, NORMAL"),
    ("sqlite_rowid_full", "the same, plain table, FULL"),
    ("loopback_rtt", "loopback TCP round trip"), ("fdatasync_4k", "fdatasync of 4 KiB"),
]


def ms(x):
    return "-" if x is None else f"{x:.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def num(x, digits=0):
    return "-" if x is None else f"{x:.{digits}f}"


def table(title, head, rows):
    """Padded, so that it reads in a terminal too."""
    rows = [[str(c) for c in r] for r in rows]
    if not rows:
        return []
    width = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    line = lambda r: "| " + " | ".join(c.ljust(w) for c, w in zip(r, width)) + " |"  # noqa: E731
    return [f"## {title}", "", line(head), "|" + "|".join("-" * (w + 2) for w in width) + "|", *map(line, rows), ""]


def failed(name, x, columns):
    return name + ["failed: " + x["error"][:100].replace("|", " ")] + [""] * (columns - len(name) - 1)


def limit(x):
    if "msg_per_s" in x:
        return f"{x['msg_per_s']:.0f} msg/s, runs {x['all']}"
    if "rows_per_s" in x:
        return f"{x['rows_per_s']:.0f} rows/s, {x['bytes_per_row']} B/row"
    unit = "us" if "p50_us" in x else "ms"
    return f"p50 {x['p50_' + unit]} {unit}, p99 {x['p99_' + unit]} {unit}"


def limits(d):
    rows = [[t, limit(d["limits"][k])] for k, t in LIMITS if k in d.get("limits", {})]
    return table("Limits of the machine", ["what", "value"], rows)


def w1(d):
    head = ["system", "run", "msg/s", "values/s", "lost", "CPU s/1000 msg", "peak RSS MiB", "written B/row", "DB B/row", "runs msg/s"]
    rows = []
    for s, rs in d.get("w1", {}).items():
        for r, x in rs.items():
            rows.append(failed([s, r], x, len(head)) if "error" in x else [
                s, r, num(x["msg_per_s"]), num(x["values_per_s"]), x["lost"], num(x["cpu_s_per_1000"], 3), num(x["peak_rss_mib"]),
                num(x["write_bytes_per_stored"]), num(x.get("db_bytes_per_stored")), x.get("runs", "")])
    return table("W1 ingest: all messages at once, until all are durable", head, rows)


def w2(d):
    head = ["system", "run", "answered", "p50", "p99", "max", "CPU s", "runs p50"]
    rows = []
    for s, rs in d.get("w2", {}).items():
        for r, x in rs.items():
            rows.append(failed([s, r], x, len(head)) if "error" in x else [
                s, r, f"{x['answered']:.0f}/{x['events']:.0f}", ms(x["p50_ms"]), ms(x["p99_ms"]), ms(x["max_ms"]),
                num(x["cpu_s"], 2), x.get("runs", "")])
    return table("W2 publish -> reaction, ms", head, rows)


def w3(d):
    head = ["system", "values loaded", "last", "hourly avg/min/max", "% true", "from own aggregates", "B/value", "load s"]
    rows = []

    def q(x, n):
        y = x.get(n + "_ms")
        return f"{ms(y['median'])} ({ms(y['first'])})" if y else "-"
    for s, x in d.get("w3", {}).items():
        if "error" in x:
            rows.append(failed([s], x, len(head)))
            continue
        own = f"hourly {q(x, 'hourly_stats')}, % true {q(x, 'pct_true_stats')}" if "hourly_stats_ms" in x else "-"
        rows.append([s, x["values"], q(x, "last"), q(x, "hourly"), q(x, "pct_true"), own, x["bytes_per_value"], x["load_s"]])
    return table("W3 queries over 30 days, ms: median (first)", head, rows)


def store(d):
    """Figures of Benchmarks/store, those of W3 too: one row for each line that it printed."""
    lines = {}
    for x in [d.get("w3", {}).get("komoku", {}).get("store", {}), *d.get("store", {}).values()]:
        lines.update({"failed": {"error": x["error"][:100]}} if "error" in x else x)
    rows = [[name, ", ".join(f"{k} {figure(v)}" for k, v in x.items())] for name, x in lines.items()]
    return table("The store in process", ["what", "figures"], rows)


def rules(d):
    rows = []
    for name, lines in d.get("rules", {}).items():
        for x in [{"name": "failed", "error": lines["error"][:100]}] if "error" in lines else lines:
            rows.append([x.get("name", name), ", ".join(f"{k} {figure(v)}" for k, v in x.items() if k != "name")])
    return table("Rules in process", ["what", "figures"], rows)


def figure(x):
    return f"{x:,.0f}" if isinstance(x, (int, float)) and abs(x) >= 1000 else f"{x:.4g}" if isinstance(x, (int, float)) else str(x)


def w4(d):
    head = ["system", "keys", "making them msg/s", "again msg/s", "lost", "RSS MiB empty", "after", "DB B/key", "stop s", "restart s",
            "RSS MiB then"]
    rows = []
    for s, x in d.get("w4", {}).items():
        rows.append(failed([s], x, len(head)) if "error" in x else [
            s, x["keys"], num(x["first"]["msg_per_s"]), num(x["second"]["msg_per_s"]), [x["first"]["lost"], x["second"]["lost"]],
            num(x["empty_rss_mib"]), num(x["second"]["rss_mib"]), num(x["db_bytes_per_key"]), num(x["stop_s"], 2),
            num(x.get("restart_s"), 2), num(x.get("restart_rss_mib"))])
    return table("W4: a topic and a key for each message, QoS 1", head, rows)


def devices(d):
    x = d.get("devices")
    if not x:
        return []
    what = [("list", f"{x['bytes'] // 1000} kB, {x['devices']} devices"), ("applied", f"{x['first_ms']} ms"),
            ("again, unchanged", f"{x['unchanged_ms']} ms"), ("a message to its value", f"{x['one_message_ms']} ms"),
            ("memory", f"{x['kib_per_property']} KiB a property ({x['properties']})")] if "error" not in x else [failed([], x, 2)]
    return table("Discovery: zigbee2mqtt's bridge/devices, as a client of the hub sees it", ["what", "measured"], what)


def flat(x, before=""):
    """The figures of a tree, each with its path."""
    for key, value in x.items():
        if isinstance(value, dict):
            yield from flat(value, before + key + ", ")
        else:
            yield before + key, value


def reach(d):
    lines = []
    for part, title in (("http", "HTTP API beside nginx"), ("websocket", "WebSocket's reach"), ("agent", "Host agent beside others")):
        if part in d:
            lines += table(title, ["what", "measured"], [[name, figure(value)] for name, value in flat(d[part])])
    return lines


def text(d):
    lines = [f"# Measured {d['machine']['date']}, {d['machine']['cores']} cores", ""]
    for part in (limits, w1, w2, w3, w4, store, rules, devices, reach):
        lines += part(d)
    lines += ["- " + n for n in d.get("notes", [])] + [f"- {s}: {w}" for s, w in d.get("systems", {}).items()]
    return "\n".join(lines)


if __name__ == "__main__":
    with open(sys.argv[1]) as f:
        print(text(json.load(f)))
