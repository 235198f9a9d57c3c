internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// How much is kept, and whether keeping works.
extension Desk {
    /// The counters of `stats`.
    func counters(of hub: isolated Hub, for rights: Rights) -> ServerCounters {
        var counters = ServerCounters()
        counters.uptime = uptime
        // What others do, and how much there is of keys that he may not read, is nothing for him.
        guard rights.readsAll else {
            counters.keys = hub.keys(matching: .all).count { rights.mayRead($0.name) }
            counters.operations = .object([])
            return counters
        }
        (counters.keys, counters.operations) = (hub.keyCount, counts.json)
        (counters.points, counters.subscriptions) = (hub.store.statistics.points, hub.subscriptionCount)
        return counters
    }

    /// Answers `store`. Whether keeping works is told also where what is kept cannot be read.
    func report(on hub: isolated Hub, _ then: @escaping Answer) {
        let status = StoreStatus(hub)
        hub.store.report { result in
            var status = status
            switch result {
            case .success(let report): status.sizes = StoreSizes(report)
            case .failure(let error): status.reportError = error.description
            }
            then(.shape(status))
        }
    }
}

extension StoreStatus {
    /// The newest ones.
    private static let shownOutages = 100

    fileprivate init(_ hub: isolated Hub) {
        self.init()
        let statistics = hub.store.statistics
        (isStoring, lastError) = (statistics.isStoring, statistics.lastError)
        (keys, fileBytes, commits) = (hub.keyCount, statistics.fileBytes, statistics.commits)
        (durablePuts, pendingPuts) = (statistics.durablePuts, statistics.pendingPuts)
        (droppedPuts, deadLetters) = (statistics.droppedPuts, statistics.deadLetters)
        (journal.rows, journal.bytes) = (statistics.journalRows, statistics.journalBytes)
        journal.bytesWritten = statistics.journalBytesWritten
        head = StoreSizes.Amount(points: statistics.headPoints, bytes: statistics.headBytes)
        (sealed.seals, sealed.points, sealed.bytes) =
            (statistics.seals, statistics.sealedPoints, statistics.sealedBytes)
        (corrupt.journalRows, corrupt.blocks) = (statistics.corruptJournalRows, statistics.corruptBlocks)
        self.hub = HubCounters(hub)
        damage = hub.store.damage
        outages = hub.store.outages.suffix(Self.shownOutages).reversed().map(OutageReport.init)
    }
}

extension HubCounters {
    fileprivate init(_ hub: isolated Hub) {
        self.init()
        let counters = hub.counters
        (puts, changes, suppressed) = (counters.puts, counters.changes, counters.suppressed)
        (refused, deadLetters, expired) = (counters.refused, counters.deadLetters, counters.expired)
        (subscriptions, futurePuts) = (hub.subscriptionCount, counters.future)
        (futurePoints, misdatedPoints) = (hub.futureCount, hub.misdatedCount)
    }
}

extension OutageReport {
    init(_ outage: Outage) {
        self.init(outage.kind == .hub ? .hub : .broker, outage.start, outage.end)
    }
}

extension StoreSizes {
    fileprivate init(_ report: StoreReport) {
        self.init()
        freeBytes = report.freeBytes
        tiers = report.tiers.map(Tier.init)
        fresh = Amount(points: report.freshPoints, bytes: report.freshBytes)
        lastMerge = report.lastMerge
        (expiredPoints, cappedPoints) = (report.expiredPoints, report.cappedPoints)
        leftOutPoints = report.leftOutPoints
    }

    /// With what `store` tells from elsewhere.
    init(whole report: StoreReport) {
        self.init(report)
        (keys, fileBytes, journalBytes) = (report.keys, report.fileBytes, report.journalBytes)
    }
}

extension StoreSizes.Tier {
    fileprivate init(_ tier: StoreReport.Tier) {
        self.init()
        (name, count, blocks, bytes) = (tier.name, tier.count, tier.blocks, tier.bytes)
    }
}

extension DeadLetterReport {
    init(_ letter: DeadLetter) {
        self.init()
        (topic, payload) = (letter.topic, String(decoding: letter.payload, as: UTF8.self))
        (reason, time, count) = (letter.reason, letter.time, letter.count)
    }
}

// MARK: What keys take

extension Desk {
    func sizes(_ request: SizesRequest, for rights: Rights, in hub: isolated Hub, _ then: @escaping Answer) {
        let names = Dictionary(hub.keys(matching: request.pattern).map { ($0.id, $0.name) }) { first, _ in first }
        hub.store.sizes { result in
            switch result {
            case .failure(let error): then(.error(.store(error)))
            case .success(let sizes):
                let known = sizes.compactMap { size in
                    names[size.key].flatMap { rights.mayRead($0) ? ($0, size) : nil }
                }
                let told = known.map { KeySizeReport($0, bytes: $1.bytes, points: $1.points) }
                    .sorted { ($1.bytes, $0.key) < ($0.bytes, $1.key) }
                let limit = request.limit ?? SizesRequest.usualLimit
                then(.shape(KeySizesList(Array(told.prefix(limit)), bytes: told.reduce(0) { $0 + $1.bytes })))
            }
        }
    }
}
