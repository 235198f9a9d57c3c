internal import Komoku
internal import KomokuHub

extension Command {
    /// Reads the value of a command's member: `{"key":"kitchen.lamp"}`.
    ///
    /// - Throws: `.invalidQuery` for a wrong shape, `.invalidKey` for a name that no key can have where one is needed.
    init(_ name: Name, _ body: JSON, version: ProtocolVersion) throws(Refusal) {
        let isOurs = version == .v2
        switch name {
        case .get: self = .get(KeyName(try body.keyText()))
        case .last: self = .last(KeyName(try body.keyText()))
        case .put: self = try .put(body, isOurs: isOurs)
        case .increment: self = try .step(body, sign: 1)
        case .decrement: self = try .step(body, sign: -1)
        case .sub:
            let target = try body.target(patterns: isOurs)
            if isOurs, body["after"] != nil { throw .invalidQuery }
            let (every, initial) = isOurs ? (try body.flag("every"), try body.flag("init")) : (false, false)
            self = .subscribe(target, every: every, initial: initial)
        case .unsub: self = .unsubscribe(try body.target(patterns: isOurs))
        case .keys: self = .keys(try KeysQuery(body, isOurs: isOurs))
        case .define: self = .define(try [Definition](body))
        case .fetch: self = .fetch(try FetchQuery(body))
        case .ping: self = .ping(body)
        case .delete: self = .delete(try body.keyName())
        case .stats: self = try body.isEmptyBody(.stats)
        case .store: self = try body.isEmptyBody(.store)
        case .hub: self = try body.isEmptyBody(.hub)
        case .status: self = try body.isEmptyBody(.status)
        case .clearDeadLetters: self = try body.isEmptyBody(.clearDeadLetters)
        case .deadLetters:
            _ = try body.isEmptyBody(.stats)
            self = .deadLetters(limit: try body.count("limit", in: 1...10_000) ?? 100)
        case .statistics: self = .statistics(try StatisticsRequest(body))
        case .profile: self = .profile(try ProfileRequest(body))
        case .spans: self = .spans(try SpansRequest(body))
        case .repair: self = .repair(try RepairRequest(body))
        case .rename: self = .rename(try body.keyName(), to: try body.keyName("to"))
        case .renames: self = try body.isEmptyBody(.renames)
        case .uses:
            let new = body["to"].map { !$0.isNull } ?? false ? try body.keyName("to") : nil
            self = .uses(try body.keyName(), as: new)
        case .merge: self = .merge(try body.keyName(), into: try body.keyName("into"))
        case .export: self = .export(try ExportRequest(body))
        case .import: self = .import(try ImportRequest(body))
        case .compact: self = try body.isEmptyBody(.compact)
        case .backup: self = .backup(path: try Command.backupPath(body))
        case .devices: self = .devices(try DevicesQuery(body))
        case .replace: self = .replace(try body.keyText("device"), with: try body.keyText("with"))
        case .forget: self = .forget(try body.keyText("device"))
        case .rules, .runs, .why, .follow, .unfollow, .emit, .run, .enable, .disable, .stopRuns, .reload,
            .notifications,
            .acknowledge:
            self = .rules(try RuleCommand(name, body))
        }
    }

    private static func put(_ body: JSON, isOurs: Bool) throws(Refusal) -> Command {
        let text = try body.keyText()
        guard let value = body["value"] else { throw .invalidQuery }
        let time = try body.time()
        guard let name = KeyName(text) else { throw .invalidKey }
        guard isOurs else { return .put(name, value, time: time) }
        let (isDryRun, waits) = (try body.flag("dry_run"), try body.flag("wait", default: true))
        if isDryRun { return .dryRun(name, value) }
        return .put(name, value, time: time, answer: waits ? .ended : .sent)
    }

    private static func step(_ body: JSON, sign: Double) throws(Refusal) -> Command {
        let text = try body.keyText()
        let time = try body.time()
        guard let name = KeyName(text) else { throw .invalidKey }
        guard let step = body["step"] else { return .increment(name, step: sign, time: time) }
        guard case .number(let number) = step else { throw .invalidValue }
        return .increment(name, step: sign * number, time: time)
    }

    private static func backupPath(_ body: JSON) throws(Refusal) -> String {
        guard let path = try body.text("path") else { throw .invalidQuery("'path' is missing") }
        guard path.hasPrefix("/"), path.utf8.count < 4096, !path.utf8.contains(0) else {
            throw .invalidQuery("'path' is the absolute path of a file on the hub's machine")
        }
        return path
    }
}

extension [Definition] {
    /// Reads `{NAME:{"type":T, …options, "opts":{…}}, …}`.
    init(_ body: JSON) throws(Refusal) {
        guard let members = body.object else { throw .invalidQuery }
        var definitions: [Definition] = []
        for member in members {
            guard let options = member.value.object else { throw .invalidQuery }
            // Nested options come last, so that they win.
            var flat = options.filter { $0.name != "type" && $0.name != "opts" }
            if let nested = member.value["opts"], !nested.isNull {
                guard let nested = nested.object else { throw .invalidQuery }
                flat += nested
            }
            definitions.append(Definition(name: member.name, type: member.value["type"], options: flat))
        }
        self = definitions.lastOfEachName
    }

    /// Of definitions of the same name the last, as with all members of an object that meet.
    fileprivate var lastOfEachName: [Definition] {
        var seen: Set<[UInt8]> = []
        return reversed().filter { seen.insert(Array<UInt8>($0.name.utf8)).inserted }.reversed()
    }
}

extension KeysQuery {
    init(_ body: JSON, isOurs: Bool) throws(Refusal) {
        guard body.object != nil || body.isNull else { throw .invalidQuery }
        if let include = body["include"], !include.isNull {
            guard let words = include.array else { throw .invalidQuery }
            includesValue = words.contains { $0 == "value" || $0 == "last" }
            includesTime = isOurs && words.contains { $0 == "time" || $0 == "last" }
        }
        guard isOurs else { return }
        pattern = try body.pattern("match") ?? .all
        if let text = try body.text("after") {
            guard let name = KeyName(text) else { throw .invalidKey }
            after = name
        }
        limit = try body.count("limit", in: 1...Int(Int32.max)) ?? .max
    }
}

extension JSON {
    fileprivate func target(patterns: Bool) throws(Refusal) -> SubscriptionTarget {
        guard patterns, let pattern = self["pattern"] else { return .key(try keyName()) }
        guard let text = pattern.string, self["key"] == nil else { throw .invalidQuery }
        guard let pattern = try? KeyPattern(validating: text) else { throw .invalidKey }
        return .pattern(pattern)
    }

    /// Commands that take no members.
    fileprivate func isEmptyBody(_ command: Command) throws(Refusal) -> Command {
        guard object != nil || isNull else { throw .invalidQuery }
        return command
    }
}
