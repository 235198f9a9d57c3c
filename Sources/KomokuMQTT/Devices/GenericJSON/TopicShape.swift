/// What a topic without discovery is, by its levels alone.
enum TopicShape: Hashable {
    /// Commands, pictures, and what is told elsewhere too.
    case ignored
    /// A text or a JSON document about the device that has the topic's name.
    case own
    /// A part of a device with several topics.
    case value(device: String, property: String, setTopic: String?)
    /// A value, or a JSON document with several, of a device that the first levels of a tree of topics name.
    case branch(device: String, property: String)
    /// A JSON document whose leaves are properties below a prefix.
    case leaves(device: String, prefix: String)
    /// The device's availability.
    case online(device: String)
    /// A JSON document with a code that was heard: an event.
    case code(device: String, property: String)
    /// rtl_433: each message names its device.
    case transmission
    /// What a gateway hears of a Bluetooth device.
    case beacon(device: String, gateway: String)

    init(_ topic: String) {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let last = levels.last ?? ""
        if topic.utf8.first == UInt8(ascii: "$") || Self.commands.contains(last) {
            self = .ignored
        } else if levels[0] == "rtl_433", levels.count > 2 {
            self = levels.count == 3 && last == "events" ? .transmission : .ignored
        } else if levels[0] == "frigate", levels.count > 1 {
            self = Self.frigate(levels, topic)
        } else if let tree = Self.trees[levels[0]], levels.count > tree.levels {
            self = Self.branch(levels, tree)
        } else {
            self = Self.gateway(levels) ?? .own
        }
    }

    private static let commands: Set<String> = ["set", "cmnd", "command", "get"]

    /// Publishers that tell each value under a topic of its own.
    private struct Tree {
        /// So many levels name the device.
        let levels: Int
        /// What says whether it is there.
        var online: String?
        /// Last levels that say nothing about it: answers to commands.
        var ignored: Set<String> = []
    }

    private static let trees: [String: Tree] = [
        "evcc": Tree(levels: 1, online: "status"),
        "go-eCharger": Tree(levels: 2, ignored: ["result"]),
    ]

    /// `evcc/loadpoints/1/chargePower`, `go-eCharger/<serial>/<key>`.
    private static func branch(_ levels: [String], _ tree: Tree) -> TopicShape {
        let device = levels.prefix(tree.levels).joined(separator: "/")
        let rest = levels.dropFirst(tree.levels)
        if let online = tree.online, rest.count == 1, rest.first == online { return .online(device: device) }
        if rest.contains(where: \.isEmpty) || tree.ignored.contains(rest.last ?? "") { return .ignored }
        return .branch(device: device, property: rest.joined(separator: "."))
    }

    /// `frigate/available`, `frigate/<camera>/<object or motion>`, `frigate/<camera>/<switch>/state`.
    private static func frigate(_ levels: [String], _ topic: String) -> TopicShape {
        if levels.count == 2 { return levels[1] == "available" ? .online(device: "frigate") : .ignored }
        let path = levels[1] + "." + levels[2]
        if levels.count == 3 { return .value(device: "frigate", property: path, setTopic: nil) }
        guard levels.count == 4 else { return .ignored }
        switch levels[3] {
        case "active": return .value(device: "frigate", property: path + ".active", setTopic: nil)
        case "state":
            // `motion` alone says whether something moves, not whether that is looked for.
            let property = levels[2] == "motion" ? path + ".state" : path
            return .value(device: "frigate", property: property, setTopic: topic.dropLast("state".count) + "set")
        default: return .ignored
        }
    }

    /// Where the values stand that a gateway tells of itself.
    static let system = "SYStoMQTT."

    /// OpenMQTTGateway and Theengs: `<base>/<gateway>/BTtoMQTT/<address>`, `…/433toMQTT`, `…/SYStoMQTT`, `…/LWT`.
    private static func gateway(_ levels: [String]) -> TopicShape? {
        guard levels.count >= 3, let last = levels.last else { return nil }
        let before = levels[levels.count - 2]
        if before == "BTtoMQTT" {
            guard levels.count >= 4, !last.isEmpty else { return .ignored }
            return .beacon(device: last, gateway: levels[levels.count - 3])
        }
        guard !before.isEmpty else { return nil }
        switch last {
        case "LWT": return .online(device: before)
        case "433toMQTT", "IRtoMQTT", "RFtoMQTT", "PilighttoMQTT", "LORAtoMQTT":
            return .code(device: before, property: last + ".value")
        case "SYStoMQTT": return .leaves(device: before, prefix: last)
        default: return nil
        }
    }
}
