public import Komoku
internal import NIOCore

/// Which records of the why log are asked for; everything that is given has to hold.
public struct RunFilter: Hashable, Sendable {
    public var rule: String?
    public var key: String?
    /// Words of `RunReport.outcomes`.
    public var outcomes: [String]?

    public init(rule: String? = nil, key: String? = nil, outcomes: [String]? = nil) {
        self.rule = rule
        self.key = key
        self.outcomes = outcomes
    }

    fileprivate var members: [JSON.Member] {
        var members: [JSON.Member] = []
        if let rule { members.append(JSON.Member("rule", .string(rule))) }
        if let key { members.append(JSON.Member("key", .string(key))) }
        if let outcomes { members.append(JSON.Member("outcomes", .array(outcomes.map { .string($0) }))) }
        return members
    }
}

/// Rules, their runs, and what they told.
extension Client {
    /// All rules and scripts, in the order of the configuration; or one, and those that its `each` made of it.
    ///
    /// - Throws: `ClientError` with the code `not_found` where there is none of that name.
    public func rules(_ name: String? = nil) async throws(ClientError) -> [RuleDescription] {
        var rules: [RuleDescription] = []
        var members = name.map { [JSON.Member("rule", .string($0))] } ?? []
        while true {
            let answer = try await request("rules", .object(members))
            guard let page = answer["rules"]?.array else { throw Self.unshaped }
            rules += page.compactMap(RuleDescription.init)
            guard let next = answer["next"]?.nonNull, !page.isEmpty else { return rules }
            members = members.filter { $0.name != "after" } + [JSON.Member("after", next)]
        }
    }

    /// Records of the why log, newest first; runs that stand are among them.
    ///
    /// - Parameter before: only older ones than this number.
    public func runs(
        _ filter: RunFilter = RunFilter(), since: Timestamp? = nil, before: Int64? = nil, limit: Int = 100
    ) async throws(ClientError) -> [RunReport] {
        var members = filter.members
        if let since { members.append(JSON.Member("since", .number(since.seconds))) }
        if let before { members.append(JSON.Member("before", .number(Double(before)))) }
        members.append(JSON.Member("limit", .number(Double(limit))))
        return try await request("runs", .object(members))["runs"]?.runReports ?? []
    }

    /// Records as they happen, over a connection of its own.
    public nonisolated func follow(_ filter: RunFilter = RunFilter()) async throws(ClientError) -> RunWatch {
        let watch = RunWatch(
            client: self, command: JSON.Member("follow", .object(filter.members)), timeout: timeout
        ) { RunReport($0, dropped: $1) }
        try await watch.connect()
        return watch
    }

    /// How a key came to its value.
    ///
    /// - Parameter limit: the most runs, and decisions not to run.
    public func why(key: String, limit: Int? = nil) async throws(ClientError) -> KeyStory {
        guard let story = KeyStory(try await why("key", key, limit)) else { throw Self.unshaped }
        return story
    }

    /// What a rule did of late, and what it did not.
    public func why(rule: String, limit: Int? = nil) async throws(ClientError) -> RuleStory {
        guard let story = RuleStory(try await why("rule", rule, limit)) else { throw Self.unshaped }
        return story
    }

    private func why(_ subject: String, _ name: String, _ limit: Int?) async throws(ClientError) -> JSON {
        let members = [JSON.Member(subject, .string(name))]
        return try await request(
            "why", .object(members + (limit.map { [JSON.Member("limit", .number(Double($0)))] } ?? [])))
    }

    /// Fires the triggers `emit` of a name.
    ///
    /// - Returns: how many rules have one.
    public func emit(_ name: String, payload: JSON = .null) async throws(ClientError) -> Int {
        try await request("emit", ["rule": .string(name), "payload": payload])["rules"]?.count ?? 0
    }

    /// Sends a message to a cell.
    public func emit(toCell id: String, of behaviour: String, _ message: JSON) async throws(ClientError) {
        let cell: JSON = [.string(behaviour), .string(id)]
        _ = try await request("emit", ["cell": cell, "message": message])
    }

    /// Runs a rule or a script by hand.
    ///
    /// - Returns: how it ended, or where it stands; nil where the hub does not say.
    public func run(_ rule: String, arguments: [JSON.Member] = []) async throws(ClientError) -> RunReport? {
        RunReport(try await request("run", ["rule": .string(rule), "arguments": .object(arguments)]))
    }

    public func setEnabled(_ isEnabled: Bool, rule: String) async throws(ClientError) {
        _ = try await request(isEnabled ? "enable" : "disable", ["rule": .string(rule)])
    }

    /// Ends the runs of a rule that stand.
    ///
    /// - Returns: how many.
    @discardableResult
    public func stopRuns(of rule: String) async throws(ClientError) -> Int {
        try await request("stop_runs", ["rule": .string(rule)])["stopped"]?.count ?? 0
    }

    /// Makes the hub read its configuration again.
    public func reload() async throws(ClientError) -> ReloadAnswer {
        ReloadAnswer(try await request("reload", [:], timeout: .seconds(300)))
    }

    /// The notes that rules made, newest first.
    ///
    /// - Parameter openOnly: those that nobody has acknowledged.
    public func notifications(
        openOnly: Bool = false, limit: Int = 100
    ) async throws(ClientError) -> [RuleNotification] {
        let body: JSON = ["open": .bool(openOnly), "limit": .number(Double(limit))]
        return (try await request("notifications", body)["notifications"]?.array ?? []).compactMap(
            RuleNotification.init)
    }

    /// Acknowledges a note by its number.
    public func acknowledge(_ id: Int64) async throws(ClientError) {
        _ = try await request("acknowledge", ["id": .number(Double(id))])
    }

    /// Acknowledges the notes of a topic.
    ///
    /// - Returns: how many.
    @discardableResult
    public func acknowledge(topic: String) async throws(ClientError) -> Int {
        try await request("acknowledge", ["topic": .string(topic)])["acknowledged"]?.count ?? 0
    }
}
