internal import Komoku
internal import KomokuWire
package import KomokuYAML

extension EnergySettings {
    /// Reads the section; every problem goes to the report.
    ///
    /// - Parameter keys: which there are, and of which types.
    package static func read(_ root: SettingsReader, keys: KeyDirectory) -> EnergySettings {
        var settings = EnergySettings()
        guard let section = root.mapping("energy") else { return settings }
        let reading = EnergyReading(section: section, keys: keys)
        settings.currency = section.value("currency", .currency)
        for name in ["grid", "battery"] {
            let (into, out): (EnergyMeterKind, EnergyMeterKind) =
                name == "grid" ? (.gridIn, .gridOut) : (.batteryIn, .batteryOut)
            guard let pair = section.mapping(name) else { continue }
            settings.meters += reading.meters("in", of: into, in: pair) + reading.meters("out", of: out, in: pair)
        }
        for (name, kind) in [("solar", .solar), ("water", .water), ("gas", .gas), ("devices", .device)]
            as [(String, EnergyMeterKind)]
        {
            settings.meters += reading.meters(name, of: kind, in: section)
        }
        settings.price = reading.price("price", in: section)
        settings.feedIn = reading.price("feed_in", in: section)
        reading.checkUniqueness()
        return settings
    }
}

/// One reading of the section.
private final class EnergyReading {
    private let section: SettingsReader
    private let keys: KeyDirectory
    /// Where each key was named.
    private var places: [(key: KeyName, setting: Setting)] = []

    init(section: SettingsReader, keys: KeyDirectory) {
        (self.section, self.keys) = (section, keys)
    }

    /// A key, or a mapping with one, or a list of these.
    func meters(_ name: String, of kind: EnergyMeterKind, in reader: SettingsReader) -> [EnergySettings.Meter] {
        guard let setting = reader.setting(name) else { return [] }
        return (setting.items ?? [setting]).compactMap { meter($0, kind) }
    }

    private func meter(_ setting: Setting, _ kind: EnergyMeterKind) -> EnergySettings.Meter? {
        guard setting.node.entries != nil else {
            return key(setting, kind).map { EnergySettings.Meter($0, kind) }
        }
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        let name = reader.value("name", .nonEmptyString)
        let own = price("price", in: reader, isAllowed: Self.priced.contains(kind), kind)
        let factor = reader.value("factor", .number)
        if let factor, kind != .gas || !(factor > 0) {
            reader.error(
                at: "factor",
                kind == .gas ? "'factor' is more than 0" : "only gas has a 'factor', the kWh in a unit of it",
                remedy: kind == .gas ? "write what a cubic metre comes to, such as 10.55" : "leave it out")
        }
        guard let place = reader.setting("key") else {
            reader.error("\(reader.subject) needs 'key', the counter that it is about")
            return nil
        }
        guard let key = key(place, kind) else { return nil }
        var meter = EnergySettings.Meter(key, kind)
        (meter.name, meter.price, meter.factor) = (name, own, factor)
        return meter
    }

    private static let priced: Set<EnergyMeterKind> = [.gridIn, .gridOut, .water, .gas]

    // MARK: Keys

    private func key(_ setting: Setting, _ kind: EnergyMeterKind) -> KeyName? {
        guard let key = setting.value(.keyName) else { return nil }
        places.append((key, setting))
        guard let (type, unit) = nature(of: key, setting) else { return key }
        if let type, type != .counter {
            setting.error(
                "'\(key)' is \(type.rawValue), and a meter is a counter", remedy: Self.remedy(key, type, unit))
            return nil
        }
        if let unit, EnergyScale(kind, unit: unit, factor: nil) == nil {
            setting.error(
                "'\(key)' counts \(unit), and this meter has to count \(EnergyScale.words(for: kind))",
                remedy: "name another key, or correct its 'unit' under 'keys'")
        }
        return key
    }

    private static func remedy(_ key: KeyName, _ type: KeyType, _ unit: String?) -> String {
        guard type == .numeric else { return "name a key of type counter" }
        return EnergyUnit(power: unit) == nil
            ? "if it only ever grows, write 'type: counter' for it under 'keys' or in 'map'"
            : "it is a power: make a counter of it under 'keys': NAME: {type: counter, integrate: {from: \(key), unit: kWh}}"
    }

    /// Nil where nothing is known of the key; it may be an error that there is none.
    private func nature(of key: KeyName, _ setting: Setting) -> (type: KeyType?, unit: String?)? {
        let question = { [keys] in Suggestion.question(for: key.text, in: keys.names.map(\.text)) }
        guard let found = keys.nature(of: key) else {
            setting.error(
                "there is no key '\(key)', and nothing in the configuration makes it",
                remedy: question() ?? "name a key of 'map', 'keys' or a device")
            return nil
        }
        if keys.isMissing(key), keys.knowsHouse {
            setting.warning("the house has no key '\(key)' so far", remedy: question())
        }
        return found
    }

    /// A meter that counts twice would make every sum wrong.
    func checkUniqueness() {
        var seen: [KeyName: SourcePosition] = [:]
        for (key, setting) in places {
            if let first = seen[key] {
                setting.error(
                    "'\(key)' is named twice, first at line \(first.line), column \(first.column)",
                    remedy: "name each meter once")
            } else {
                seen[key] = setting.position
            }
        }
    }

    // MARK: Prices

    /// - Parameter isAllowed: a price of its own.
    func price(
        _ name: String, in reader: SettingsReader, isAllowed: Bool = true, _ kind: EnergyMeterKind? = nil
    ) -> EnergyPrice? {
        guard let setting = reader.setting(name) else { return nil }
        guard isAllowed else {
            setting.error(
                "only the grid, water and gas have a price",
                remedy: "leave it out; what is used is paid for at the grid's price")
            return nil
        }
        if setting.node.number != nil { return setting.value(.price).map { .fixed($0) } }
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        guard let (word, inner) = reader.exactlyOne(of: "fixed", "hours", "key") else { return nil }
        switch word {
        case "fixed": return inner.value(.price).map { .fixed($0) }
        case "hours": return hours(inner).map { .hours($0) }
        default: return priceKey(inner).map { .key($0) }
        }
    }

    private func priceKey(_ setting: Setting) -> KeyName? {
        guard let key = setting.value(.keyName) else { return nil }
        guard let (type, _) = nature(of: key, setting), let type, type != .numeric else { return key }
        setting.error(
            "'\(key)' is \(type.rawValue), and a price is a number that goes up and down", remedy: "name a numeric key")
        return nil
    }

    private func hours(_ setting: Setting) -> HourPrices? {
        guard let reader = setting.reader() else { return nil }
        var (spans, otherwise): ([HourPrices.Span], Double?) = ([], nil)
        for entry in reader.entries {
            if entry.key.node.text?.utf8.elementsEqual("otherwise".utf8) == true {
                otherwise = entry.value.value(.price)
            } else if var span = entry.key.value(.span), let price = entry.value.value(.price) {
                span.price = price
                if (0..<1440).contains(where: { minute in span.holds(minute) && spans.contains { $0.holds(minute) } }) {
                    entry.key.error(
                        "two prices are for the same time of day", remedy: "let one begin where the other ends")
                }
                spans.append(span)
            }
        }
        let isWhole = (0..<1440).allSatisfy { minute in spans.contains { $0.holds(minute) } }
        guard let rest = otherwise ?? (isWhole ? 0 : nil) else {
            reader.error("'hours' does not say what the rest of the day costs", remedy: "add 'otherwise: PRICE'")
            return nil
        }
        return HourPrices(spans, otherwise: rest)
    }
}

extension SettingType where Value == KeyName {
    fileprivate static var keyName: SettingType {
        .text("the name of a key") { text throws(Setting.Invalid) in
            do throws(KeyName.Invalid) {
                return try KeyName(validating: text)
            } catch {
                throw Setting.Invalid(error.reason)
            }
        }
    }
}

extension SettingType where Value == String {
    fileprivate static var currency: SettingType {
        .text("a currency such as EUR") { text throws(Setting.Invalid) in
            guard (1...8).contains(text.count), text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
            else { throw Setting.Invalid("it has 1 to 8 characters without spaces") }
            return text
        }
    }
}

extension SettingType where Value == Double {
    fileprivate static var price: SettingType {
        SettingType(expectation: "a price such as 0.31") { setting in
            guard let price = setting.node.number, price.isFinite, abs(price) <= 1_000_000 else {
                setting.mismatch(expecting: "a price such as 0.31")
                return nil
            }
            return price
        }
    }
}

extension SettingType where Value == HourPrices.Span {
    /// `00:00-06:00`, still without its price.
    fileprivate static var span: SettingType {
        .text("hours such as \"00:00-06:00\"") { text throws(Setting.Invalid) in
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, let from = minute(parts[0]), let to = minute(parts[1]), from < 1440 else {
                throw Setting.Invalid("it is not two times with a '-' between them")
            }
            guard from != to else { throw Setting.Invalid("it begins where it ends") }
            return HourPrices.Span(from: from, to: to % 1440, price: 0)
        }
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour <= 24, minute < 60, hour < 24 || minute == 0
        else { return nil }
        return hour * 60 + minute
    }
}
