internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// The why log as one: what is in memory and what the database holds.
struct RunHistory: Sendable {
    typealias Rows = Result<[RunRow], Store.Error>

    let service: any RuleService
    let hub: Hub
    let store: Store

    /// The longest chain of causes that is told; rules that go deeper are paused.
    static let longestChain = 16

    init(_ service: any RuleService, of hub: isolated Hub) {
        self.service = service
        self.hub = hub
        store = hub.store
    }

    /// A question with the part of its answer that is in memory.
    struct Question: Sendable {
        let query: RunQuery
        fileprivate let recent: [RunRow]
        fileprivate let store: Store

        /// - Parameter then: gets the rows, newest first; called on any thread.
        func answer(_ then: @escaping @Sendable (Rows) -> Void) {
            guard query.outcomes.map({ $0 != [RunRow.standing] }) ?? true else { return then(.success(recent)) }
            store.runs(query) { stored in then(stored.map { merged(with: $0) }) }
        }

        /// What the database holds is the later news of the two.
        private func merged(with stored: [RunRow]) -> [RunRow] {
            let known = Set(stored.map(\.id))
            // A run that stood may have ended meanwhile as something that was not asked for; nobody is hurt.
            let rows = stored + recent.filter { !known.contains($0.id) }
            return Array(rows.sorted { $0.id > $1.id }.prefix(query.limit))
        }
    }

    func question(_ query: RunQuery, in hub: isolated Hub) -> Question {
        Question(query: query, recent: service.recentRuns(query, in: hub), store: store)
    }

    /// A run with those that led to it, one after another.
    ///
    /// - Parameter then: gets at most `longestChain` rows; none where there is no record of the run.
    func chain(from number: Int64, then: @escaping @Sendable ([RunRow]) -> Void) {
        goOn(number, after: [], then)
    }

    private func goOn(_ number: Int64, after rows: [RunRow], _ then: @escaping @Sendable ([RunRow]) -> Void) {
        hub.enqueue { hub in
            row(number, in: hub) { row in
                guard let row else { return then(rows) }
                let rows = rows + [row]
                // Runs are numbered as they begin, so what led to one has a lower number: no circle has an end.
                guard let parent = row.parent, parent < number, rows.count < Self.longestChain else {
                    return then(rows)
                }
                goOn(parent, after: rows, then)
            }
        }
    }

    private func row(_ number: Int64, in hub: isolated Hub, _ then: @escaping @Sendable (RunRow?) -> Void) {
        if let row = service.recentRun(number, in: hub) { return then(row) }
        guard number > 0, number < .max else { return then(nil) }
        store.runs(RunQuery(before: number + 1, limit: 1)) { rows in
            then((try? rows.get())?.first { $0.id == number })
        }
    }
}

/// What the log keeps of a run beside the columns.
extension RunRow {
    /// The run whose change or call led to it.
    var parent: Int64? { data["occasion"]?["parent"]?.number.flatMap { Int64(exactly: $0) } }

    /// Of a run that stands that is not known.
    var ended: Timestamp {
        data["ended"]?.number.flatMap(Timestamp.init(seconds:)) ?? (outcome == Self.standing ? .distantFuture : time)
    }

    /// Whether a change of that time fell into it, or into so long after it. Times of changes are whole milliseconds.
    func wasUnderWay(at time: Timestamp, orFor length: Duration = .zero) -> Bool {
        self.time.wholeMilliseconds <= time && time.wholeMilliseconds <= ended + length
    }

    /// Whether it changed a key, as far as the log has its effects, or knows of those that were left out.
    func changed(_ key: KeyName) -> Bool {
        !effects(on: key).isEmpty
            || data["changed"]?.array?.contains { $0.string.flatMap { KeyName($0) } == key } == true
    }

    /// The step at which it changed a key last: `2.then.1`, in a script `3 > goodnight 2`.
    func step(changing key: KeyName) -> String? { effects(on: key).last?.stepPath }

    /// Whether a put of it, as far as the log has it whole, gave the key that value.
    func mayHavePut(_ value: Komoku.Value, to key: KeyName) -> Bool {
        guard let effect = effects(on: key).last else { return false }
        if effect.verb == "toggle" { return true }
        guard effect.verb == "put", let given = effect.value else { return false }
        return RunEffect.text(of: given).utf8.elementsEqual(RunEffect.text(of: value.json).utf8)
    }

    /// What it did to a key.
    private func effects(on key: KeyName) -> [RunEffect] {
        RunEffect.list(of: data).effects.filter { $0.key == key && !$0.verb.isEmpty && $0.outcome != .failed }
    }
}
