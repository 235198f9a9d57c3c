internal import Komoku
internal import KomokuExpression
package import KomokuYAML

extension NotifyConfiguration {
    /// Reads the section `notify`; every problem goes to the report.
    ///
    /// - Parameters:
    ///   - root: the whole file; the caller finishes it.
    ///   - hasBroker: whether notes can go to MQTT.
    package static func read(_ root: SettingsReader, hasBroker: Bool = true) -> NotifyConfiguration {
        var configuration = NotifyConfiguration()
        guard let section = root.mapping("notify") else { return configuration }
        for (key, setting) in section.value("targets", .entries(.item, .item)) ?? [] {
            let (name, target) = (key.value(.targetName), setting.value(.target(hasBroker: hasBroker)))
            // What is wrong with a target is told here, not again by each rule that names it.
            if target == nil, let text = key.node.scalar?.text { configuration.refused.insert(text) }
            if let name, let target { configuration.targets[name] = target }
        }
        configuration.quiet = section.value("quiet", .quietHours)
        tellMisplaced(section)
        return configuration
    }

    /// Targets that stand where `targets` should.
    private static func tellMisplaced(_ section: SettingsReader) {
        let words = ["log", "mqtt", "http"]
        for entry in section.node.entries ?? [] {
            guard let name = entry.key.scalar, !["targets", "quiet"].contains(name.text),
                entry.value.entries?.contains(where: { words.contains($0.key.text ?? "") }) == true
            else { continue }
            section.declare(name.text)
            section.error(at: name.text, "this is a target of its own", remedy: "targets stand under 'targets'")
        }
    }
}

extension SettingType where Value == String {
    fileprivate static var targetName: SettingType {
        .text("the name of a target") { text throws(Setting.Invalid) in
            let isPlain = text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_" || $0 == "-" || $0 == "."
            }
            guard isPlain, !text.isEmpty, text.utf8.count <= 64 else {
                throw Setting.Invalid("use letters, digits, '_', '-' and '.', 64 bytes at most")
            }
            return text
        }
    }
}

extension SettingType where Value == NotifyConfiguration.Target {
    fileprivate static func target(hasBroker: Bool) -> SettingType {
        .mapping { settings in
            guard let (word, setting) = settings.exactlyOne(of: "log", "mqtt", "http") else { return nil }
            switch word {
            case "log": return setting.value(.word(LogLevel.allCases)).map { .log($0) }
            case "mqtt":
                if !hasBroker {
                    setting.error("there is no broker", remedy: "write mqtt: {url: \"mqtt://127.0.0.1:1883\"}")
                }
                if let topic = setting.node.text, !setting.node.isNull {
                    setting.mismatch(expecting: "a mapping", remedy: "write mqtt: {topic: \"\(topic.prefix(80))\"}")
                    return nil
                }
                return setting.value(.mapping(mqtt))
            default: return setting.node.entries == nil ? setting.value(.url).map(http) : setting.value(.mapping(http))
            }
        }
    }

    private static func mqtt(_ settings: SettingsReader) -> NotifyConfiguration.Target? {
        let topic = settings.required("topic", .noteTemplate)
        let setting = settings.setting("topic")
        if let text = topic?.constant, let fault = Topic.fault(in: text) {
            setting?.error("'\(text.prefix(80))' is not a topic to publish to: \(fault)")
        }
        let payload = settings.value("payload", .noteContent)
        let qos = settings.value("qos", .integer(in: 0...2), default: 1)
        let retain = settings.value("retain", .bool, default: false)
        return topic.map { .mqtt(topic: $0, payload: payload, qos: qos, retain: retain) }
    }

    private static func http(_ url: CompiledTemplate) -> NotifyConfiguration.Target {
        .http(HTTP(url: url, method: "POST"))
    }

    private static func http(_ settings: SettingsReader) -> NotifyConfiguration.Target? {
        let url = settings.required("url", .url)
        let body = settings.value("body", .noteContent)
        let method = settings.value("method", .word(["GET", "POST", "PUT", "PATCH"]), default: "POST")
        let headers = settings.value("headers", .entries(.nonEmptyString, .noteTemplate)) ?? []
        if method == "GET", settings.has("body") {
            settings.error(at: "body", "a GET has no body", remedy: "write the texts into the URL, or method: POST")
        }
        return url.map { url in
            .http(
                HTTP(
                    url: url, method: method, headers: headers.map { (name: $0.key, value: $0.value) },
                    body: body))
        }
    }
}

extension SettingType where Value == String {
    fileprivate static func word(_ words: [String]) -> SettingType {
        .text("one of \(words.map { "'\($0)'" }.joined(separator: ", "))") { text throws(Setting.Invalid) in
            guard let word = words.first(where: { $0.utf8.elementsEqual(text.utf8) }) else {
                throw Setting.Invalid("this is not one", remedy: Suggestion.question(for: text, in: words))
            }
            return word
        }
    }
}

extension SettingType where Value == QuietHours {
    fileprivate static var quietHours: SettingType {
        SettingType(expectation: "a mapping") { setting in
            guard setting.node.text == nil || setting.node.isNull else {
                setting.mismatch(expecting: "a mapping", remedy: "write quiet: {from: \"22:00\", to: \"07:00\"}")
                return nil
            }
            return setting.value(.fromTo)
        }
    }

    private static var fromTo: SettingType {
        .mapping { settings in
            let from = settings.required("from", .timeOfDay)
            let to = settings.required("to", .timeOfDay)
            guard let from, let to else { return nil }
            if from == to {
                settings.error(at: "to", "the quiet hours end when they begin", remedy: "leave 'quiet' out for none")
                return nil
            }
            return QuietHours(from: from, to: to)
        }
    }
}

extension SettingType where Value == Int {
    /// Seconds since midnight.
    fileprivate static var timeOfDay: SettingType {
        .text("a time such as \"22:00\"") { text throws(Setting.Invalid) in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { $0.utf8.count <= 2 ? UInt8($0) : nil }.map(Int.init)
            guard numbers.count == parts.count, numbers.count == 2, numbers[0] < 24, numbers[1] < 60 else {
                throw Setting.Invalid("a day goes from 00:00 to 23:59", remedy: "put it in quotes")
            }
            return numbers[0] * 3600 + numbers[1] * 60
        }
    }
}
