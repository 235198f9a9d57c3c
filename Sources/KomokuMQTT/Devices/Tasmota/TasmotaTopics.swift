import Komoku

/// The first levels of a device's topics, which its owner may rename.
struct TasmotaPrefixes: Hashable {
    var commands = "cmnd"
    var answers = "stat"
    var telemetry = "tele"

    init() {}

    /// In the order of the discovery.
    init(_ texts: [JSON]) {
        let words = texts.prefix(3).map { $0.string.flatMap(TasmotaConfig.short) }
        if words.count > 0, let word = words[0] { commands = word }
        if words.count > 1, let word = words[1] { answers = word }
        if words.count > 2, let word = words[2] { telemetry = word }
    }
}

/// Where a device's messages are: each text ends in `/`, and the name of the message or command follows.
struct TasmotaTopics: Hashable {
    let commands: String
    let answers: String
    let telemetry: String

    /// The longest text of them, in bytes.
    static let maximumLength = 512

    /// - Throws: a sentence, where no broker would take these topics.
    init(_ config: TasmotaConfig) throws(TasmotaConfig.Invalid) {
        // The firmware puts the prefix of commands behind where the pattern has none: its own answers would be commands.
        let pattern = config.fullTopic
        let ordered = pattern.contains("%prefix%") ? pattern : pattern + "/%prefix%"
        commands = try Self.topic(ordered, config, config.prefixes.commands)
        answers = try Self.topic(pattern, config, config.prefixes.answers)
        telemetry = try Self.topic(pattern, config, config.prefixes.telemetry)
    }

    private static func topic(
        _ pattern: String, _ config: TasmotaConfig, _ prefix: String
    ) throws(TasmotaConfig.Invalid) -> String {
        let values = [
            "prefix": prefix, "topic": config.topic, "hostname": config.hostname, "id": config.identifier,
        ]
        let text = fill(pattern, values)
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") || $0 == 0 }) else {
            throw TasmotaConfig.Invalid("its topic '\(text.prefix(80))' holds a wildcard")
        }
        guard text.utf8.count <= maximumLength else { throw TasmotaConfig.Invalid("its topic is too long") }
        let levels = text.split(separator: "/", omittingEmptySubsequences: true)
        guard !levels.isEmpty else { throw TasmotaConfig.Invalid("its topic is empty") }
        // As the firmware does: no empty levels, and one slash at the end.
        return (text.hasPrefix("/") ? "/" : "") + levels.joined(separator: "/") + "/"
    }

    /// Each token once, so that a name with a token in it is not read again.
    private static func fill(_ pattern: String, _ values: [String: String]) -> String {
        var result = ""
        var parts = pattern.split(separator: "%", omittingEmptySubsequences: false)[...]
        while let part = parts.popFirst() {
            result += part
            guard let token = parts.first else { break }
            if let value = values[String(token)], parts.count > 1 {
                result += value
                parts.removeFirst()
            } else {
                result += "%"
            }
        }
        return result
    }
}
