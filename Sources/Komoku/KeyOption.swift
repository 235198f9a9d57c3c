/// One option of keys: what it is called, what it takes, and for which types of keys it is.
///
/// The same table stands behind `define`, the section `keys` and the mappings, so that all of them take and refuse the same.
public struct KeyOption: Sendable {
    public enum Content: Hashable, Sendable {
        /// - Parameters:
        ///   - least: the shortest one that is taken.
        ///   - mayBeNever: null is never.
        case duration(least: Duration, mayBeNever: Bool)
        case count(ClosedRange<Int>)
        case flag
        case text
        case texts
        case word([String])
        case number(ClosedRange<Double>)
        case rate
        /// Which key a counter is the energy of.
        case integral
    }

    public let name: String
    public let content: Content
    /// Nil is for all.
    public let types: [KeyType]?

    init(_ name: String, _ content: Content, for types: KeyType...) {
        self.name = name
        self.content = content
        self.types = types.isEmpty ? nil : types
    }

    private static let shortest = Duration(microseconds: 1)

    /// Ordered as they are documented.
    public static let all = [
        KeyOption("unit", .text),
        KeyOption("precision", .count(0...15), for: .numeric, .counter),
        KeyOption("max_time", .duration(least: shortest, mayBeNever: true), for: .uptime),
        KeyOption("expect_every", .duration(least: shortest, mayBeNever: true)),
        KeyOption("same_value_resolution", .duration(least: .zero, mayBeNever: false)),
        KeyOption("min_resolution", .duration(least: .zero, mayBeNever: false)),
        KeyOption("through_outage", .word(["known", "unknown"])),
        KeyOption("kind", .word(CounterKind.allCases.map(\.rawValue)), for: .counter),
        KeyOption("modulus", .number(1e-9...1e18), for: .counter),
        KeyOption("max_rate", .rate, for: .counter),
        KeyOption("integrate", .integral, for: .counter),
        KeyOption("values", .texts, for: .string),
        KeyOption("event", .flag, for: .string),
        KeyOption("log", .flag, for: .string),
        KeyOption("keep", .count(1...Int(Int32.max)), for: .string),
        KeyOption("keep_for", .duration(least: shortest, mayBeNever: false), for: .string),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { (Array($0.name.utf8), $0) })

    public static func named(_ name: String) -> KeyOption? { byName[Array(name.utf8)] }

    /// The longest text that is taken, in bytes of UTF-8, and the most texts: options are kept with every key.
    public static let maximumText = 256
    public static let maximumTexts = 256
    /// A thousand years: what is longer is meant to be never.
    public static let longest = Duration.seconds(365_250 * 86_400)
}

extension KeyOption {
    /// Completes "expects …", for a value that came as JSON.
    public var expectation: String {
        switch content {
        case .duration(let least, let mayBeNever):
            let seconds = least > .zero ? "a number of seconds above 0" : "a number of seconds"
            return mayBeNever ? "\(seconds), or null for never" : seconds
        case .count(let range):
            return range.upperBound == Int(Int32.max)
                ? "a whole number from \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: return "true or false"
        case .text: return "a text of at most \(Self.maximumText) bytes"
        case .texts:
            return "a list of 1 to \(Self.maximumTexts) texts of at most \(Self.maximumText) bytes each"
        case .word(let words):
            return (words.count == 1 ? "" : "one of ") + words.map { "'\($0)'" }.joined(separator: ", ")
        case .number(let range): return "a number from \(range.lowerBound) to \(range.upperBound)"
        case .rate: return "a rate such as 20/h or 0.5/s"
        case .integral: return "an object with 'from', a key of power, and 'unit': Wh, kWh or MWh"
        }
    }

    /// Why an option cannot have a value, as a sentence; nil where it can.
    public static func fault(_ name: String, _ value: JSON) -> String? {
        guard let option = named(name) else { return unknown(name) }
        return option.takes(value) ? nil : "'\(option.name)' expects \(option.expectation), found \(value.excerpt)"
    }

    public static func unknown(_ name: String) -> String {
        let names = all.map(\.name)
        let question = Suggestion.question(for: String(name.prefix(64)), in: names)
        let known = "known are " + names.map { "'\($0)'" }.joined(separator: ", ")
        return "there is no option '\(name.prefix(64))'; \(question ?? known)"
    }

    /// Why an option is none for keys of a type, as a sentence; nil where it is one. What is switched off does nobody harm.
    public static func misfit(_ name: String, _ value: JSON, for type: KeyType) -> String? {
        guard let types = named(name)?.types, !types.contains(type), value != false else { return nil }
        return "'\(name)' is for \(types.map(\.rawValue).joined(separator: " and ")) keys, and this is \(type.rawValue)"
    }

    public func takes(_ value: JSON) -> Bool {
        switch (content, value) {
        case (.duration(_, let mayBeNever), .null): mayBeNever
        case (.duration(let least, _), .number(let number)):
            Duration(seconds: number).map { (least...Self.longest).contains($0) } ?? false
        case (.count(let range), .number(let number)): Int(exactly: number).map(range.contains) ?? false
        case (.flag, .bool): true
        case (.text, .string(let text)): Self.isShort(text)
        case (.texts, .array(let items)):
            1...Self.maximumTexts ~= items.count && items.allSatisfy { $0.string.map(Self.isShort) ?? false }
        case (.word(let words), .string(let text)): words.contains { $0.utf8.elementsEqual(text.utf8) }
        case (.number(let range), .number(let number)): range.contains(number)
        case (.rate, _): CounterRate(value).map { _ in value.string.map(Self.isShort) ?? true } ?? false
        case (.integral, .object(let members)): members.count <= 2 && PowerIntegral(value) != nil
        default: false
        }
    }

    private static func isShort(_ text: String) -> Bool { text.utf8.count <= maximumText }
}

extension JSON {
    /// For a person: what was given, if it is not long.
    fileprivate var excerpt: String {
        switch self {
        case .string(let text): "'\(text.prefix(40))'" + (text.utf8.count > 40 ? "…" : "")
        case .array(let items) where items.count > 8: "a list of \(items.count)"
        case .object(let members) where members.count > 8: "an object of \(members.count)"
        default: text.utf8.count > 64 ? String(text.prefix(40)) + "…" : text
        }
    }
}
