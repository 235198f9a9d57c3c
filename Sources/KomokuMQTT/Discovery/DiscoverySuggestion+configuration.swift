internal import KomokuYAML

extension DiscoverySuggestion {
    /// The configuration that fits what was seen, with remarks.
    ///
    /// - Parameters:
    ///   - url: the broker's, without a login.
    ///   - username: nil where it lets everybody in. The password is never printed.
    package func configuration(url: String, username: String? = nil) -> String {
        var lines = [
            "# \(messages) messages of \(topicCount) topics\(isCut ? ", and more that were not looked at" : "")"
        ]
        if let username {
            lines.append("# The password is the first line of the file:")
            lines.append(
                "mqtt: {url: \(Self.quoted(url)), username: \(Self.quoted(username)), password_file: /etc/komoku/mqtt.password}"
            )
        } else {
            lines.append("mqtt: {url: \(Self.quoted(url))}")
        }
        let families = self.families
        if families.isEmpty {
            lines.append("# devices: nothing that describes itself was seen")
        } else {
            lines.append("devices:")
            for family in families { lines += section(family) }
        }
        return (lines + unusable + remarks).joined(separator: "\n") + "\n"
    }

    /// The families in the order in which they are written.
    private var families: [String] {
        let words = ["zigbee2mqtt", "tasmota", "homeassistant", "esphome", "shelly", "homie"]
        return words.filter { word in usable.contains { $0.word == word } }
    }

    private func bases(_ word: String) -> [(base: String, count: Int)] {
        usable.filter { $0.word == word }.map { ($0.base, devices[$0]?.count ?? 0) }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    /// What the section `devices` takes: topics that it can name, and of those that overlap the one with the most devices.
    private var usable: [Family] {
        let all = devices.map { (family: $0.key, count: $0.value.count) }.sorted {
            $0.count > $1.count
                || $0.count == $1.count && ($0.family.word, $0.family.base) < ($1.family.word, $1.family.base)
        }
        var usable: [Family] = []
        for (family, _) in all {
            guard family.hasBase else {
                usable.append(family)
                continue
            }
            let taken = usable.filter(\.hasBase).map(\.base) + ["komoku"]
            if family.canBeNamed, !taken.contains(where: { DevicesConfiguration.overlap($0, family.base) }) {
                usable.append(family)
            }
        }
        return usable
    }

    /// Families that were seen where the section cannot say so.
    private var unusable: [String] {
        let usable = usable
        let left = devices.keys.filter { !usable.contains($0) }.sorted { ($0.word, $0.base) < ($1.word, $1.base) }
        return left.prefix(Self.maximumRemarks).map {
            let why = $0.canBeNamed ? "it overlaps another's topics" : "'devices' cannot name such topics"
            return "# \($0.word) below \(Self.quoted($0.base.clipped(to: 80))) is left out: \(why)"
        }
    }

    private func section(_ word: String) -> [String] {
        let bases = bases(word)
        let count = bases.reduce(0) { $0 + $1.count }
        let remark = "  # \(count) \(count == 1 ? "device" : "devices")"
        switch word {
        case "zigbee2mqtt": return Self.entries(word, "base", bases, remark)
        case "tasmota": return Self.entries(word, "discovery", bases, remark)
        case "homeassistant": return Self.entries(word, "prefix", bases, remark)
        case "homie":
            return ["  homie: {domains: [\(bases.map { Self.quoted($0.base) }.joined(separator: ", "))]}\(remark)"]
        default: return ["  \(word): {}\(remark)"]
        }
    }

    private static func entries(
        _ word: String, _ key: String, _ bases: [(base: String, count: Int)], _ remark: String
    ) -> [String] {
        if let base = bases.first, bases.count == 1 {
            return ["  \(word): {\(key): \(quoted(base.base))}\(remark)"]
        }
        return ["  \(word):"] + bases.map { "    - {\(key): \(quoted($0.base))}  # \($0.count) devices" }
    }

    // MARK: What describes itself to nobody

    private static let maximumRemarks = 20

    /// Topics that no family explains, by their first level.
    private var remarks: [String] {
        let ours = ourBases
        let others = unknown.filter { topic, _ in
            !isExplained(topic) && !ours.contains { topic.utf8.starts(with: $0.utf8) }
        }
        let groups = Dictionary(grouping: others) { String($0.key.prefix { $0 != "/" }) }
            .sorted { $0.value.count > $1.value.count || ($0.value.count == $1.value.count && $0.key < $1.key) }
        if groups.isEmpty { return [] }
        var lines = ["# Topics that no discovery explains; what is of use may be switched on:"]
        for (first, topics) in groups.prefix(Self.maximumRemarks) {
            lines += remark(first, topics.map(\.key).sorted(), isJSON: topics.contains { $0.value.isJSON })
        }
        if groups.count > Self.maximumRemarks {
            lines.append("# … and below \(groups.count - Self.maximumRemarks) other levels")
        }
        return lines
    }

    private func remark(_ first: String, _ topics: [String], isJSON: Bool) -> [String] {
        let filter = topics.count == 1 ? topics[0] : first + "/#"
        let count = "\(topics.count) \(topics.count == 1 ? "topic" : "topics"), such as \(Self.line(topics[0]))"
        if isJSON {
            let isUsable = TopicFilter(filter) != nil && !filter.utf8.contains(UInt8(ascii: "{"))
            return ["# \(count)"] + (isUsable ? ["#   devices: {json: \(Self.quoted(filter))}"] : [])
        }
        let pattern = topics.count == 1 ? topics[0] : first + "/{path+}"
        let isWritten = topics.count == 1 || !first.utf8.contains { "{}".utf8.contains($0) }
        guard isWritten, (try? TopicPattern(validating: pattern)) != nil else { return ["# \(count)"] }
        let key = topics.count == 1 ? "a.name.of.yours" : "{path}"
        return ["# \(count)", "#   map: [{topic: \(Self.quoted(pattern)), key: \(Self.quoted(key))}]"]
    }

    /// The starts of topics that hubs like this one publish: `komoku/`. A node of ESPHome says its status in the same way,
    /// but has topics by components.
    private var ourBases: [String] {
        let nodes = Set(
            unknown.keys.compactMap { topic -> String? in
                let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
                guard let index = levels.dropFirst().firstIndex(where: { Self.nodeLevels.contains(String($0)) }) else {
                    return nil
                }
                let isNode = levels[index] == "debug" ? index == levels.count - 1 : levels.last == "state"
                return isNode ? levels[..<index].joined(separator: "/") : nil
            })
        return bases.filter { !nodes.contains($0) }.map { $0 + "/" }
    }

    private static let nodeLevels = components.union(["debug"])

    /// A family's own topics, also those that only carry values.
    private func isExplained(_ topic: String) -> Bool {
        devices.keys.contains { family in
            switch family.word {
            case "zigbee2mqtt", "homie": topic.utf8.starts(with: (family.base + "/").utf8)
            case "tasmota": ["tele/", "stat/", "cmnd/"].contains { topic.utf8.starts(with: $0.utf8) }
            case "homeassistant", "esphome": topic.utf8.starts(with: (family.base + "/").utf8)
            default:
                devices[family, default: []].contains { topic.utf8.starts(with: ($0 + "/").utf8) }
            }
        }
    }

    /// As a text in double quotes, also what no line can hold.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "\"": result += "\\" + String(scalar)
            case _ where isPlain(scalar): result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return result + "\""
    }

    /// It is seen as what it is, and ends no line.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    /// Names of strangers must not end a comment.
    private static func line(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(200) { line.append(isPlain(scalar) ? scalar : " ") }
        return String(line)
    }
}

extension DiscoverySuggestion.Family {
    /// The section says where it speaks.
    fileprivate var hasBase: Bool { !["esphome", "shelly"].contains(word) }

    /// Whether its base topic can stand in the configuration.
    fileprivate var canBeNamed: Bool {
        guard base.utf8.count <= 1024 else { return false }
        return word == "homie"
            ? DevicesConfiguration.isHomieDomain(base) : SettingType.problem(ofTopicBase: base) == nil
    }
}
