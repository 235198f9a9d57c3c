import Komoku
import KomokuSystem

extension StoreState {
    /// Bytes that may wait while storing is impossible, and what is left of them after dropping.
    static let backlogLimit = 16 << 20
    private static let backlogTarget = 12 << 20
    /// A transaction that takes longer than this is not counted on: the disk hangs.
    private static let hangs = Duration.seconds(10)
    /// So many times its limit the head may take while sealing fails.
    static let headFactor = 3

    /// Drops the oldest puts where too many wait. What else their batches hold stays, as one batch.
    mutating func limitBacklog() {
        guard pendingSize > Self.backlogLimit, retry != nil || isHanging else { return }
        var kept = pendingSize
        var (entries, count) = (0, 0)
        var rest = Batch()
        for pending in pending {
            guard kept > Self.backlogTarget else { break }
            kept -= pending.size
            entries += pending.entries
            count += 1
            statistics.droppedPuts += pending.batch.puts.count
            statistics.pendingPuts -= pending.batch.puts.count
            rest.takeOver(pending.batch)
        }
        rest.compact()
        pending.replaceSubrange(0..<count, with: rest.isEmpty ? [] : [PendingBatch(compacted: rest)])
        pendingSize = kept
        active.remove(pendingStart..<(pendingStart + entries))
    }

    private var isHanging: Bool { workBegan.map { $0 + Self.hangs < .now } ?? false }

    /// Puts a frozen generation that could not be sealed back in front of the active one.
    mutating func thaw() {
        guard let frozen else { return }
        pendingStart = frozen.count
        active = frozen.joined(with: active)
        self.frozen = nil
    }

    /// Drops the oldest committed points where sealing fails and the head has become too large.
    ///
    /// - Returns: how many went.
    mutating func limitHead(_ headLimit: Int) -> Int {
        let before = committedEntries
        while active.size / Self.headFactor > headLimit, committedEntries > 0 {
            let count = (committedEntries + 3) / 4
            active.remove(0..<count)
            committedEntries -= count
            pendingStart -= count
        }
        statistics.droppedPuts += before - committedEntries
        return before - committedEntries
    }
}

extension Batch {
    /// Lines of the why log that are kept while nothing can be stored.
    private static let maximumRuns = 1000

    /// Takes over all but the puts of a batch that came later.
    fileprivate mutating func takeOver(_ later: Batch) {
        keys += later.keys
        deletedKeys += later.deletedKeys
        events += later.events
        handledEvents += later.handledEvents
        cells += later.cells
        if later.clearsDeadLetters { (deadLetters, clearsDeadLetters) = ([], true) }
        deadLetters += later.deadLetters
        devices += later.devices
        discoveries += later.discoveries
        misdated += later.misdated
        runs += later.runs
        runRetention = later.runRetention ?? runRetention
        outages += later.outages
        replacements += later.replacements
        accounts += later.accounts
        sessions += later.sessions
        documents += later.documents
        ruleVersions += later.ruleVersions
        alive = later.alive ?? alive
    }

    /// Leaves out what something later makes void.
    fileprivate mutating func compact() {
        let deleted = Set(deletedKeys)
        keys = keys.keepingLast(by: \.id).filter { !deleted.contains($0.id) }
        let (handled, queued) = (Set(handledEvents), Set(events.map(\.id)))
        events.removeAll { handled.contains($0.id) }
        handledEvents = handled.subtracting(queued).sorted()
        cells = cells.keepingLast { [$0.behaviour, $0.id].map(ByteText.init) }
        devices = devices.keepingLast { ByteText($0.id) }
        discoveries = discoveries.keepingLast { ByteText($0.topic) }
        runs = runs.keepingLast(by: \.id).suffix(Self.maximumRuns)
        outages = outages.keepingLast { [$0.outage.kind.rawValue, $0.outage.start.microseconds] }
        replacements = replacements.keepingLast(by: \.replacement).filter { !deleted.contains($0.replacement.key) }
        accounts = accounts.keepingLast { [$0.kind.rawValue, $0.name].map(ByteText.init) }
        sessions = sessions.keepingLast(by: \.cookie)
        documents = documents.keepingLast { [$0.owner, $0.name].map(ByteText.init) }
        // The tables keep no more either.
        outages = outages.suffix(OutageBook.limit)
        deadLetters = deadLetters.suffix(DeadLetterTable.limit)
    }
}

extension Array {
    fileprivate func keepingLast(by identity: (Element) -> some Hashable) -> [Element] {
        var indices: [AnyHashable: Int] = [:]
        for (index, element) in enumerated() { indices[AnyHashable(identity(element))] = index }
        return indices.values.sorted().map { self[$0] }
    }
}
