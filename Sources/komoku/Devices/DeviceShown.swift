internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// One device for people: what it is, then a table of its properties.
struct DeviceShown {
    private let device: Device
    private let now: Timestamp

    /// Columns of a value; `get` prints the whole.
    private static let widestValue = 24
    /// Texts that are listed as what a property takes.
    private static let listedValues = 8

    init(_ device: Device, now: Timestamp) {
        self.device = device
        self.now = now
    }

    func heading(on screen: Screen) -> [String] {
        let model = DevicesShown.model(of: device)
        var facts = ["\(device.id.printable), by \(device.source.printable)"]
        if let via = device.via { facts.append("via \(via.printable)") }
        let lines = [DevicesShown.name(of: device), model, facts.joined(separator: ", "), state]
        return lines.filter { !$0.isEmpty }.flatMap { Wrapping.lines($0, hanging: 2, on: screen) }
    }

    private var state: String {
        let word =
            switch DevicesShown.state(of: device) {
            case "yes": "online"
            case "no": "offline"
            case "": nil as String?
            case "gone": "gone; 'komoku devices forget' takes it out of the list"
            case let word: word
            }
        let seen = device.lastSeen.map { "last seen \(LocalTime.age(of: $0, now: now))" }
        return [word, seen].compactMap(\.self).joined(separator: ", ")
    }

    /// The lines of a heading, then those of each property.
    func properties(on screen: Screen) -> [[String]] {
        let properties = device.properties
        guard !properties.isEmpty else { return [["it has no properties"]] }
        var table = TextTable()
        func fit(_ text: String, _ width: Int) -> String { text.printable.fitting(width, isUnicode: screen.isUnicode) }
        table.add("key", properties.map(\.key), isRight: false)
        table.add(
            "value",
            properties.map { property in
                fit(property.value.map { Shown.value($0, unit: property.unit) } ?? "unknown", Self.widestValue)
            }, isRight: false)
        table.add("age", properties.map { $0.time.map { LocalTime.age(of: $0, now: now) } ?? "" }, isRight: false)
        table.add("", properties.map { notes(on: $0).joined(separator: "; ") }, isRight: false)
        return table.blocks(on: screen)
    }

    private func notes(on property: DeviceProperty) -> [String] {
        var notes: [String] = []
        if !property.isPresent { notes.append("gone") }
        if property.isStale { notes.append("stale") }
        if property.isEvent { notes.append("event") }
        if property.isWritable { notes.append(Self.takes(property)) }
        if let command = property.command { notes.append(text(of: command, property)) }
        if !property.key.utf8.reversed().starts(with: property.name.utf8.reversed()) {
            notes.append("is \(property.name)")
        }
        return notes
    }

    /// `accepts 0 to 254`, `accepts on, off`.
    static func takes(_ property: DeviceProperty) -> String {
        let unit = property.unit.map { " \($0)" } ?? ""
        if let values = property.values, !values.isEmpty {
            let more = values.count > listedValues ? ", …" : ""
            return "accepts " + values.prefix(listedValues).joined(separator: ", ") + more
        }
        if KeyType(rawValue: property.type)?.isBoolean == true { return "accepts true, false" }
        switch (property.minimum, property.maximum) {
        case (let least?, let most?):
            let step = property.step.map { $0 == 1 ? "" : ", step \(DecimalNumber.text($0))" } ?? ""
            return "accepts \(DecimalNumber.text(least)) to \(DecimalNumber.text(most))\(unit)\(step)"
        case (let least?, nil): return "accepts \(DecimalNumber.text(least))\(unit) and more"
        case (nil, let most?): return "accepts up to \(DecimalNumber.text(most))\(unit)"
        case (nil, nil): return property.type == KeyType.string.rawValue ? "accepts text" : "accepts a number"
        }
    }

    private func text(of command: DeviceCommand, _ property: DeviceProperty) -> String {
        let told = "last command \(Shown.value(command.value, unit: property.unit))"
        let age = command.time.map { " \(LocalTime.age(of: $0, now: now))" } ?? ""
        switch command.state {
        case .reported: return "\(told)\(age), confirmed"
        case .failed: return "\(told)\(age) failed: \(command.reason ?? "no reason given")"
        case .differs:
            let reported = command.reported.map { Shown.value($0, unit: property.unit) } ?? "something else"
            return "\(told)\(age), the device reports \(reported)"
        case .waiting: return "\(told)\(age), not confirmed yet"
        case .sent, .other: return "\(told)\(age), sent"
        }
    }
}
