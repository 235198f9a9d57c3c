internal import Komoku
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
        let type: KeyType? = reader.value("type", .word)
        self.init(pattern: pattern, type: type, options: reader.keyOptions(for: type))
        if options.contains(where: { $0.name == "integrate" }), type != .counter || !pattern.isLiteral {
            reader.error(at: "integrate", "'integrate' is for a key by its name, with 'type: counter'")
        }
        if pattern.isLiteral || type != .uptime || options.contains(where: { $0.name == "max_time" }) { return }
        reader.warning(
            at: "type", "every key that matches '\(pattern)' falls to false after the default max_time of 60s")
    }
}

extension SettingType where Value == String {
    /// It becomes part of MQTT client ids and topics.
    fileprivate static var hubName: SettingType {
        .text("letters, digits, '_' and '-'") { text throws(Setting.Invalid) in
            guard !text.contains("."), KeyName(text) != nil, text.utf8.count <= 32 else {
                throw Setting.Invalid("it is empty, longer than 32 bytes or has other characters")
            }
            return text
        }
    }

    fileprivate static var timeZone: SettingType {
        .text("a time zone such as 'Europe/Warsaw'") { text throws(Setting.Invalid) in
            do throws(ZoneFiles.Failure) {
                _ = try ZoneFiles().zone(named: text)
                return text
            } catch {
                throw Setting.Invalid(error.description)
            }
        }
    }
}
