package import Komoku
internal import KomokuStore
package import KomokuYAML

extension Hub.Configuration {
    /// Reads the sections `hub` and `keys`; what is wrong goes to the reader's report.
    package init(reading root: SettingsReader) {
        self.init()
        let hub = root.section("hub")
        name = hub.value("name", .hubName, default: name)
        timeZone = hub.value("timezone", .timeZone)
        location = hub.mapping("location").flatMap(Location.init(reading:))
        guard let keys = root.mapping("keys") else { return }
        for entry in keys.entries {
            guard let pattern = entry.key.value(.keyPattern), let reader = entry.value.reader() else { continue }
            self.keys.append(KeyEntry(pattern: pattern, reading: reader))
            reader.finish()
        }
    }
}

extension Hub.Configuration.Location {
    fileprivate init?(reading reader: SettingsReader) {
        // Both are read before either is judged, so that both report.
        let latitude = reader.required("latitude", .number(in: -90...90))
        let longitude = reader.required("longitude", .number(in: -180...180))
        guard let latitude, let longitude else { return nil }
        self.init(latitude: latitude, longitude: longitude)
    }
}

extension Hub.Configuration.KeyEntry {
    fileprivate init(pattern: KeyPattern, reading reader: SettingsReader) {
        self.init(pattern: pattern, type: reader.value("type", .word), options: reader.keyOptions())
        if let type, type != .string, options.contains(where: { $0.name == "log" && $0.value == true }) {
            reader.error(at: "log", "'log' is for string keys, and this is \(type.rawValue)")
        }
        if options.contains(where: { $0.name == "integrate" }), type != .counter || !pattern.isLiteral {
            reader.error(at: "integrate", "'integrate' is for a key by its name, with 'type: counter'")
        }
        if pattern.isLiteral || type != .uptime || options.contains(where: { $0.name == "max_time" }) { return }
        reader.warning(
            at: "type", "every key that matches '\(pattern)' falls to false after the default max_time of 60s")
    }
}

extension SettingsReader {
    /// The options of a key (`unit`, `precision`, `max_time`, …) as `KeyOptions` takes them.
    package func keyOptions() -> [JSON.Member] {
        var members: [JSON.Member] = []
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        func seconds(_ name: String, from least: Duration) -> JSON? {
            value(name, .duration(in: least...Duration(microseconds: .max))).map { .number($0.seconds) }
        }
        add("unit", value("unit", .string).map { .string($0) })
        add("precision", value("precision", .integer(in: 0...15)).map { .number(Double($0)) })
        add("max_time", seconds("max_time", from: .milliseconds(1)))
        add("expect_every", seconds("expect_every", from: .milliseconds(1)))
        add("same_value_resolution", seconds("same_value_resolution", from: .zero))
        add("min_resolution", seconds("min_resolution", from: .zero))
        add("event", value("event", .bool).map { .bool($0) })
        add("log", value("log", .bool).map { .bool($0) })
        add("keep", value("keep", .integer(in: 1...Int(Int32.max))).map { .number(Double($0)) })
        add("keep_for", seconds("keep_for", from: .milliseconds(1)))
        add("kind", (value("kind", .word) as CounterKind?).map { .string($0.rawValue) })
        add("modulus", value("modulus", .number(in: 1e-9...1e18)).map { .number($0) })
        add("max_rate", value("max_rate", .counterRate).map { .string($0) })
        add("integrate", mapping("integrate").flatMap { $0.integral() })
        if let texts = value("values", .list(of: .string)) {
            if texts.isEmpty {
                error(at: "values", "'values' is empty", remedy: "name the texts that the key takes")
            } else {
                add("values", .array(texts.map { .string($0) }))
            }
        }
        return members
    }

    private func integral() -> JSON? {
        let (source, unit) = (required("from", .string), value("unit", .energyUnit, default: "kWh"))
        finish()
        guard let source else { return nil }
        guard KeyName(source) != nil else {
            error(at: "from", "'\(source.prefix(80))' cannot be the name of a key")
            return nil
        }
        return ["from": .string(source), "unit": .string(unit)]
    }
}

extension SettingType where Value == String {
    fileprivate static var energyUnit: SettingType {
        .text("Wh, kWh or MWh") { text throws(SettingProblem) in
            guard EnergyUnit(named: text) != nil else { throw SettingProblem("it is no such unit") }
            return text
        }
    }

    /// Kept as it was written.
    package static var counterRate: SettingType {
        .text("a rate such as 20/h or 0.5/s") { text throws(SettingProblem) in
            guard CounterRate(parsing: text) != nil else {
                throw SettingProblem("it is no number by 's', 'm', 'h' or 'd', above 0")
            }
            return text
        }
    }

    /// It becomes part of MQTT client ids and topics.
    fileprivate static var hubName: SettingType {
        .text("letters, digits, '_' and '-'") { text throws(SettingProblem) in
            guard !text.contains("."), KeyName(text) != nil, text.utf8.count <= 32 else {
                throw SettingProblem("it is empty, longer than 32 bytes or has other characters")
            }
            return text
        }
    }

    fileprivate static var timeZone: SettingType {
        .text("a time zone such as 'Europe/Warsaw'") { text throws(SettingProblem) in
            do throws(ZoneFiles.Failure) {
                _ = try ZoneFiles().zone(named: text)
                return text
            } catch {
                throw SettingProblem(error.description)
            }
        }
    }
}
