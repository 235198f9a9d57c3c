package import Komoku

extension SettingType where Value == String {
    /// Any text. A plain number or `true` is taken as it is written.
    package static var string: SettingType { .text("text") { $0 } }

    package static var nonEmptyString: SettingType {
        .text("text") { text throws(Setting.Invalid) in
            if text.isEmpty { throw Setting.Invalid("it is empty") }
            return text
        }
    }
}

extension SettingType where Value == Bool {
    package static var bool: SettingType {
        .scalar("true or false", remedy: "write true or false, without quotes") { $0.bool }
    }
}

extension SettingType where Value == Int {
    package static var integer: SettingType { .scalar("a whole number") { $0.integer } }

    package static func integer(in range: ClosedRange<Int>) -> SettingType {
        .scalar("a whole number from \(range.lowerBound) to \(range.upperBound)") { node in
            node.integer.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Bytes, written `4GB` (powers of 1000), `16MiB` (powers of 1024) or as a bare number.
    package static func byteSize(in range: ClosedRange<Int> = 0...Int.max) -> SettingType {
        let bounds = range == 0...Int.max ? "" : " from \(range.lowerBound) to \(range.upperBound) bytes"
        return .scalar("a size such as 4GB or 16MiB\(bounds)") { node in
            node.text.flatMap(ByteSize.parse).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingType where Value == Double {
    /// A finite number.
    package static var number: SettingType {
        .scalar("a number") { node in node.number.flatMap { $0.isFinite ? $0 : nil } }
    }

    package static func number(in range: ClosedRange<Double>) -> SettingType {
        let bounds = "\(DecimalNumber.text(range.lowerBound)) to \(DecimalNumber.text(range.upperBound))"
        return .scalar("a number from \(bounds)") { node in node.number.flatMap { range.contains($0) ? $0 : nil } }
    }
}

extension SettingType where Value == Duration {
    package static var duration: SettingType {
        .scalar("a duration such as 90s, 5m, 2h or 1d", remedy: "add a unit: s, m, h or d", read: parse)
    }

    package static func duration(in range: ClosedRange<Duration>) -> SettingType {
        .scalar("a duration from \(range.lowerBound) to \(range.upperBound)", remedy: "add a unit: s, m, h or d") {
            node in
            parse(node).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    private static func parse(_ node: YAMLNode) -> Duration? {
        node.text.flatMap { try? Duration(parsing: $0) }
    }
}

extension SettingType where Value == KeyName {
    package static var keyName: SettingType {
        named("the name of a key", { text throws(KeyName.Invalid) in try KeyName(validating: text) }) { KeyPattern($0) }
    }
}

extension SettingType where Value == KeyPattern {
    package static var keyPattern: SettingType {
        named(
            "a key or a pattern such as 'kitchen.*'",
            { text throws(KeyName.Invalid) in try KeyPattern(validating: text) }, { $0 })
    }
}

extension SettingType {
    /// Keys that the configuration names.
    fileprivate static func named(
        _ expectation: String, _ make: @escaping (String) throws(KeyName.Invalid) -> Value,
        _ pattern: @escaping (Value) -> KeyPattern
    ) -> SettingType {
        let type = SettingType.text(expectation) { text throws(Setting.Invalid) in
            do throws(KeyName.Invalid) {
                return try make(text)
            } catch {
                throw Setting.Invalid(error.reason)
            }
        }
        return SettingType(expectation: expectation) { setting in
            let value = type.read(setting)
            if let value { setting.mentions?.note(pattern(value), in: setting.node) }
            return value
        }
    }
}

extension SettingType where Value == YAMLNode {
    /// Any value at all.
    package static var node: SettingType { SettingType(expectation: "a value") { $0.node } }
}

extension SettingType {
    /// One of some words, compared byte by byte.
    package static func word(_ words: KeyValuePairs<String, Value>) -> SettingType {
        let names = words.map(\.key)
        return SettingType(expectation: list(names)) { setting in
            let expectation = names.count == 1 ? list(names) : "one of \(list(names))"
            guard let text = setting.text(expecting: expectation) else { return nil }
            if let match = words.first(where: { $0.key.utf8.elementsEqual(text.utf8) }) { return match.value }
            setting.mismatch(expecting: expectation, remedy: Synonyms.suggestion(for: text, in: names))
            return nil
        }
    }

    private static func list(_ words: [String]) -> String {
        words.map { "'\($0)'" }.joined(separator: ", ")
    }
}

extension SettingType where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the raw values of an enum.
    package static var word: SettingType { word(Array(Value.allCases)) }

    /// One of some of the cases of an enum.
    package static func word(_ cases: [Value]) -> SettingType {
        let names = cases.map(\.rawValue)
        let expectation = "one of " + names.map { "'\($0)'" }.joined(separator: ", ")
        return SettingType(expectation: expectation) { setting in
            guard let text = setting.text(expecting: expectation) else { return nil }
            if let match = cases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) { return match }
            setting.mismatch(expecting: expectation, remedy: Synonyms.suggestion(for: text, in: names))
            return nil
        }
    }
}

extension SettingType {
    /// A scalar that `read` understands. `remedy` is said where the scalar is some other text, the quotes are blamed
    /// where it would be understood without them.
    private static func scalar(
        _ expectation: String, remedy: String? = nil, read: @escaping (YAMLNode) -> Value?
    ) -> SettingType {
        SettingType(expectation: expectation) { setting in
            if let value = read(setting.node) { return value }
            var remedy = setting.node.isNull || setting.node.scalar == nil ? nil : remedy
            if let scalar = setting.node.scalar, scalar.isQuoted {
                let bare = YAMLNode(.scalar(YAMLScalar(scalar.text)), at: setting.position)
                if read(bare) != nil { remedy = "write it without quotes" }
            }
            if let text = setting.node.text, let point = text.withDecimalPoint,
                read(YAMLNode(.scalar(YAMLScalar(point)), at: setting.position)) != nil
            {
                remedy = "write \(point)"
            }
            setting.mismatch(expecting: expectation, remedy: remedy)
            return nil
        }
    }
}

extension String {
    /// `52,52` with a point; nil where there is not one comma.
    fileprivate var withDecimalPoint: String? {
        let parts = split(separator: ",", omittingEmptySubsequences: false)
        return parts.count == 2 ? parts.joined(separator: ".") : nil
    }
}
