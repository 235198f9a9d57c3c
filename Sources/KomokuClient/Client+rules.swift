public import Komoku
public import KomokuWire

/// Rules, their runs, and what they told.
extension Client {
    /// All rules and scripts, in the order of the configuration; or one, and those that its `each` made of it.
    ///
    /// - Throws: `ClientError` with the code `not_found` where there is none of that name.
    public func rules(_ name: String? = nil) async throws(ClientError) -> [RuleDescription] {
        var rules: [RuleDescription] = []
        var request = RulesRequest(name)
        while true {
            let page = try await ask(.rules(request), for: RulesPage.self)
            rules += page.rules
            guard let next = page.next, !page.rules.isEmpty else { return rules }
            request.after = next
        }
    }

    /// Records of the why log, newest first; runs that stand are among them.
    ///
    /// - Parameter before: only older ones than this number.
    public func runs(
        _ filter: RunFilter = RunFilter(), since: Timestamp? = nil, before: Int64? = nil, limit: Int = 100
    ) async throws(ClientError) -> [RunReport] {
        let request = RunsRequest(filter, since: since, before: before, limit: limit)
        return try await ask(.runs(request), for: RunsPage.self).runs
    }

    /// Records as they happen, over a connection of its own.
    public nonisolated func follow(_ filter: RunFilter = RunFilter()) async throws(ClientError) -> RunWatch {
        let command = Command.follow(FollowRequest(filter)).member
        let watch = RunWatch(client: self, timeout: timeout, command: { _ in command }) { push, dropped in
            guard var report = try? RunReport(push) else { return nil }
            report.skipped += dropped
            return report
        }
        try await watch.connect()
        return watch
    }

    /// How a key came to its value.
    ///
    /// - Parameter limit: the most runs, and decisions not to run.
    public func why(key: String, limit: Int? = nil) async throws(ClientError) -> KeyStory {
        try await ask(.why(WhyRequest(.key(name(key)), limit: limit)))
    }

    /// What a rule did of late, and what it did not.
    public func why(rule: String, limit: Int? = nil) async throws(ClientError) -> RuleStory {
        try await ask(.why(WhyRequest(.rule(rule), limit: limit)))
    }

    /// Fires the triggers `emit` of a name.
    ///
    /// - Returns: how many rules have one.
    public func emit(_ name: String, payload: JSON = .null) async throws(ClientError) -> Int {
        try await ask(.emit(EmitRequest(.rules(name), payload)), for: Emitted.self).rules
    }

    /// Sends a message to a cell.
    public func emit(toCell id: String, of behaviour: String, _ message: JSON) async throws(ClientError) {
        try await perform(.emit(EmitRequest(.cell(behaviour: behaviour, id: id), message)))
    }

    /// How many cells there are, and those that failed; of a behaviour all, of one id its data.
    ///
    /// - Parameter after: only those behind the one of this id: the `next` of the page before.
    public func cells(
        _ behaviour: String? = nil, id: String? = nil, after: String? = nil
    ) async throws(ClientError) -> CellsPage {
        try await ask(.cells(CellsRequest(behaviour, id: id, after: after)))
    }

    /// Lets a failed cell live again.
    public func reviveCell(_ behaviour: String, _ id: String) async throws(ClientError) {
        try await perform(.changeCell(CellChange(.revive, behaviour, id)))
    }

    /// Deletes a cell.
    public func forgetCell(_ behaviour: String, _ id: String) async throws(ClientError) {
        try await perform(.changeCell(CellChange(.forget, behaviour, id)))
    }

    /// Stops a cell until it is revived.
    public func failCell(_ behaviour: String, _ id: String, reason: String? = nil) async throws(ClientError) {
        try await perform(.changeCell(CellChange(.fail, behaviour, id, reason: reason)))
    }

    /// Runs a rule or a script by hand.
    ///
    /// - Returns: how it ended, or where it stands; nil where the hub does not say.
    public func run(_ rule: String, arguments: [JSON.Member] = []) async throws(ClientError) -> RunReport? {
        try? RunReport(try await perform(.run(RunRequest(rule, arguments)))["result"] ?? .null)
    }

    public func setEnabled(_ isEnabled: Bool, rule: String) async throws(ClientError) {
        try await perform(isEnabled ? .enable(RuleRequest(rule)) : .disable(RuleRequest(rule)))
    }

    /// Ends the runs of a rule that stand.
    ///
    /// - Returns: how many.
    @discardableResult
    public func stopRuns(of rule: String) async throws(ClientError) -> Int {
        try await ask(.stopRuns(RuleRequest(rule)), for: StoppedRuns.self).count
    }

    /// Makes the hub read its configuration again.
    public func reload() async throws(ClientError) -> ReloadAnswer {
        try await ask(.reload, timeout: .seconds(300))
    }

    /// The notes that rules made, newest first.
    ///
    /// - Parameter openOnly: those that nobody has acknowledged.
    public func notifications(
        openOnly: Bool = false, limit: Int = 100
    ) async throws(ClientError) -> [RuleNotification] {
        let request = NotificationsRequest(openOnly: openOnly, limit: limit)
        return try await ask(.notifications(request), for: NotificationsPage.self).notifications
    }

    /// Acknowledges a note by its number.
    public func acknowledge(_ id: Int64) async throws(ClientError) {
        try await perform(.acknowledge(AcknowledgeRequest(.number(id))))
    }

    /// Acknowledges the notes of a topic.
    ///
    /// - Returns: how many.
    @discardableResult
    public func acknowledge(topic: String) async throws(ClientError) -> Int {
        try await ask(.acknowledge(AcknowledgeRequest(.topic(topic))), for: Acknowledged.self).count
    }
}
