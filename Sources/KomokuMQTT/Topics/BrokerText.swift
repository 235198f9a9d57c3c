/// Which texts brokers take: they refuse others, or hang up.
enum BrokerText {
    /// Whether a filter can be subscribed to; what comes from devices may be anything.
    static func canSubscribe(to filter: String) -> Bool { TopicFilter(filter) != nil && isPrintable(filter) }

    /// No control characters, and none of those that stand for no character.
    static func isPrintable(_ text: String) -> Bool {
        if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return true }
        return text.unicodeScalars.allSatisfy { scalar in
            let value = scalar.value
            return value >= 0x20 && !(0x7F..<0xA0 ~= value) && !(0xFDD0...0xFDEF ~= value) && value & 0xFFFE != 0xFFFE
        }
    }
}
