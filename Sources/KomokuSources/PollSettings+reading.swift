internal import Komoku
package import KomokuHub
internal import KomokuMQTT
internal import KomokuRules
internal import KomokuStore
package import KomokuYAML

extension PollSettings {
    /// Reads the section; what is wrong goes to the reader's report.
    ///
    /// - Parameter hub: its zone, and what it says of keys.
    package static func read(_ root: SettingsReader, hub: Hub.Configuration) -> PollSettings {
        var settings = PollSettings()
        guard let setting = root.setting("poll"), !setting.node.isNull else { return settings }
        settings.zone = (try? ZoneFiles().zone(named: hub.timeZone ?? "local")) ?? .utc
        guard let items = setting.items else {
            setting.mismatch(expecting: "a list", remedy: "write '- url: …' below it")
            return settings
        }
        var reading = PollReading(hub: hub)
        settings.polls = items.compactMap { reading.poll($0) }
        if items.count > most { setting.error("there are more than \(most) polls") }
        return settings
    }
}

/// One reading of the section.
private struct PollReading {
    let hub: Hub.Configuration
    private var places: [KeyName: SourcePosition] = [:]
    private var names: [String: Int] = [:]

    init(hub: Hub.Configuration) { self.hub = hub }

    mutating func poll(_ setting: Setting) -> PollSettings.Poll? {
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        let url = reader.required("url", .webAddress)
        let every = reader.value("every", .duration(in: .seconds(30)...(.seconds(7 * 86_400))), default: .seconds(900))
        let given = reader.value("name", .nonEmptyString)
        let headers = headers(reader)
        guard let json = reader.setting("json") else {
            reader.error("\(reader.subject) needs 'json', which fields of the answer become keys")
            return nil
        }
        guard let section = json.reader() else { return nil }
        guard let url else { return nil }
        var poll = PollSettings.Poll(name: unique(given ?? host(of: url)), url: url, every: every, headers: headers)
        for entry in section.entries { read(entry, &poll) }
        if section.entries.isEmpty { json.error("'json' names no field") }
        return poll
    }

    private func host(of url: String) -> String {
        let host = HTTPRequest(url: url, method: "GET").host
        return host.split(separator: "/").last.map(String.init) ?? host
    }

    /// Two of one host are told apart.
    private mutating func unique(_ name: String) -> String {
        let count = names[name, default: 0] + 1
        names[name] = count
        return count == 1 ? name : "\(name) \(count)"
    }

    // MARK: Headers

    private func headers(_ reader: SettingsReader) -> [HTTPRequest.Header] {
        guard let (path, setting) = reader.file("headers_file") else { return [] }
        do throws(FileFailure) {
            let bytes = try reader.report.source.files.read(path, limit: 65_536)
            guard let text = String(validating: bytes, as: UTF8.self) else { throw FileFailure("it is not UTF-8") }
            var headers: [HTTPRequest.Header] = []
            for (number, line) in text.split(whereSeparator: \.isNewline).enumerated() where !line.isEmpty {
                guard line.utf8.first != UInt8(ascii: "#") else { continue }
                guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
                    // Never the line: it is secret.
                    throw FileFailure("line \(number + 1) is no header such as 'X-Key: abc'")
                }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                headers.append(HTTPRequest.Header(name: String(line[..<colon]), value: String(value)))
            }
            return headers
        } catch {
            setting.error("\(setting.subject) cannot be used: \(error.reason)")
            return []
        }
    }

    // MARK: Fields

    private mutating func read(_ entry: SettingsReader.Entry, _ poll: inout PollSettings.Poll) {
        guard let path = entry.key.value(.fieldPath) else { return }
        guard entry.value.node.scalar == nil || entry.value.node.isNull else {
            guard let key = entry.value.value(.keyName), claim(key, entry.value, type: nil) else { return }
            poll.fields.append(
                PollSettings.Field(
                    path: path, key: key, decoder: FieldDecoder(), options: [], place: entry.value.position))
            return
        }
        guard let reader = entry.value.reader() else { return }
        defer { reader.finish() }
        let shape = shape(reader)
        let isRows = if case .rows = shape { true } else { false }
        let (decoder, options) = DecoderReader(reader).read(takesTable: !reader.has("times"), takesExpression: !isRows)
        guard reader.required("key", .nonEmptyString) != nil, let place = reader.setting("key"),
            let key = place.value(.keyName), claim(key, place, type: decoder.type)
        else { return }
        if let shape {
            poll.series.append(
                PollSettings.Series(
                    shape: shape, key: key, decoder: decoder, options: options, place: entry.value.position))
        } else if !reader.has("times"), !reader.has("list") {
            poll.fields.append(
                PollSettings.Field(
                    path: path, key: key, decoder: decoder, options: options, place: entry.value.position))
        }
    }

    /// Nil for a plain field, and after a report. What is a table of words elsewhere is a path beside `times`.
    private func shape(_ reader: SettingsReader) -> PollSettings.Series.Shape? {
        if reader.has("times") {
            guard let times = reader.required("times", .fieldPath), let values = reader.required("values", .fieldPath)
            else { return nil }
            return .columns(times: times, values: values)
        }
        guard reader.has("list") else { return nil }
        guard let list = reader.required("list", .fieldPath), let time = reader.required("time", .fieldPath),
            let value = reader.required("value", .fieldPath)
        else { return nil }
        return .rows(list: list, time: time, value: value)
    }

    private mutating func claim(_ key: KeyName, _ setting: Setting, type: KeyType?) -> Bool {
        if let first = places[key] {
            setting.error(
                "'\(key)' is fed twice, first at line \(first.line), column \(first.column)",
                remedy: "give each field a key of its own")
            return false
        }
        places[key] = setting.position
        if let declared = hub.keys.entry(named: key)?.type, let type, declared != type {
            setting.error(
                "'\(key)' is \(type.rawValue) here, and \(declared.rawValue) in 'keys'", remedy: "keep one of them")
        }
        return true
    }
}

extension SettingType where Value == String {
    fileprivate static var webAddress: SettingType {
        .text("an address such as https://api.example.org/now") { text throws(Setting.Invalid) in
            let scheme = text.lowercased()
            guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://") else {
                throw Setting.Invalid("it does not start with http:// or https://")
            }
            guard text.utf8.count <= 4096, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
                throw Setting.Invalid(
                    "it has a space or a control character, or more than 4096 bytes", remedy: "write %20")
            }
            return text
        }
    }

    /// `current.temperature_2m`.
    fileprivate static var fieldPath: SettingType {
        .text("the path of a field, such as current.temperature") { text throws(Setting.Invalid) in
            if text.isEmpty { throw Setting.Invalid("it is empty") }
            if text.utf8.count > 1024 { throw Setting.Invalid("it is longer than 1024 bytes") }
            return text
        }
    }
}
