internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// How things look, for people and as JSON.
enum Shown {
    /// A value with its unit: `21.5 °C`.
    static func value(_ value: JSON, unit: String?) -> String {
        switch value {
        case .null: "unknown"
        case .string(let text): text.printable
        case .number: [value.text, unit?.printable].compactMap(\.self).joined(separator: " ")
        default: value.text
        }
    }

    static func value(_ key: KeyDescription) -> String {
        key.value.map { value($0, unit: key.unit) } ?? "unknown"
    }

    /// The text of a key, which says where nothing was heard of it for too long.
    static func marked(_ text: String, _ key: KeyDescription) -> String {
        key.isStale ? Terminal.dim("\(text)  stale") : text
    }

    /// `{"key","value","time","type","unit"}`, null where there is none, and `"stale":true` where it is.
    static func json(_ name: String, _ key: KeyDescription?) -> JSON {
        let members = [
            JSON.Member("key", .string(name)), JSON.Member("value", key?.value ?? .null),
            JSON.Member("time", key?.time.map { .number($0.seconds) } ?? .null),
            JSON.Member("type", key.map { .string($0.type) } ?? .null),
            JSON.Member("unit", key?.unit.map { .string($0) } ?? .null),
        ]
        return .object(members + (key?.isStale == true ? [JSON.Member("stale", true)] : []))
    }

    static func json(_ change: KeyChange) -> JSON {
        var members = [
            JSON.Member("key", .string(change.key)), JSON.Member("value", change.value),
            JSON.Member("time", .number(change.time.seconds)), JSON.Member("previous", change.previous),
        ]
        if let isStale = change.isStale { members.append(JSON.Member("stale", .bool(isStale))) }
        if change.skipped > 0 { members.append(JSON.Member("skipped", .number(Double(change.skipped)))) }
        return .object(members)
    }

    /// `08:30:12  kitchen.temperature  21.5 °C  (2 skipped)`.
    static func line(_ change: KeyChange, unit: String?) -> String {
        let name = change.key.printable
        let padding = String(repeating: " ", count: max(0, 32 - name.count))
        let text = value(change.value, unit: unit)
        let shown = change.isStale == true ? Terminal.dim(text + "  stale") : Terminal.bold(text)
        let back = change.isStale == false ? Terminal.dim("  heard again") : ""
        let skipped = change.skipped > 0 ? Terminal.dim("  (\(change.skipped) skipped)") : ""
        return
            "\(Terminal.dim(LocalTime.short(change.time, now: LocalTime.now)))  \(name)\(padding)  \(shown)\(back)\(skipped)"
    }
}
