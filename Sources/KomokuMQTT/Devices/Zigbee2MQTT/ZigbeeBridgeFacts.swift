internal import Komoku

/// What `bridge/info` says that changes how the rest is read.
struct ZigbeeBridgeFacts: Hashable {
    /// One topic per attribute instead of one JSON message.
    var hasAttributeTopics = false
    /// Nil is not known.
    var hasAvailability: Bool?

    init() {}

    init(_ info: JSON) {
        let config = info["config"]
        hasAttributeTopics =
            (config?["advanced"]?["output"] ?? config?["experimental"]?["output"])?.string == "attribute"
        guard let config else { return }
        hasAvailability =
            switch config["availability"] {
            case .bool(let isOn): isOn
            case .object(let members):
                // 1.x has no switch inside: what is configured is on.
                members.last { $0.name == "enabled" }?.value.bool ?? true
            default: config["advanced"]?["availability_timeout"]?.number.map { $0 > 0 } ?? false
            }
    }
}
