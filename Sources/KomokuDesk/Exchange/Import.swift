internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import Synchronization

/// Carries out one `import`: the hub finds or makes the keys, a pool's thread reads the values, the store takes the points,
/// and the hub takes the newest for last values.
struct Import: Sendable {
    private let request: ImportRequest
    private let caller: Caller
    private let work: WorkQueues
    private let helpers: HelperShelf

    init(_ request: ImportRequest, for caller: Caller, work: WorkQueues, helpers: HelperShelf) {
        self.request = request
        self.caller = caller
        self.work = work
        self.helpers = helpers
    }

    func run(in hub: isolated Hub, _ reply: @escaping @Sendable (Reply) -> Void) {
        let definitions = request.definitions.map(Definition.init)
        do throws(CommandError) {
            let series = request.series.map {
                ImportedSeries(name: $0.name, sample: $0.points.lazy.compactMap(Self.value).first)
            }
            let targets = try hub.prepareImport(definitions, series)
            // Reading a mebibyte of values takes longer than others should wait for the hub.
            let limit = hub.futureLimit
            work.async { read(targets, limit, hub, reply) }
        } catch {
            reply(.error(Refusal(error, hub.fault(in: definitions))))
        }
    }

    /// The value of `[T,V]`, if it is one that tells its type.
    private static func value(_ point: JSON) -> JSON? {
        guard let pair = point.array, pair.count == 2, (try? Value.guess(pair[1])) != nil else { return nil }
        return pair[1]
    }

    private func read(
        _ targets: [ImportTarget?], _ limit: Timestamp, _ hub: Hub, _ reply: @escaping @Sendable (Reply) -> Void
    ) {
        var outcome = Outcome()
        var points: [KeyID: [Point]] = [:]
        for (series, target) in zip(request.series, targets) {
            guard let target else {
                outcome.refuse(series.name, all: series.points.count, .unknownValueType)
                continue
            }
            let taken = ImportedPoints(series.points, type: target.type)
            outcome.add(taken, of: series.name)
            points[target.id, default: []] += taken.points
        }
        let ordered = points.filter { !$0.value.isEmpty }.mapValues(ImportedPoints.ordered)
        outcome.repeated = points.values.reduce(0) { $0 + $1.count } - ordered.values.reduce(0) { $0 + $1.count }
        insert(ordered, limit, outcome, hub, reply)
    }

    /// Fewer points of a key than these share a commit with those of other keys; more become blocks at once.
    private static let fewPoints = 512

    /// Hands all points to the store at once, and waits until each is on disk.
    ///
    /// - Parameter limit: what is later waits for its time.
    private func insert(
        _ points: [KeyID: [Point]], _ limit: Timestamp, _ outcome: Outcome, _ hub: Hub,
        _ reply: @escaping @Sendable (Reply) -> Void
    ) {
        let newest = points.compactMap { key, points in Self.newest(of: points, key, limit) }
        guard !points.isEmpty else { return finish(newest, outcome, hub, reply) }
        let many = points.filter { $0.value.count >= Self.fewPoints }
        let few = points.filter { $0.value.count < Self.fewPoints }
        let waiting = Waiting(many.count + 1) { result in
            switch result {
            case .failure(let error): reply(.error(.store(error)))
            case .success(let inserted):
                var outcome = outcome
                outcome.inserted = inserted
                finish(newest, outcome, hub, reply)
            }
        }
        for (key, points) in many { hub.store.insert(points, into: key, limit: limit) { waiting.ended($0) } }
        if few.isEmpty { return waiting.ended(.success(Store.Inserted())) }
        hub.store.insert(few, limit: limit) { waiting.ended($0) }
    }

    private static func newest(of points: [Point], _ key: KeyID, _ limit: Timestamp) -> ImportedNewest? {
        guard let last = points.last else { return nil }
        if last.time <= limit {
            return ImportedNewest(key: key, point: last, last: points.last { $0.value != nil })
        }
        let present = points.last { $0.time <= limit }
        return ImportedNewest(
            key: key, point: present ?? last, last: points.last { $0.value != nil && $0.time <= limit },
            hasFuture: true)
    }

    private func finish(
        _ newest: [ImportedNewest], _ outcome: Outcome, _ hub: Hub, _ reply: @escaping @Sendable (Reply) -> Void
    ) {
        let isLast = request.isDone
        hub.enqueue { [caller, helpers] hub in
            hub.finishImport(of: newest, by: ObjectIdentifier(caller))
            for key in newest.map(\.key) { helpers.settle(key, in: hub) }
            // The end of a connection is the end of its import; nothing else would end it.
            if isLast || caller.isGone { hub.endImport(by: ObjectIdentifier(caller)) }
            hub.whenDurable { _ in reply(.encoded(outcome.report.bytes)) }
        }
    }
}

extension Import {
    /// What became of the points.
    fileprivate struct Outcome: Sendable {
        var inserted = Store.Inserted()
        /// Points of a time that comes once more.
        var repeated = 0
        private var refused: [(name: KeyName, index: Int, reason: CommandError)] = []

        mutating func add(_ points: ImportedPoints, of name: KeyName) {
            refused += points.refused.map { (name, $0.index, $0.reason) }
        }

        mutating func refuse(_ name: KeyName, all count: Int, _ reason: CommandError) {
            refused += (0..<count).map { (name, $0, reason) }
        }

        /// What is told: of many refusals the first.
        var report: ImportReport {
            let isNew = inserted.stored > 0
            var report = ImportReport()
            report.points = inserted.stored + (isNew ? repeated : 0)
            report.known = inserted.known + (isNew ? 0 : repeated)
            report.leftOut = inserted.leftOut
            report.refused = refused.prefix(ImportReport.told).map {
                RefusedPoint(key: $0.name.text, index: $0.index, reason: $0.reason.rawValue)
            }
            report.more = refused.count - report.refused.count
            return report
        }
    }

    /// Calls back when so many things have ended, with what they come to, or the first error.
    fileprivate final class Waiting: Sendable {
        private let state: Mutex<(missing: Int, result: Result<Store.Inserted, Store.Error>)>
        private let then: @Sendable (Result<Store.Inserted, Store.Error>) -> Void

        init(_ count: Int, then: @escaping @Sendable (Result<Store.Inserted, Store.Error>) -> Void) {
            state = Mutex((count, .success(Store.Inserted())))
            self.then = then
        }

        func ended(_ result: Result<Store.Inserted, Store.Error>) {
            let (isOver, all) = state.withLock { state in
                state.missing -= 1
                state.result = state.result.flatMap { sum in
                    result.map { part in
                        var sum = sum
                        sum += part
                        return sum
                    }
                }
                return (state.missing == 0, state.result)
            }
            if isOver { then(all) }
        }
    }
}
