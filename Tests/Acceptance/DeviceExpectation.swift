import Komoku

/// What a family's expectations say, against what `komoku devices --json` prints.
struct DeviceExpectation {
    private let expected: JSON
    private let catalogue: [String: JSON]

    /// A property that is there, and its row.
    struct Found {
        let row: JSON
        let place: String
        let key: String
    }

    init(_ expected: JSON, catalogue answer: JSON) {
        self.expected = expected
        let devices = (answer["devices"]?.array ?? []).map { ($0["device"]?.string ?? "", $0) }
        catalogue = Dictionary(devices) { first, _ in first }
    }

    /// Rows that must hold; the others are only good style.
    private func rows(_ name: String) -> [JSON] {
        (expected[name]?.array ?? []).filter { $0["level"]?.string != "should" }
    }

    private static func place(_ row: JSON) -> String {
        [row["device"]?.string, row["property"]?.string].compactMap(\.self).joined(separator: " ")
    }

    private func property(_ row: JSON) -> JSON? {
        catalogue[row["device"]?.string ?? ""]?["properties"]?.array?.first { $0["property"] == row["property"] }
    }

    /// How many rows are compared.
    var count: Int { ["devices", "properties", "events", "absent"].reduce(0) { $0 + rows($1).count } }

    /// Every difference that the catalogue shows, as a sentence.
    func differences() -> [String] {
        rows("devices").flatMap(device) + rows("properties").flatMap(property)
            + rows("events").flatMap { row in property(row)?["event"] == true ? [] : ["\(Self.place(row)): no event"] }
            + rows("absent").flatMap(absent)
    }

    private func device(_ row: JSON) -> [String] {
        guard let device = catalogue[row["device"]?.string ?? ""] else { return ["\(Self.place(row)): no such device"] }
        return ["name", "manufacturer", "model", "present"].compactMap { name in
            guard let wanted = row[name], !wanted.isNull, wanted != device[name] else { return nil }
            return "\(Self.place(row)): \(name) is \(device[name]?.text ?? "missing"), not \(wanted.text)"
        }
    }

    private func property(_ row: JSON) -> [String] {
        guard let found = property(row) else {
            return row["last_value"] == .null && row["writable"] == false ? [] : ["\(Self.place(row)): missing"]
        }
        var faults: [String] = []
        func compare(_ name: String, _ isSame: Bool) {
            guard !isSame else { return }
            faults.append("\(Self.place(row)): \(name) is \(found[name]?.text ?? "missing"), \(row.text)")
        }
        compare("type", found["type"] == row["type"])
        compare("writable", found["writable"] == row["writable"])
        if let unit = row["unit"]?.string { compare("unit", Self.plain(unit) == Self.plain(found["unit"]?.string)) }
        // What falls by itself has fallen or not: the hub's clock is the real one, the log's is not.
        if row["max_time"] == nil || row["max_time"] == .null {
            let accepted = [row["last_value"] ?? .null] + (row["value_also_ok"]?.array ?? [])
            compare("value", accepted.contains { Self.same($0, found["value"] ?? .null) })
        }
        return faults
    }

    private func absent(_ row: JSON) -> [String] {
        let device = row["device"]?.string ?? ""
        guard let name = row["property"]?.string else {
            let isThere = catalogue.contains { $0.key == device || $0.value["name"]?.string == device }
            return isThere ? ["\(device): must not exist"] : []
        }
        return catalogue.filter { device == "*" || $0.key == device }.flatMap { id, found in
            (found["properties"]?.array ?? []).filter { $0["property"]?.string == name }.map { _ in
                "\(id) \(name): must not exist"
            }
        }
    }

    // MARK: What has to be asked for

    private func found(_ row: JSON) -> Found? {
        property(row)?["key"]?.string.map { Found(row: row, place: Self.place(row), key: $0) }
    }

    /// The properties whose commands are known.
    var commands: [Found] {
        rows("properties").filter { $0["set_value"] != nil && $0["set_level"]?.string != "should" }.compactMap(found)
    }

    var events: [Found] { rows("events").compactMap(found) }

    // MARK: Comparing

    private static func plain(_ unit: String?) -> String? {
        switch unit {
        case "var": "VAr"
        case "lux": "lx"
        default: unit
        }
    }

    /// Equal as JSON: members in any order, numbers within a millionth.
    static func same(_ a: JSON, _ b: JSON) -> Bool {
        switch (a, b) {
        case (.number(let x), .number(let y)): abs(x - y) <= 1e-6 * max(abs(x), abs(y))
        case (.array(let x), .array(let y)): x.count == y.count && zip(x, y).allSatisfy(same)
        case (.object(let x), .object(let y)):
            x.count == y.count && x.allSatisfy { member in b[member.name].map { same(member.value, $0) } ?? false }
        default: a == b
        }
    }
}

extension DeviceExpectation.Found {
    /// What is put, as a user types it.
    var value: String { row["set_value"].map { $0.string ?? $0.text } ?? "" }

    /// Whether `komoku put --dry-run --json` printed what the device expects.
    func accepts(_ sent: JSON) -> Bool {
        let also = (row["set_also_ok"]?.array ?? []).compactMap(\.array)
        let pairs = [[row["set_topic"] ?? .null, row["set_payload"] ?? .null]] + also
        let payload = Self.payload(sent["payload"])
        if pairs.contains(where: {
            $0.first == sent["topic"] && DeviceExpectation.same(Self.payload($0.last), payload)
        }) {
            return true
        }
        guard let call = row["set_also_ok_method"]?.array, call.count == 3 else { return false }
        return call[0] == sent["topic"] && call[1] == payload["method"]
            && DeviceExpectation.same(call[2], payload["params"] ?? .null)
    }

    /// Whether `komoku history --json` printed all that happened, in order.
    func accepts(_ points: [JSON]) -> Bool {
        let texts = { (values: [JSON]) in values.map { $0.string ?? $0.text } }
        return texts(row["values"]?.array ?? []) == texts(points.compactMap { $0.array?.last })
    }

    private static func payload(_ text: JSON?) -> JSON {
        text?.string.flatMap { try? JSON(parsing: $0) } ?? text ?? .null
    }
}
