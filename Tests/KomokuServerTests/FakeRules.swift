import Komoku
import KomokuDesk
import KomokuHub
import KomokuServer
import KomokuStore
import KomokuTesting
import KomokuWire
import Synchronization

/// Rules that only exist in tables.
final class FakeRules: RuleService {
    struct Content: Sendable {
        var rules: [RuleDescription] = []
        /// Newest first.
        var recent: [RunRow] = []
        var notes: [RuleNotification] = []
        var reload = ReloadAnswer(isDone: true)
        var uses = KeyUses()
        var followers: [Int: @Sendable (RunRow) -> Void] = [:]
    }

    private let content: Mutex<Content>
    /// What was asked for, in words.
    let calls = Collector<String>()

    init(_ content: Content = Content()) { self.content = Mutex(content) }

    func change(_ body: (inout Content) -> Void) { content.withLock { body(&$0) } }

    func findUses(of key: KeyName, as new: KeyName?, _ then: @escaping @Sendable (KeyUses) -> Void) {
        calls.append("uses of \(key)\(new.map { " as \($0)" } ?? "")")
        then(content.withLock { $0.uses })
    }

    var followerCount: Int { content.withLock { $0.followers.count } }

    /// A run that ended.
    func record(_ row: RunRow) {
        let followers = content.withLock { content in
            content.recent.insert(row, at: 0)
            return content.followers.values
        }
        for follower in followers { follower(row) }
    }

    func ruleNames(in hub: isolated Hub) -> [String] { content.withLock { $0.rules.map(\.name) } }

    func keysOfRules(in hub: isolated Hub) -> [String: [KeyPattern]] { [:] }

    func rule(_ name: String, in hub: isolated Hub) -> RuleDescription? {
        content.withLock { $0.rules.first { $0.name == name } }
    }

    func recentRuns(_ query: RunQuery, in hub: isolated Hub) -> [RunRow] {
        let rows = content.withLock { $0.recent }.filter { row in
            (query.rule.map { $0 == row.rule } ?? true) && (query.key.map(row.keys.contains) ?? true)
                && (query.outcomes?.contains(row.outcome) ?? true) && (query.since.map { $0 <= row.time } ?? true)
                && (query.before.map { row.id < $0 } ?? true)
        }
        return Array(rows.prefix(query.limit))
    }

    func recentRun(_ number: Int64, in hub: isolated Hub) -> RunRow? {
        content.withLock { $0.recent.first { $0.id == number } }
    }

    func followRuns(_ follower: @escaping @Sendable (RunRow) -> Void, in hub: isolated Hub) -> Int {
        calls.append("follow")
        return content.withLock { content in
            let number = (content.followers.keys.max() ?? 0) + 1
            content.followers[number] = follower
            return number
        }
    }

    func unfollowRuns(_ number: Int, in hub: isolated Hub) {
        content.withLock { $0.followers[number] = nil }
        calls.append("unfollow")
    }

    func setEnabled(_ isEnabled: Bool, _ rule: String, in hub: isolated Hub) throws(RuleRefusal) {
        try known(rule, in: hub)
        calls.append("\(isEnabled ? "enable" : "disable") \(rule)")
    }

    func run(
        _ rule: String, arguments: [String: Value], source: String, in hub: isolated Hub
    ) throws(RuleRefusal) -> Int64 {
        try known(rule, in: hub)
        let shown = arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        calls.append("run \(rule) \(shown) by \(source)")
        return 77
    }

    func stopRuns(of rule: String, in hub: isolated Hub) throws(RuleRefusal) -> Int {
        try known(rule, in: hub)
        calls.append("stop \(rule)")
        return 3
    }

    func emit(_ name: String, payload: JSON, source: String, in hub: isolated Hub) throws(RuleRefusal) -> Int {
        calls.append("emit \(name) \(payload.text)")
        return name == "nobody" ? 0 : 2
    }

    func webhook(_ name: String, payload: String, arguments: [String: Value], in hub: isolated Hub) -> Bool {
        let words = arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        calls.append(([name, payload] + words).joined(separator: " "))
        return name != "nobody"
    }

    func emit(
        toCell id: String, of behaviour: String, message: JSON, in hub: isolated Hub
    ) throws(RuleRefusal) {
        guard id != "absent" else { throw .unknown("there is no cell '\(id)' of '\(behaviour)'") }
        guard id != "failed" else { throw .refused("the cell '\(id)' has failed") }
        calls.append("emit to \(behaviour) \(id) \(message.text)")
    }

    func cells(_ request: CellsRequest, in hub: isolated Hub) throws(RuleRefusal) -> CellsPage {
        guard request.behaviour != "absent" else { throw .unknown("no cells are called 'absent'") }
        var report = CellReport()
        (report.behaviour, report.id) = (request.behaviour ?? "counter", request.id ?? "1")
        return CellsPage([], [report])
    }

    func change(_ change: CellChange, in hub: isolated Hub) throws(RuleRefusal) {
        guard change.id != "alive" else { throw .refused("the cell has not failed") }
        calls.append("\(change.deed.rawValue) \(change.behaviour) \(change.id)")
    }

    func notifications(openOnly: Bool, limit: Int, in hub: isolated Hub) -> [RuleNotification] {
        content.withLock { content in
            Array(content.notes.filter { !openOnly || $0.state != .acknowledged }.prefix(limit))
        }
    }

    func acknowledge(_ notes: NotificationChoice, in hub: isolated Hub) -> Int {
        content.withLock { content in
            content.notes.count { note in
                switch notes {
                case .number(let number): note.id == number
                case .topic(let topic): note.topic == topic
                }
            }
        }
    }

    func reload(_ then: @escaping @Sendable (ReloadAnswer) -> Void) { then(content.withLock { $0.reload }) }

    private func known(_ rule: String, in hub: isolated Hub) throws(RuleRefusal) {
        if self.rule(rule, in: hub) == nil { throw .unknownRule }
    }
}

extension RunRow {
    /// A record as the rules write it; ended a second after its start.
    static func made(
        _ id: Int64, _ rule: String = "lamp", _ outcome: String = "done", at seconds: Double = 1000,
        keys: [KeyName] = [], parent: Int64? = nil, effects: [String] = [], reason: String? = nil
    ) -> RunRow {
        var occasion: [JSON.Member] = [JSON.Member("trigger", "change")]
        if let parent { occasion.append(JSON.Member("parent", .number(Double(parent)))) }
        var data = [
            JSON.Member("ended", .number(seconds + 1)), JSON.Member("occasion", .object(occasion)),
            JSON.Member("effects", .array(effects.map { .string($0) })),
        ]
        if let reason { data.append(JSON.Member("reason", .string(reason))) }
        return RunRow(
            id: id, rule: rule, outcome: outcome, time: Timestamp(microseconds: Int64(seconds * 1e6)), keys: keys,
            data: .object(data))
    }
}

extension TestServer {
    /// A server with rules, and a connection to it.
    static func run(
        _ rules: FakeRules, location: Store.Location = .memory,
        _ body: @Sendable (TestServer, RawSocket) async throws -> Void
    ) async throws {
        try await run(location: location, rules: rules) { server in
            try await body(server, try RawSocket.webSocket(port: server.v2))
        }
    }
}
