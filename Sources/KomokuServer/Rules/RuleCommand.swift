internal import Komoku
internal import KomokuStore

/// A command about rules, checked in shape.
enum RuleCommand: Hashable, Sendable {
    case list(RuleListQuery)
    case runs(RunQuery)
    case why(WhyQuery)
    case follow(RunFilter)
    case unfollow
    case emit(String, payload: JSON)
    case emitToCell(id: String, behaviour: String, message: JSON)
    case run(String, arguments: [String: Value])
    case enable(String, Bool)
    case stopRuns(String)
    case reload
    case notifications(openOnly: Bool, limit: Int)
    case acknowledge(NotificationChoice)

    /// Whether it only finds something out.
    var isReading: Bool {
        switch self {
        case .list, .runs, .why, .notifications: true
        case .follow, .unfollow, .emit, .emitToCell, .run, .enable, .stopRuns, .reload, .acknowledge: false
        }
    }

    /// Whether what follows on the same connection waits for it.
    var isQuery: Bool { isReading || self == .reload }
}

/// Which rules are listed.
struct RuleListQuery: Hashable, Sendable {
    /// This one, or those that were made of it by `each`.
    var rule: String?
    /// Only those behind the one of this name.
    var after: String?
    var limit = Self.most

    /// An answer has no more, so that many rules are read in several turns of the hub.
    static let most = 1000
}

/// Whose story is asked for.
struct WhyQuery: Hashable, Sendable {
    enum Subject: Hashable, Sendable {
        case key(KeyName)
        case rule(String)
    }

    var subject: Subject
    /// The most runs, and the most decisions not to run.
    var limit = 5
}

/// Which records a client follows; what is not given is not asked.
struct RunFilter: Hashable, Sendable {
    var rule: String?
    var key: KeyName?
    var outcomes: Set<String>?

    func takes(_ row: RunRow) -> Bool {
        if let rule, !row.rule.utf8.elementsEqual(rule.utf8) { return false }
        if let key, !row.keys.contains(key) { return false }
        return outcomes?.contains(row.outcome) ?? true
    }
}

extension RuleCommand {
    /// - Throws: `.invalidQuery` for a wrong shape.
    init(_ name: Command.Name, _ body: JSON) throws(Refusal) {
        guard body.object != nil || body.isNull else { throw .invalidQuery }
        switch name {
        case .rules: self = .list(try RuleListQuery(body))
        case .runs: self = .runs(try RunQuery(body))
        case .why: self = .why(try WhyQuery(body))
        case .follow:
            self = .follow(
                RunFilter(rule: try body.text("rule"), key: try body.key(), outcomes: try body.outcomes().map(Set.init))
            )
        case .unfollow: self = .unfollow
        case .emit: self = try Self.emit(body)
        case .run: self = .run(try body.required("rule"), arguments: try body.arguments("arguments"))
        case .enable: self = .enable(try body.required("rule"), true)
        case .disable: self = .enable(try body.required("rule"), false)
        case .stopRuns: self = .stopRuns(try body.required("rule"))
        case .reload: self = .reload
        case .notifications:
            self = .notifications(
                openOnly: try body.flag("open"), limit: try body.count("limit", in: 1...10_000) ?? 100)
        case .acknowledge: self = .acknowledge(try NotificationChoice(body))
        default: throw .invalidQuery
        }
    }

    private static func emit(_ body: JSON) throws(Refusal) -> RuleCommand {
        guard let cell = body["cell"], !cell.isNull else {
            return .emit(try body.required("rule"), payload: body["payload"] ?? .null)
        }
        guard body["rule"] == nil else { throw .invalidQuery("'emit' goes to a rule or to a cell, not to both") }
        guard let words = cell.array, words.count == 2, let behaviour = words[0].string, let id = words[1].string
        else { throw .invalidQuery("'cell' is [BEHAVIOUR, ID]") }
        return .emitToCell(id: id, behaviour: behaviour, message: body["message"] ?? .null)
    }
}

extension RuleListQuery {
    fileprivate init(_ body: JSON) throws(Refusal) {
        rule = try body.text("rule")
        after = try body.text("after")
        limit = min(try body.count("limit", in: 1...Int(Int32.max)) ?? Self.most, Self.most)
    }
}

extension RunQuery {
    fileprivate init(_ body: JSON) throws(Refusal) {
        let before = try body.count("before", in: 1...(1 << 53)).map { Int64($0) }
        self.init(
            rule: try body.text("rule"), key: try body.key(), outcomes: try body.outcomes(),
            since: try body.moment("since"), before: before, limit: try body.count("limit", in: 1...10_000) ?? 100)
    }
}

extension WhyQuery {
    fileprivate init(_ body: JSON) throws(Refusal) {
        switch (try body.key(), try body.text("rule")) {
        case (let key?, nil): subject = .key(key)
        case (nil, let rule?): subject = .rule(rule)
        default: throw .invalidQuery("'why' needs a 'key' or a 'rule'")
        }
        limit = try body.count("limit", in: 1...100) ?? limit
    }
}

extension NotificationChoice {
    fileprivate init(_ body: JSON) throws(Refusal) {
        switch (try body.count("id", in: 1...(1 << 53)), try body.text("topic")) {
        case (let number?, nil): self = .number(Int64(number))
        case (nil, let topic?): self = .topic(topic)
        default: throw .invalidQuery("'acknowledge' needs an 'id' or a 'topic'")
        }
    }
}

extension JSON {
    fileprivate func required(_ member: String) throws(Refusal) -> String {
        guard let text = try text(member) else { throw .invalidQuery("'\(member)' is missing") }
        return text
    }

    /// The member `key`; nil where it is absent or null.
    fileprivate func key() throws(Refusal) -> KeyName? {
        guard let member = self["key"], !member.isNull else { return nil }
        return try keyName()
    }

    /// Words of outcomes, known or not; nil where they are absent or null.
    fileprivate func outcomes() throws(Refusal) -> [String]? {
        guard let member = self["outcomes"], !member.isNull else { return nil }
        guard let items = member.array, !items.isEmpty, items.count <= 32 else {
            throw .invalidQuery("'outcomes' is a list of words")
        }
        var words: [String] = []
        for item in items {
            guard let word = item.string else { throw .invalidQuery("'outcomes' is a list of words") }
            words.append(word)
        }
        return words
    }

    /// Values by name.
    fileprivate func arguments(_ name: String) throws(Refusal) -> [String: Komoku.Value] {
        guard let member = self[name], !member.isNull else { return [:] }
        guard let members = member.object else { throw .invalidQuery("'\(name)' is an object of values") }
        var values: [String: Komoku.Value] = [:]
        for member in members {
            switch member.value {
            case .number(let number): values[member.name] = .number(number)
            case .bool(let flag): values[member.name] = .boolean(flag)
            case .string(let text): values[member.name] = .string(text)
            case .null, .array, .object:
                throw .invalidQuery("'\(member.name)' is a number, a text, true or false")
            }
        }
        return values
    }
}
