internal import Komoku

/// The report on the store as text.
struct StoreShown {
    private let report: JSON

    init(_ report: JSON) { self.report = report }

    /// All counters and sizes, a row for each, then the tiers.
    func lines() -> [String] {
        let rows = Self.figures(of: report).map { [Self.label($0.name), Self.text($0.value, named: $0.name)] }
        return damage() + Table.lines(rows) + (tiers().map { [""] + $0 } ?? []) + outages()
    }

    /// What was found wrong with the database, and what is lost.
    private func damage() -> [String] {
        guard let damage = report["damage"] else { return [] }
        let time = damage["time"]?.number.flatMap(Timestamp.init(seconds:)).map { LocalTime.text($0) } ?? "?"
        var lines = ["damaged: the database was repaired at \(time) \(LocalTime.zoneName)"]
        lines += (damage["findings"]?.array ?? []).compactMap(\.string).map { "  \($0.printable)" }
        for member in damage["held"]?.object ?? [] {
            guard let lost = member.value["lost"]?.number, lost > 0, let then = member.value["then"]?.number
            else { continue }
            let name = Self.counted[member.name] ?? member.name
            lines.append("  \(Numbers.grouped(lost)) of \(Numbers.grouped(then)) \(name) are lost")
        }
        let recovered = (damage["recovered_keys"]?.array ?? []).compactMap(\.string)
        if !recovered.isEmpty {
            lines.append("  keys under other names now: \(recovered.map(\.printable).joined(separator: ", "))")
        }
        if let file = damage["file"]?.string {
            lines.append("  the file as it was is \(file.printable): remove it when it is no longer wanted")
        }
        return lines + [""]
    }

    private static let counted = [
        "raw": "stored points", "journal": "points of the journal", "5m": "buckets of 5 minutes",
        "1h": "buckets of an hour",
    ]

    /// The newest times in which nobody watched.
    private func outages() -> [String] {
        let outages = (report["outages"]?.array ?? []).prefix(Self.shownOutages)
        guard !outages.isEmpty else { return [] }
        let rows = outages.map { outage -> [String] in
            let start = outage["start"]?.number.flatMap(Timestamp.init(seconds:))
            let end = outage["end"]?.number.flatMap(Timestamp.init(seconds:))
            let length = start.map { Numbers.length(((end ?? LocalTime.now) - $0).seconds) } ?? "?"
            return [
                outage["of"]?.string == "broker" ? "no broker" : "hub off", start.map { LocalTime.text($0) } ?? "?",
                end.map { LocalTime.text($0) } ?? "until now", length,
            ]
        }
        return ["", "not watched (times are those of \(LocalTime.zoneName))"] + Table.lines(rows)
    }

    private static let shownOutages = 10

    /// What is held, and what compaction did.
    func compaction() -> [String] {
        func count(_ name: String) -> String { report[name]?.number.map { Numbers.grouped($0) } ?? "?" }
        func bytes(_ name: String) -> String { report[name]?.number.map { Numbers.bytes($0) } ?? "?" }
        var rows = [["keys", count("keys")], ["file", "\(bytes("file_bytes")), \(bytes("free_bytes")) of it free"]]
        if let merged = report["last_merge"]?.number.flatMap(Timestamp.init(seconds:)) {
            rows.append([
                "last merged", "\(LocalTime.text(merged)) \(LocalTime.zoneName) (\(LocalTime.age(of: merged)))",
            ])
        } else {
            rows.append(["last merged", "never yet"])
        }
        rows.append(["dropped by age", "\(count("expired_points")) points"])
        rows.append(["dropped by size", "\(count("capped_points")) points"])
        // Of hours that were summed up.
        if report["left_out_points"]?.number ?? 0 > 0 {
            rows.append(["came too late", "\(count("left_out_points")) points"])
        }
        return (tiers().map { $0 + [""] } ?? []) + Table.lines(rows)
    }

    /// A table of what is where; nil where the hub tells nothing of it.
    private func tiers() -> [String]? {
        guard var tiers = report["tiers"]?.array else { return nil }
        if let fresh = report["fresh"] {
            tiers.append(["name": "fresh", "count": fresh["points"] ?? .null, "bytes": fresh["bytes"] ?? .null])
        }
        func cells(_ name: String, _ text: (Double) -> String) -> [String] {
            tiers.map { $0[name]?.number.map(text) ?? "" }
        }
        var table = TextTable()
        table.add("tier", tiers.map { $0["name"]?.string ?? "?" }, isRight: false)
        table.add("entries", cells("count") { Numbers.grouped($0) })
        table.add("blocks", cells("blocks") { Numbers.grouped($0) })
        table.add("size", cells("bytes", Numbers.bytes))
        table.add(
            "bytes each",
            tiers.map { tier in
                guard let count = tier["count"]?.number, count > 0, let bytes = tier["bytes"]?.number else { return "" }
                return Numbers.column([(bytes / count * 100).rounded() / 100])[0]
            })
        return table.lines(on: .plain)
    }

    /// What it was and what it is now.
    static func comparison(_ before: JSON, _ after: JSON) -> TextTable {
        let old = figures(of: before)
        let rows = figures(of: after).filter { $0.name != "last_merge" }
        var table = TextTable()
        table.add("", rows.map { label($0.name) }, isRight: false)
        table.add(
            "before",
            rows.map { row in
                old.first { $0.name.utf8.elementsEqual(row.name.utf8) }.map { text($0.value, named: $0.name) } ?? ""
            })
        table.add("after", rows.map { text($0.value, named: $0.name) })
        return table
    }

    /// What a figure is to people; its name in the protocol where nobody has found words for it.
    private static func label(_ name: String) -> String { labels[name] ?? name }

    private static let labels = [
        "storing": "writing", "last_error": "last error", "file_bytes": "size of the file",
        "free_bytes": "unused in the file", "commits": "times written", "durable_puts": "values on disk",
        "pending_puts": "values to be written", "dropped_puts": "values lost", "journal.rows": "journal, rows",
        "journal.bytes": "journal, size", "journal_bytes": "journal, size",
        "journal.bytes_written": "journal, written in all",
        "head.points": "values in memory", "head.bytes": "size in memory", "sealed.seals": "times packed",
        "sealed.points": "values packed", "sealed.bytes": "size of packed values",
        "corrupt.journal_rows": "damaged journal rows", "corrupt.blocks": "damaged blocks",
        "dead_letters": "unusable messages, kinds", "hub.puts": "puts", "hub.changes": "changes",
        "hub.suppressed": "puts of an equal value, not kept", "hub.refused": "puts refused",
        "hub.dead_letters": "unusable messages since start", "hub.expired": "keys that fell silent",
        "hub.subscriptions": "subscriptions", "hub.future_puts": "puts dated ahead",
        "hub.future_points": "values whose time is to come", "hub.misdated_points": "values dated by a wrong clock",
        "fresh.points": "values to be merged", "fresh.bytes": "size of those", "last_merge": "last merged",
        "expired_points": "values dropped by age", "capped_points": "values dropped by size",
        "left_out_points": "values that came too late",
    ]

    /// Each figure with its dotted name: `journal.rows`, `raw.blocks`.
    private static func figures(of report: JSON, under prefix: String = "") -> [JSON.Member] {
        (report.object ?? []).flatMap { member -> [JSON.Member] in
            if let tiers = member.value.array {
                if member.name == "outages" { return [] }
                // In a table of their own, where there is one; else by their names.
                return prefix.isEmpty && report["hub"] != nil ? [] : tiers.flatMap { figures(ofTier: $0) }
            }
            if member.name == "damage" { return [] }
            if member.value.object != nil { return figures(of: member.value, under: prefix + member.name + ".") }
            return [JSON.Member(prefix + member.name, member.value)]
        }
    }

    private static func figures(ofTier tier: JSON) -> [JSON.Member] {
        (tier.object ?? []).filter { $0.value.number != nil }.map { member in
            let name = member.name.utf8.elementsEqual("count".utf8) ? "points" : member.name
            return JSON.Member("\(tier["name"]?.string ?? "?").\(name)", member.value)
        }
    }

    private static func text(_ value: JSON, named name: String) -> String {
        if name == "storing" { return value == .bool(true) ? "OK" : "not possible" }
        guard let number = value.number else { return value.isNull ? "none" : Shown.value(value, unit: nil) }
        if name.hasSuffix("bytes") || name.hasSuffix("bytes_written") { return Numbers.bytes(number) }
        if name == "last_merge" { return Timestamp(seconds: number).map { LocalTime.text($0) } ?? "?" }
        return Numbers.grouped(number)
    }
}
