internal import Komoku

/// The report of `status` on one screen: what there is, and below it what needs a person.
struct StatusShown {
    private let status: JSON
    private let now: Timestamp

    private static let labelWidth = 11

    init(_ status: JSON, now: Timestamp) {
        (self.status, self.now) = (status, now)
    }

    func lines(on screen: Screen) -> [String] {
        let rows = [
            ("hub", hub), ("broker", broker), ("storing", storing), ("keys", keys), ("devices", devices),
            ("rules", rules), ("unusable", deadLetters), ("outages", outages),
        ]
        return rows.flatMap { label, text in Self.row(label, text, on: screen) } + [""] + attention(on: screen)
    }

    private static func row(_ label: String, _ text: String, on screen: Screen) -> [String] {
        let padded = label + String(repeating: " ", count: max(1, labelWidth - label.count))
        let lines = Wrapping.lines(text, indent: labelWidth, on: screen)
        return lines.enumerated().map { index, line in index == 0 ? padded + line.dropFirst(labelWidth) : line }
    }

    private func count(_ name: String) -> Int { status[name]?.number.flatMap { Int(exactly: $0) } ?? 0 }
    private func time(_ json: JSON?) -> Timestamp? { json?.number.flatMap(Timestamp.init(seconds:)) }

    private var hub: String {
        let hub = status["hub"]
        let uptime = hub?["uptime"]?.number.map { "running for \(Numbers.length($0.rounded(.down)))" }
        let zone = hub?["zone"]?.string.map { "time zone \($0)" }
        return ["version \(hub?["version"]?.string ?? "unknown")", uptime, zone].compactMap(\.self).joined(
            separator: ", ")
    }

    private var broker: String {
        guard let broker = status["broker"], let address = broker["address"]?.string else {
            return "none is configured"
        }
        if broker["connected"] == .bool(true) { return "connected to \(address)" }
        let length =
            time(broker["since"]).map { " for \(Numbers.length(max(0, (now - $0).seconds.rounded(.down))))" } ?? ""
        return "not connected\(length): " + (broker["reason"]?.string ?? "no reason is known")
    }

    private var storing: String {
        if status["storing"] == .bool(true) { return "yes" }
        return "no: " + (status["store_error"]?.string ?? "no reason is known")
    }

    private var keys: String {
        let stale = count("stale")
        guard stale > 0 else { return Numbers.grouped(count("keys")) }
        return "\(Numbers.grouped(count("keys"))), \(Numbers.grouped(stale)) of them without news for too long"
    }

    private var devices: String {
        var parts = [Numbers.grouped(count("devices"))]
        if count("offline") > 0 { parts.append("\(Numbers.grouped(count("offline"))) offline") }
        if count("gone") > 0 { parts.append("\(Numbers.grouped(count("gone"))) gone") }
        return parts.joined(separator: ", ")
    }

    private var rules: String {
        let rules = status["rules"]
        var parts = [Numbers.grouped(rules?["count"]?.number.flatMap { Int(exactly: $0) } ?? 0)]
        let words = [
            ("failed", "failed"), ("paused", "paused"), ("limited", "held back by a limit"), ("disabled", "disabled"),
        ]
        for (name, word) in words {
            let number = rules?[name]?.array?.count ?? 0
            if number > 0 { parts.append("\(number) \(word)") }
        }
        return parts.joined(separator: ", ")
    }

    private var deadLetters: String {
        let number = count("dead_letters")
        return number == 0 ? "no messages" : "\(Numbers.counted(number, "kind")) of messages"
    }

    private var outages: String {
        let list = status["outages"]?.array ?? []
        guard let newest = list.first, let start = time(newest["start"]) else { return "none" }
        let end = time(newest["end"])
        let length = Numbers.length(max(0, ((end ?? now) - start).seconds))
        let what = newest["of"]?.string == "broker" ? "without the broker" : "while the hub was off"
        return "last: \(length) \(what), from \(LocalTime.text(start))\(end == nil ? ", and still" : "")"
    }

    private func attention(on screen: Screen) -> [String] {
        let sentences = (status["attention"]?.array ?? []).compactMap(\.string)
        guard !sentences.isEmpty else { return ["All is well."] }
        return ["Needs attention:"] + sentences.flatMap { Wrapping.lines("- " + $0, indent: 2, hanging: 4, on: screen) }
    }
}
