/// What MQTT allows as the topic of a message, and as a filter of topics.
enum Topic {
    /// Why a text is no topic to publish to; nil where it is one.
    static func fault(in text: String) -> String? {
        if let fault = commonFault(in: text) { return fault }
        return text.utf8.contains { $0 == plus || $0 == hash } ? "'+' and '#' are for subscribing" : nil
    }

    /// Why a text is nothing to subscribe to; nil where it is.
    static func filterFault(in text: String) -> String? {
        if let fault = commonFault(in: text) { return fault }
        let levels = text.utf8.split(separator: slash, omittingEmptySubsequences: false)
        if levels.count > 200 { return "it has more than 200 levels" }
        if levels.dropLast().contains(where: { $0.elementsEqual([hash]) }) { return "'#' stands only at the end" }
        let isMixed = levels.contains { $0.count > 1 && $0.contains { $0 == plus || $0 == hash } }
        return isMixed ? "'+' and '#' stand for whole levels" : nil
    }

    /// Whether a message on a topic comes to those who subscribed to the filter.
    static func matches(_ topic: String, filter: String) -> Bool {
        let (levels, wanted) = (Self.levels(topic), Self.levels(filter))
        // Wildcards at the start leave out `$SYS` and its like.
        if topic.utf8.first == UInt8(ascii: "$"), filter.utf8.first != UInt8(ascii: "$") { return false }
        for (index, level) in wanted.enumerated() {
            if level.elementsEqual([hash]) { return true }
            guard index < levels.count else { return false }
            if !level.elementsEqual([plus]), !level.elementsEqual(levels[index]) { return false }
        }
        return levels.count == wanted.count
    }

    private static let plus = UInt8(ascii: "+")
    private static let hash = UInt8(ascii: "#")
    private static let slash = UInt8(ascii: "/")

    private static func levels(_ text: String) -> [Substring.UTF8View] {
        text.utf8.split(separator: slash, omittingEmptySubsequences: false)
    }

    private static func commonFault(in text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > 65_535 { return "it is longer than 65535 bytes" }
        if text.utf8.contains(0) { return "it holds a zero byte" }
        return text.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? "it holds a control character" : nil
    }
}
