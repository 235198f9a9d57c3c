import Komoku
import KomokuHub

/// One Zigbee device's report in a bridge's message, in any of the shapes that SetOptions give it.
struct TasmotaZigbeeReport {
    /// `0x7120`; nil where only a name is said.
    let address: String?
    let name: String?
    let attributes: [JSON.Member]

    /// The reports of a message.
    ///
    /// - Parameters:
    ///   - level: the level of the topic that stands for the device (SetOption89), without an endpoint.
    ///   - isWrapped: the topic says already that it is Zigbee.
    static func all(in body: JSON, level: Substring?, isWrapped: Bool) -> [TasmotaZigbeeReport] {
        let inner = body["ZbReceived"]
        let root = inner ?? body
        let isCertain = inner != nil || isWrapped || level != nil
        if isReport(root), isCertain || root["Device"]?.string?.hasPrefix("0x") == true {
            return [TasmotaZigbeeReport(root, key: level.map(String.init))].compactMap(\.self)
        }
        return (root.object ?? []).prefix(TasmotaChild.maximumCount).compactMap { member in
            guard isReport(member.value), isCertain || member.name.hasPrefix("0x") else { return nil }
            return TasmotaZigbeeReport(member.value, key: member.name)
        }
    }

    private static func isReport(_ json: JSON) -> Bool {
        json["Device"]?.string != nil || (json["Endpoint"] != nil && json["LinkQuality"] != nil)
    }

    private init?(_ json: JSON, key: String?) {
        let candidates = [json["Device"]?.string, key].compactMap { $0.flatMap(Self.address) }
        address = candidates.first
        let other = key.flatMap { Self.address($0) == nil ? $0 : nil }
        name = (json["Name"]?.string ?? other).flatMap(TasmotaConfig.short)
        attributes = json.object ?? []
        if address == nil, name == nil { return nil }
    }

    /// `0x7120`, also written as `7120` or `7120_1` in a topic.
    private static func address(_ text: String) -> String? {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text.prefix { $0 != "_" }
        guard digits.utf8.count == 4, UInt16(digits, radix: 16) != nil else { return nil }
        return "0x" + digits.uppercased()
    }

    /// Whether a topic's level can stand for a Zigbee device.
    static func isAddress(_ level: Substring) -> Bool { address(String(level)) != nil }
}

extension TasmotaDevice {
    /// Takes a report over, and tells its values.
    ///
    /// - Returns: whether there is a new device, attribute or name.
    func take(_ report: TasmotaZigbeeReport, isRetained: Bool, _ news: inout DeviceNews) -> Bool {
        guard let index = child(of: report) else { return false }
        let before = children[index]
        if let name = report.name { children[index].name = name }
        var values: [(TasmotaChild.Kind, String, Value)] = []
        for member in report.attributes.prefix(TasmotaChild.maximumAttributes) {
            guard let (kind, value) = children[index].read(member.name, member.value) else { continue }
            values.append((kind, member.name, value))
        }
        let child = children[index]
        let isNew = child != before || !child.isDescribed
        if isNew {
            children[index].isDescribed = true
            news.describe(child.description(of: id), commands: child.commands(topics?.commands ?? ""))
        }
        for (kind, name, value) in values where kind != .event || !isRetained {
            news.observe(PropertyID(child.id(of: id), name), value)
        }
        return isNew
    }

    private func child(of report: TasmotaZigbeeReport) -> Int? {
        let known = children.firstIndex { child in
            report.address.map { child.address == $0 } ?? (child.name == report.name)
        }
        if let known { return known }
        guard children.count < TasmotaChild.maximumCount, let key = report.address ?? report.name else { return nil }
        children.append(TasmotaChild(address: key, name: report.name ?? key))
        return children.count - 1
    }
}
