/// Where a topic stands in the tree of Homie devices.
struct HomieTopic {
    /// `homie`; several levels are allowed before version 5.
    let domain: String
    /// 5, or 4 for all before it.
    let version: Int
    let device: String
    /// The levels behind the device's: at least one.
    let levels: ArraySlice<Substring>

    /// The device's topic: `homie/lamp`, `homie/5/lamp`.
    var prefix: String { Self.prefix(of: device, version: version, domain: domain) }

    static func prefix(of device: String, version: Int, domain: String) -> String {
        version >= 5 ? "\(domain)/5/\(device)" : "\(domain)/\(device)"
    }

    /// Nil where no device of these domains can have this topic.
    init?(_ topic: String, domains: [String]) {
        guard let domain = domains.first(where: { topic.utf8.starts(with: "\($0)/".utf8) }) else { return nil }
        var levels = topic.utf8.dropFirst(domain.utf8.count + 1).split(
            separator: UInt8(ascii: "/"), maxSplits: 8, omittingEmptySubsequences: false
        ).map { Substring($0) }[...]
        let isFive = levels.first == "5"
        if isFive { levels.removeFirst() }
        guard let device = levels.popFirst(), HomieName.isID(device), !levels.isEmpty else { return nil }
        self.domain = domain
        version = isFive ? 5 : 4
        self.device = String(device)
        self.levels = levels
    }

    /// What it is about.
    enum Subject {
        /// Of the device itself: `$state`.
        case attribute(String)
        case alert(String)
        /// Of a node or a property: `outdoor/$name`, `outdoor/temperature/$unit`.
        case inner(String)
        /// `outdoor/temperature`.
        case value(String)
        /// A command, a target, a log line: nothing that is known of the device.
        case other
    }

    var subject: Subject {
        let first = levels.first ?? ""
        let path = levels.joined(separator: "/")
        if first.hasPrefix("$") {
            if levels.count == 1 { return .attribute(path) }
            if first == "$stats" { return .attribute("$stats") }
            if version >= 5, first == "$alert", levels.count == 2, let id = levels.last, HomieName.isID(id) {
                return .alert(String(id))
            }
            return .other
        }
        guard (2...3).contains(levels.count), let last = levels.last else { return .other }
        if last.hasPrefix("$") {
            let isPlain = levels.dropLast().allSatisfy { HomieName.isID($0) }
            return version < 5 && isPlain && Self.attributes.contains(String(last)) ? .inner(path) : .other
        }
        return levels.count == 2 && levels.allSatisfy { HomieName.isID($0) } ? .value(path) : .other
    }

    /// Of nodes and properties, those that are used.
    private static let attributes: Set<String> = [
        "$name", "$properties", "$array", "$datatype", "$unit", "$format", "$settable", "$retained",
    ]
}
