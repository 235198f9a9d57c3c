package import Komoku

extension SettingsReader {
    /// The options of a key (`unit`, `precision`, `max_time`, …) as `KeyOptions` takes them.
    ///
    /// - Parameters:
    ///   - type: of the key, where it is known; options that are for others are refused.
    ///   - isMapping: of a mapping: `values` that is a table is somebody else's, and messages are no integral.
    package func keyOptions(for type: KeyType?, isMapping: Bool = false) -> [JSON.Member] {
        KeyOption.all.compactMap { option in
            guard let setting = setting(option.name) else { return nil }
            if isMapping, option.content == .texts, setting.node.sequence == nil { return nil }
            if isMapping, option.content == .integral {
                error(at: option.name, "'\(option.name)' is for a key of the section 'keys'")
                return nil
            }
            if option.content == .texts, setting.node.isNull || setting.node.sequence?.isEmpty ?? false {
                error(
                    at: option.name, "'\(option.name)' is empty", remedy: "name the texts that the key takes")
                return nil
            }
            guard let value = setting.value(.keyOption(option)) else { return nil }
            if let type, let misfit = KeyOption.misfit(option.name, value, for: type) {
                error(at: option.name, misfit)
                return nil
            }
            return JSON.Member(option.name, value)
        }
    }
}

extension SettingsReader {
    fileprivate func integral() -> JSON? {
        let (source, unit) = (required("from", .string), value("unit", .energyUnit, default: "kWh"))
        finish()
        guard let source else { return nil }
        guard let name = KeyName(source) else {
            error(at: "from", "'\(source.prefix(80))' cannot be the name of a key")
            return nil
        }
        if let from = setting("from") { from.mentions?.note(KeyPattern(name), in: from.node) }
        return ["from": .string(source), "unit": .string(unit)]
    }
}

extension SettingType where Value == String {
    fileprivate static var energyUnit: SettingType {
        .text("Wh, kWh or MWh") { text throws(Setting.Invalid) in
            guard EnergyUnit(named: text) != nil else { throw Setting.Invalid("it is no such unit") }
            return text
        }
    }

    /// Kept as it was written.
    fileprivate static var counterRate: SettingType {
        .text("a rate such as 20/h or 0.5/s") { text throws(Setting.Invalid) in
            guard CounterRate(parsing: text) != nil else {
                throw Setting.Invalid("it is no number by 's', 'm', 'h' or 'd', above 0")
            }
            return text
        }
    }
}

extension SettingType where Value == JSON {
    /// What an option of keys takes.
    fileprivate static func keyOption(_ option: KeyOption) -> SettingType {
        switch option.content {
        case .duration(let least, let mayBeNever): .seconds(from: least, mayBeNever: mayBeNever)
        case .count(let range):
            SettingType<Int>.integer(in: range).map { .number(Double($0)) }
        case .flag: SettingType<Bool>.bool.map { .bool($0) }
        case .text, .word:
            SettingType<String>.string.map { .string($0) }.taken(by: option)
        case .texts: texts(option)
        case .number(let range): SettingType<Double>.number(in: range).map { .number($0) }
        case .rate: SettingType<String>.counterRate.map { .string($0) }
        case .integral: SettingType(expectation: option.expectation) { $0.reader()?.integral() }
        }
    }

    private static func seconds(from least: Duration, mayBeNever: Bool) -> SettingType {
        let above = least > .zero ? " above 0" : ""
        let expectation = "a duration\(above) such as 90s, 5m, 2h or 1d" + (mayBeNever ? ", or null for never" : "")
        return SettingType(expectation: expectation) { setting in
            if setting.node.isNull, mayBeNever { return .null }
            let duration = setting.node.text.flatMap { try? Duration(parsing: $0) }
            if let duration, (least...KeyOption.longest).contains(duration) { return .number(duration.seconds) }
            let isScalar = setting.node.text != nil && !setting.node.isNull
            setting.mismatch(
                expecting: expectation,
                remedy: isScalar && duration == nil ? "add a unit: s, m, h or d" : nil)
            return nil
        }
    }

    private static func texts(_ option: KeyOption) -> SettingType {
        SettingType(expectation: option.expectation) { setting in
            let texts: [String]? = setting.value(.list(of: .string))
            // A text that could not be read was reported.
            guard let texts, texts.count == setting.node.sequence?.count else { return nil }
            return setting.taken(.array(texts.map { .string($0) }), by: option)
        }
    }

    private func taken(by option: KeyOption) -> SettingType {
        SettingType(expectation: option.expectation) { setting in
            setting.value(self).flatMap { setting.taken($0, by: option) }
        }
    }
}

extension SettingType {
    fileprivate func map<Other>(_ make: @escaping (Value) -> Other) -> SettingType<Other> {
        SettingType<Other>(expectation: expectation) { setting in setting.value(self).map(make) }
    }
}

extension Setting {
    /// The value where the option takes it; nil after a report.
    fileprivate func taken(_ value: JSON, by option: KeyOption) -> JSON? {
        if option.takes(value) { return value }
        mismatch(expecting: option.expectation)
        return nil
    }
}
