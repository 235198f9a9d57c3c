/// What a topic is in the world of Shelly devices.
enum ShellyTopic {
    /// Who is there, for all of the first generation; and one of them for itself.
    case announcements
    case announce(prefix: String)
    case online(prefix: String)
    /// `events/rpc`: what has changed, and presses.
    case notifications(prefix: String)
    /// `status/switch:0`
    case status(prefix: String, component: String)
    /// Of the first generation, by what stands behind the device's topic: `relay/0`.
    case plain(prefix: String, rest: String)
    /// What the hub remembers of a device; no device sends it.
    case memory(prefix: String)
    /// Answers to what the hub asked.
    case answers

    static let answerTopic = "\(ShellyCall.source)/rpc"
    /// The first level of the first generation's topics.
    static let root = "shellies"
    static let memoryName = "$shelly"
    /// The longest topic of a device, and how many levels are looked at.
    static let maximumPrefix = 255
    static let maximumDepth = 8

    init?(_ topic: String) {
        if topic == Self.answerTopic {
            self = .answers
            return
        }
        let levels = topic.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 12, omittingEmptySubsequences: false)
            .map { Substring($0) }
        guard levels.count >= 2, let last = levels.last else { return nil }
        if levels[0] == Self.root {
            if levels.count == 2 {
                guard last == "announce" else { return nil }
                self = .announcements
                return
            }
            if let count = Self.ending(levels) {
                let prefix = levels.dropLast(count).joined(separator: "/")
                guard prefix.utf8.count <= Self.maximumPrefix else { return nil }
                self.init(levels.suffix(count), behind: prefix, isPlain: false)
                return
            }
            guard !levels[1].isEmpty, levels[1].utf8.count <= Self.maximumPrefix else { return nil }
            self.init(levels.dropFirst(2), behind: "\(Self.root)/\(levels[1])", isPlain: true)
        } else {
            let count = last == "online" || last == Self.memoryName ? 1 : 2
            let prefix = levels.dropLast(count).joined(separator: "/")
            guard !prefix.isEmpty, prefix.utf8.count <= Self.maximumPrefix else { return nil }
            self.init(levels.suffix(count), behind: prefix, isPlain: false)
        }
    }

    /// How many levels stand behind the prefix of a later generation whose owner put it deep below that of the first.
    private static func ending(_ levels: [Substring]) -> Int? {
        guard levels.count > 3, let last = levels.last else { return nil }
        if last == "online" || last == memoryName { return 1 }
        let before = levels[levels.count - 2]
        guard levels.count > 4, before == "events" && last == "rpc" || before == "status" else { return nil }
        return 2
    }

    private init?(_ rest: ArraySlice<Substring>, behind prefix: String, isPlain: Bool) {
        let levels = Array(rest)
        switch levels.count {
        case 1 where levels[0] == "online": self = .online(prefix: prefix)
        case 1 where levels[0] == Self.memoryName: self = .memory(prefix: prefix)
        case 1 where levels[0] == "announce" && isPlain: self = .announce(prefix: prefix)
        case 2 where levels[0] == "events" && levels[1] == "rpc": self = .notifications(prefix: prefix)
        case 2 where levels[0] == "status":
            guard ShellyComponent(String(levels[1])) != nil else { return nil }
            self = .status(prefix: prefix, component: String(levels[1]))
        default:
            guard isPlain else { return nil }
            self = .plain(prefix: prefix, rest: levels.joined(separator: "/"))
        }
    }

    /// Whether a device that says no more than `online` under this topic is a Shelly.
    static func isShelly(_ prefix: String) -> Bool {
        let levels = prefix.split(separator: "/")
        if levels.first.map({ $0 == root }) == true { return true }
        return [levels.first, levels.last].contains { $0?.lowercased().hasPrefix("shelly") == true }
    }
}
