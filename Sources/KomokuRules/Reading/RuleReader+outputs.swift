import Komoku
import KomokuExpression
import KomokuYAML

/// Actions whose effects are outside the hub.
extension RuleReader {
    func publish(_ setting: Setting, _ place: Place) {
        if let text = setting.node.text, !setting.node.isNull {
            let words = text.split(separator: " ", maxSplits: 1)
            setting.mismatch(
                expecting: "a mapping",
                remedy: "write publish: {topic: \(words.first ?? "a/b"), payload: \(words.count > 1 ? words[1] : "…")}")
            return
        }
        setting.read(.publish) { settings in
            let topic = settings.needed("topic", .item, of: .publish).flatMap { setting -> CompiledTemplate? in
                guard let template = template(setting) else { return nil }
                if let text = template.constant, let fault = Topic.fault(in: text) {
                    setting.error("'\(text.prefix(80))' is not a topic to publish to: \(fault)")
                }
                return template
            }
            let payload = settings.needed("payload", .item, of: .publish).flatMap { self.payload($0) }
            let qos = settings.given("qos", .integer(in: 0...2)) ?? 0
            let retain = settings.given("retain", .bool) ?? false
            guard let topic, let payload else { return }
            add(.publish(topic: topic, payload: payload, qos: qos, retain: retain), place)
        }
    }

    // MARK: HTTP

    func http(_ setting: Setting, _ place: Place) {
        guard setting.node.entries != nil else {
            if let url = url(setting) { add(.http(HTTPAction(url: url, method: "GET")), place) }
            return
        }
        setting.read(.http) { settings in
            let url = settings.needed("url", .item, of: .http).flatMap { self.url($0) }
            let body = settings.setting("body").flatMap { payload($0) }
            let method = settings.given("method", .method) ?? (settings.has("body") ? "POST" : "GET")
            let headers = named("headers", settings) { setting in
                setting.value(.headerName)
            }
            let accepted = settings.given("accept", .oneOrMore(of: .statuses)) ?? [200...299]
            if accepted.isEmpty {
                settings.error(at: "accept", "'accept' is an empty list, so each answer is a failure")
            }
            let into = into(settings, place, status: .number)
            guard let url else { return }
            add(
                .http(
                    HTTPAction(
                        url: url, method: method, headers: headers, body: body, accepted: accepted, into: into)),
                place)
        }
    }

    private func url(_ setting: Setting) -> CompiledTemplate? {
        guard let template = template(setting) else { return nil }
        let start: String
        if case .text(let text)? = template.parts.first { start = text } else { start = "" }
        // An expression may make all of it.
        if !start.isEmpty, !["http://", "https://"].contains(where: { start.lowercased().hasPrefix($0) }) {
            setting.error(
                "'\(start.prefix(80))' is no address to ask", remedy: "it begins with http:// or https://")
        }
        if template.constant?.isEmpty ?? false { setting.error("the address is empty") }
        return template
    }

    /// Templates with names that `name` reads.
    private func named(
        _ key: String, _ settings: SettingsReader, _ name: (Setting) -> String?
    ) -> [(name: String, value: CompiledTemplate)] {
        (settings.value(key, .entries(.item, .item)) ?? []).compactMap { entry in
            let (name, value) = (name(entry.key), template(entry.value))
            guard let name, let value else { return nil }
            return (name, value)
        }
    }

    /// The name that takes the answer, and a local for it and for its status.
    private func into(_ settings: SettingsReader, _ place: Place, status: ValueKind) -> String? {
        guard let name = settings.value("into", .localName) else { return nil }
        let mayBeUnknown = place.policy.continuesOnError
        scope.locals[name] = Scope.Declaration(.text, mayBeUnknown: mayBeUnknown)
        scope.locals["\(name)_status"] = Scope.Declaration(status, mayBeUnknown: mayBeUnknown)
        return name
    }

    // MARK: Programs

    func run(_ setting: Setting, _ place: Place) {
        if let items = setting.items {
            if let words = words(items, setting) { add(.run(ProgramAction(words: words)), place) }
            return
        }
        guard setting.node.entries != nil else {
            setting.mismatch(
                expecting: "a list of words, or a mapping",
                remedy: "write run: [program, argument], or run: {shell: …} for a line that the shell reads")
            return
        }
        setting.read(.run) { settings in
            var action = program(settings)
            action?.input = settings.setting("input").flatMap { template($0) }
            action?.directory = settings.value("directory", .nonEmptyString)
            action?.environment = named("environment", settings) { $0.value(.variableName) }
            action?.into = into(settings, place, status: .number)
            if let action { add(.run(action), place) }
        }
    }

    private func program(_ settings: SettingsReader) -> ProgramAction? {
        if !settings.has("shell"), !settings.has("program") {
            _ = settings.needed("program", .item, of: .run, remedy: "or 'shell', for a line that the shell reads")
            return nil
        }
        guard let (word, setting) = settings.exactlyOne(of: "program", "shell") else { return nil }
        let arguments = settings.setting("arguments")
        if word == "shell" {
            arguments?.error("'arguments' belongs to 'program'", remedy: "write them into the line")
            return template(setting).map { line in
                warnOfShell(line, setting)
                return ProgramAction(words: [line], usesShell: true)
            }
        }
        let words = words(setting.items ?? [setting], setting) ?? []
        let more = (arguments?.value(.list(of: .item)) ?? []).compactMap { template($0) }
        return words.isEmpty ? nil : ProgramAction(words: words + more)
    }

    private func words(_ items: [Setting], _ setting: Setting) -> [CompiledTemplate]? {
        let words = items.compactMap { template($0) }
        guard words.count == items.count else { return nil }
        guard let first = words.first, first.constant != "" else {
            setting.error("\(setting.subject) names no program")
            return nil
        }
        return words
    }

    /// Texts that come from elsewhere would be read by the shell.
    private func warnOfShell(_ line: CompiledTemplate, _ setting: Setting) {
        for case .expression(let expression) in line.parts where expression.kind == nil || expression.kind == .text {
            setting.warning(
                "the shell reads what '\(expression.text.prefix(60))' holds as part of the line",
                remedy: "give it by 'environment' and write \"$NAME\"")
            return
        }
    }

    // MARK: People

    func notify(_ setting: Setting, _ place: Place) {
        if let text = setting.node.text, !setting.node.isNull {
            let shown = setting.node.scalar?.isSubstituted ?? false ? "…" : "\"\(text.prefix(40))\""
            setting.mismatch(expecting: "a mapping", remedy: "write notify: {to: \(usualTarget), message: \(shown)}")
            return
        }
        setting.read(.notify) { settings in
            let target = settings.needed("to", .item, of: .notify, remedy: "known are \(targetList)")
                .flatMap { self.notifyTarget($0) }
            let title = settings.setting("title").flatMap { notice($0) }
            let message = settings.needed("message", .item, of: .notify).flatMap { notice($0) }
            let topic = settings.setting("topic").flatMap { notice($0) }
            let quietFor = settings.given("quiet_for", .span)
            let isUrgent = settings.given("urgent", .bool) ?? false
            let escalation = settings.given("escalate", escalationType)
            guard let target, let message else { return }
            add(
                .notify(
                    NotifyAction(
                        target: target, title: title, message: message, topic: topic, quietFor: quietFor,
                        isUrgent: isUrgent, escalation: escalation)), place)
        }
    }

    private var escalationType: SettingType<(after: Duration, to: String)> {
        SettingType(expectation: "a mapping") { setting in
            if setting.node.entries != nil { return setting.value(.mapping { self.escalation($0) }) }
            setting.mismatch(
                expecting: "a mapping", remedy: "write escalate: {after: 10m, to: \(self.usualTarget)}")
            return nil
        }
    }

    private func escalation(_ settings: SettingsReader) -> (after: Duration, to: String)? {
        settings.declare("after", "to")
        let after = settings.needed(
            "after", .span(in: .seconds(1)...Expression.longestDuration), of: .escalation, remedy: "write after: 10m")
        let to = settings.needed("to", .item, of: .escalation, remedy: "known are \(targetList)").flatMap {
            notifyTarget($0)
        }
        settings.refuseStrangers(to: .escalation)
        guard let after, let to else { return nil }
        return (after, to)
    }

    private func notifyTarget(_ setting: Setting) -> String? {
        guard let name = setting.value(.nonEmptyString) else { return nil }
        if reading.targets.contains(name) { return name }
        setting.error(
            "there is no target '\(name.prefix(80))'",
            remedy: Suggestion.question(for: name, in: reading.targets.sorted())
                ?? "known are \(targetList); others stand under notify: targets")
        return nil
    }

    private var targetList: String { reading.targets.sorted().prefix(16).joined(separator: ", ") }

    private var usualTarget: String { reading.targets.sorted().first { $0 != "log" } ?? "log" }

    func log(_ setting: Setting, _ place: Place) {
        guard setting.node.entries != nil, setting.node["text"] != nil || setting.node["level"] != nil else {
            if let text = notice(setting) { add(.log(text, level: .info), place) }
            return
        }
        setting.read(.log) { settings in
            let text = settings.needed("text", .item, of: .log).flatMap { notice($0) }
            let level = settings.given("level", SettingType<Operation.LogLevel>.word) ?? .info
            if let text { add(.log(text, level: level), place) }
        }
    }
}

extension Setting {
    /// Reads the mapping that it is, whose settings are those of a vocabulary.
    func read(_ vocabulary: Vocabulary? = nil, _ body: (SettingsReader) -> Void) {
        if case .refused = node.content { return }
        guard let reader = reader() else { return }
        body(reader)
        if let vocabulary { reader.refuseStrangers(to: vocabulary) }
        reader.finish()
    }
}

extension SettingType where Value == String {
    fileprivate static var method: SettingType {
        .word([
            "GET": "GET", "POST": "POST", "PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE", "HEAD": "HEAD",
            "OPTIONS": "OPTIONS",
        ])
    }

    /// A token of RFC 9110, section 5.6.2.
    fileprivate static var headerName: SettingType {
        .text("the name of a header") { text throws(SettingProblem) in
            let isToken = text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                        || "!#$%&'*+-.^_`|~".unicodeScalars.contains($0))
            }
            guard isToken, !text.isEmpty else { throw SettingProblem("use letters, digits and '-'") }
            return text
        }
    }

    fileprivate static var variableName: SettingType {
        .text("the name of a variable") { text throws(SettingProblem) in
            guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "=")), !text.utf8.contains(0) else {
                throw SettingProblem("it is empty, or holds '=' or a zero byte")
            }
            return text
        }
    }
}

extension SettingType where Value == ClosedRange<Int> {
    /// `404`, `200-299`.
    fileprivate static var statuses: SettingType {
        .text("a status such as 404, or 200-299") { text throws(SettingProblem) in
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard 1...2 ~= ends.count, let first = ends.first ?? nil, let last = ends.last ?? nil else {
                throw SettingProblem("this is not one")
            }
            guard 100...599 ~= first, 100...599 ~= last, first <= last else {
                throw SettingProblem("statuses go from 100 to 599")
            }
            return first...last
        }
    }
}
