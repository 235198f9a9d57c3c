import Komoku
import KomokuExpression
import KomokuYAML

/// Lengths of time as other programs write them: `00:05:00`, `{minutes: 5}`, `5 minutes`.
enum SpokenDuration {
    /// The same as it is written here; nil where it is none of these.
    static func meant(by node: YAMLNode) -> String? {
        if let entries = node.entries { return sum(entries)?.description }
        guard let text = node.text, node.scalar?.isSubstituted == false, (try? Duration(parsing: text)) == nil else {
            return nil
        }
        return clock(text)?.description ?? Idiom.duration(text)
    }

    private static func clock(_ text: String) -> Duration? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.utf8.count <= 3 ? UInt16($0) : nil }.map(Int64.init)
        guard 2...3 ~= parts.count, numbers.count == parts.count else { return nil }
        let seconds = numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0)
        return seconds > 0 ? .seconds(seconds) : nil
    }

    private static let units: [String: Double] = [
        "milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400,
    ]

    private static func sum(_ entries: [YAMLNode.Entry]) -> Duration? {
        var seconds = 0.0
        for entry in entries {
            guard let unit = entry.key.text.flatMap({ units[$0] }), let number = entry.value.number else { return nil }
            seconds += unit * number
        }
        return Duration(seconds: seconds).flatMap { $0 > .zero && $0 <= Expression.longestDuration ? $0 : nil }
    }
}

/// Times of day as other programs write them.
enum SpokenTime {
    static func remedy(for text: String) -> String? {
        let word = text.lowercased()
        switch word {
        case "dusk", "night", "nightfall": return "write sunset + 30m"
        case "dawn": return "write sunrise - 30m"
        case "noon", "midday": return "write 12:00"
        case "midnight": return "write 00:00"
        default: break
        }
        if word.hasSuffix("before sunset") || word.hasSuffix("before sunrise") {
            return "write \(word.hasSuffix("sunset") ? "sunset" : "sunrise") - 30m"
        }
        if let time = clock(word) { return "write \(time)" }
        if word.utf8.contains(UInt8(ascii: "-")), word.utf8.contains(UInt8(ascii: ":")) {
            return "a date stands beside it: at: \"18:00\", dates: [\"12-24\"]"
        }
        return Suggestion.question(
            for: String(text.prefix { $0.isLetter }), in: Sun.Event.allCases.map(\.rawValue))
    }

    /// `7`, `7.30`, `7pm`, `7:30 pm`, `0730`.
    private static func clock(_ text: String) -> String? {
        let isLate = text.hasSuffix("pm")
        let digits = (isLate || text.hasSuffix("am") ? text.dropLast(2) : text[...]).filter { $0 != " " }
        let written = digits.split(whereSeparator: { ":.h".contains($0) })
        var parts = written.compactMap { $0.utf8.count <= 4 ? UInt16($0) : nil }.map(Int.init)
        guard parts.count == written.count else { return nil }
        if parts.count == 1, digits.utf8.count == 4 { parts = [parts[0] / 100, parts[0] % 100] }
        guard 1...2 ~= parts.count else { return nil }
        let (hour, minute) = (parts[0] + (isLate && parts[0] < 12 ? 12 : 0), parts.count > 1 ? parts[1] : 0)
        guard hour < 24, minute < 60 else { return nil }
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}

extension SettingType where Value == Duration {
    /// A duration; where it is written as elsewhere, how it is written here.
    static var span: SettingType { span(in: .zero...Expression.longestDuration) }

    static func span(in range: ClosedRange<Duration>) -> SettingType {
        let bounds = "a duration from \(range.lowerBound) to \(range.upperBound)"
        return SettingType(expectation: bounds) { setting in
            if let duration = setting.node.text.flatMap({ try? Duration(parsing: $0) }) {
                if range.contains(duration) { return duration }
                setting.mismatch(expecting: bounds)
                return nil
            }
            let remedy = SpokenDuration.meant(by: setting.node).map { "write \($0)" } ?? "add a unit: s, m, h or d"
            setting.mismatch(
                expecting: "a duration such as 90s, 5m, 2h or 1d", remedy: setting.node.isNull ? nil : remedy)
            return nil
        }
    }
}
