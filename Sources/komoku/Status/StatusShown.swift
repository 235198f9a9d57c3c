internal import Komoku
internal import KomokuWire

/// The report of `status` on one screen: what there is, and below it what needs a person.
struct StatusShown {
    private let status: HubStatus
    private let now: Timestamp

    private static let labelWidth = 11

    init(_ status: HubStatus, now: Timestamp) {
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

    private var hub: String {
        let uptime = "running for \(Numbers.length(Double(status.hub.uptime)))"
        let zone = status.hub.zone.map { "time zone \($0)" }
        return ["version \(status.hub.version)", uptime, zone].compactMap(\.self).joined(separator: ", ")
    }

    private var broker: String {
        guard let broker = status.broker else { return "none is configured" }
        if broker.isConnected { return "connected to \(broker.address)" }
        let length =
            broker.since.map { " for \(Numbers.length(max(0, (now - $0).seconds.rounded(.down))))" } ?? ""
        return "not connected\(length): " + (broker.reason ?? "no reason is known")
    }

    private var storing: String {
        status.isStoring ? "yes" : "no: " + (status.storeError ?? "no reason is known")
    }

    private var keys: String {
        guard status.stale > 0 else { return Numbers.grouped(status.keys) }
        return "\(Numbers.grouped(status.keys)), \(Numbers.grouped(status.stale)) of them without news for too long"
    }

    private var devices: String {
        var parts = [Numbers.grouped(status.devices)]
        if status.offline > 0 { parts.append("\(Numbers.grouped(status.offline)) offline") }
        if status.gone > 0 { parts.append("\(Numbers.grouped(status.gone)) gone") }
        return parts.joined(separator: ", ")
    }

    private var rules: String {
        let rules = status.rules
        let numbers = [
            (rules.failed.count, "failed"), (rules.paused.count, "paused"),
            (rules.limited.count, "held back by a limit"), (rules.disabled.count, "disabled"),
        ]
        let parts = numbers.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return ([Numbers.grouped(rules.count)] + parts).joined(separator: ", ")
    }

    private var deadLetters: String {
        let number = status.deadLetters
        return number == 0 ? "no messages" : "\(Numbers.counted(number, "kind")) of messages"
    }

    private var outages: String {
        guard let newest = status.outages.first else { return "none" }
        let length = Numbers.length(max(0, ((newest.end ?? now) - newest.start).seconds))
        let what = newest.subject == .broker ? "without the broker" : "while the hub was off"
        let goesOn = newest.end == nil ? ", and still" : ""
        return "last: \(length) \(what), from \(LocalTime.text(newest.start))\(goesOn)"
    }

    private func attention(on screen: Screen) -> [String] {
        guard !status.attention.isEmpty else { return ["All is well."] }
        return ["Needs attention:"]
            + status.attention.flatMap { Wrapping.lines("- " + $0, indent: 2, hanging: 4, on: screen) }
    }
}
