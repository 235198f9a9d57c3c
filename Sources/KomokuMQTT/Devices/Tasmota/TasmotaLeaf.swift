import Komoku

/// A value in a sensor's message, by its dotted path.
struct TasmotaLeaf: Hashable {
    enum Kind: String, Hashable {
        case number, boolean, text
        /// Something that happens: a card at a reader.
        case event
    }

    let path: String
    let kind: Kind

    /// The most leaves of a device, and the longest path in bytes.
    static let maximumCount = 400
    static let maximumPath = 255
    private static let maximumDepth = 8

    /// Every leaf of a message's body that becomes a property.
    ///
    /// - Parameter words: the device's words for off and on.
    static func all(of body: JSON, words: TasmotaWords) -> [TasmotaLeaf] {
        flat(body).compactMap { path, value in
            kind(path, value, words).map { TasmotaLeaf(path: path, kind: $0) }
        }
    }

    /// Paths and values, items counted from 1.
    static func flat(_ json: JSON) -> [(path: String, value: JSON)] {
        var leaves: [(String, JSON)] = []
        gather(json, "", depth: 0, &leaves)
        return leaves
    }

    private static func gather(_ json: JSON, _ path: String, depth: Int, _ leaves: inout [(String, JSON)]) {
        guard depth <= maximumDepth, leaves.count < maximumCount, path.utf8.count <= maximumPath else { return }
        let dot = path.isEmpty ? "" : "."
        switch json {
        case .object(let members):
            for member in members where !member.name.isEmpty {
                gather(member.value, path + dot + member.name, depth: depth + 1, &leaves)
            }
        case .array(let items):
            for (index, item) in items.prefix(maximumCount).enumerated() {
                gather(item, path + dot + String(index + 1), depth: depth + 1, &leaves)
            }
        default: if !path.isEmpty { leaves.append((path, json)) }
        }
    }

    /// Nil where it is no property, or where nobody can say yet what it is.
    static func kind(_ path: String, _ value: JSON, _ words: TasmotaWords) -> Kind? {
        if isSkipped(path) { return nil }
        if isCardReader(path) { return .event }
        if path.hasSuffix(".Id") { return value.isNull ? nil : .text }
        switch value {
        case .null: return TasmotaUnits.isNumeric(path) ? .number : nil
        case .number: return .number
        case .bool: return .boolean
        case .string(let text):
            if words.boolean(text) != nil { return .boolean }
            if TasmotaUnits.isNumeric(path) { return .number }
            return Value.infer(text) == nil ? nil : .text
        case .array, .object: return nil
        }
    }

    /// Whether nothing is made of a path, whatever it holds.
    private static func isSkipped(_ path: String) -> Bool {
        let levels = path.split(separator: ".")
        guard let first = levels.first, let last = levels.last else { return true }
        if isCardReader(path) { return last != "UID" }
        switch first {
        // What a Zigbee bridge knows of its devices is no value of the bridge.
        case "Time", "TempUnit", "PressureUnit", "SpeedUnit", "ZbReceived", "ZbInfo", "ZbState", "ZbResponse", "ver":
            return true
        default: return last == "TotalStartTime" || last == "Time"
        }
    }

    private static func isCardReader(_ path: String) -> Bool {
        ["PN532.", "RDM6300.", "RC522."].contains { path.hasPrefix($0) }
    }
}
