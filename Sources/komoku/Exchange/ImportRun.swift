internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// One import: takes points, sends them in batches, and tells what was refused.
struct ImportRun: ~Copyable {
    private(set) var report = ImportReport()
    private var session: PointImport
    private var batch = LineBatch()
    /// Unanswered, by number.
    private var sent: [Int: LineBatch] = [:]
    private var sentCount = 0
    private var known: Set<KeyName>
    private var met: Set<KeyName> = []
    /// Gaps at the front of new keys, until a value tells the type.
    private var gaps: [KeyName: [(point: ImportedPoint, number: Int)]] = [:]
    private var gapCount = 0
    private let tell: (_ key: String?, _ number: Int, _ reason: String) -> Void

    private static let mostGaps = 100_000

    /// - Parameters:
    ///   - keys: those that the hub has.
    ///   - tell: is called with each refusal that is to be told.
    init(
        _ session: consuming PointImport, keys: [KeyDescription], tell: @escaping (String?, Int, String) -> Void
    ) {
        self.session = session
        known = Set(keys.compactMap { KeyName($0.name) })
        self.tell = tell
    }

    /// A key whose type and options the file tells.
    mutating func define(_ key: KeyDefinition) async throws {
        if let name = KeyName(key.name) {
            known.insert(name)
            meet(name)
        }
        batch.define(key)
        if batch.isFull { try await flush() }
    }

    /// - Parameter number: the line, or another number by which the point can be found.
    mutating func add(_ imported: ImportedPoint, number: Int) async throws {
        meet(imported.key)
        if !known.contains(imported.key) {
            guard introduce(imported, number) else { return }
        }
        batch.add(imported, number: number)
        if batch.isFull { try await flush() }
    }

    private mutating func meet(_ key: KeyName) {
        if met.insert(key).inserted { report.meetKey() }
    }

    /// - Returns: false where it is kept back, because it does not tell a type.
    private mutating func introduce(_ imported: ImportedPoint, _ number: Int) -> Bool {
        if imported.point.value.isNull, gapCount < Self.mostGaps {
            gaps[imported.key, default: []].append((imported, number))
            gapCount += 1
            return false
        }
        known.insert(imported.key)
        // The hub would guess these to be booleans.
        if let text = imported.point.value.string, text == "true" || text == "false" {
            batch.define(KeyDefinition(name: imported.key.text, type: KeyType.string))
        }
        // They come before the value only in time, and the hub orders by that.
        let waiting = gaps.removeValue(forKey: imported.key) ?? []
        batch.add(imported, number: number)
        for gap in waiting { batch.add(gap.point, number: gap.number) }
        return false
    }

    /// A line that is no point.
    mutating func refuse(_ key: String? = nil, number: Int, _ reason: String) {
        if report.refuse() { tell(key, number, reason) }
    }

    /// Sends what has gathered and waits for all answers.
    mutating func finish() async throws {
        for (key, gaps) in gaps {
            for gap in gaps { refuse(key.text, number: gap.number, "no value tells the type of \(key.text)") }
        }
        gaps = [:]
        if !batch.isEmpty { try await flush() }
        while let answer = try await session.next() { try await take(answer) }
        try await session.finish()
    }

    private mutating func flush() async throws {
        let full = batch
        batch = LineBatch()
        try await send(full)
    }

    private mutating func send(_ batch: LineBatch) async throws {
        sent[sentCount] = batch
        sentCount += 1
        if let answer = try await session.send(batch.batch) { try await take(answer) }
    }

    private mutating func take(_ answer: PointImport.Answer) async throws {
        guard let batch = sent.removeValue(forKey: answer.batch) else { return }
        report.store(answer.points, known: answer.known, leftOut: answer.leftOut)
        for refusal in answer.refused {
            let number = batch.number(refusal.key, refusal.index) ?? 0
            let value = batch.value(refusal.key, refusal.index)
            refuse(refusal.key, number: number, Self.sentence(refusal.reason, value, refusal.key))
        }
        guard let error = answer.error else { return }
        // A hub that does not know the command, or cannot store, will not take the rest either.
        if ["invalid_query", "invalid_json", "store_failed"].contains(error.code) { throw error }
        if batch.batch.points.count > 1 {
            for part in batch.split() { try await send(part) }
        } else {
            let key = batch.batch.points.first?.key
            for number in batch.numbers.joined() { refuse(key, number: number, reason(error, key)) }
        }
    }

    /// The hub gives a word; other texts stay as they are.
    private static func sentence(_ reason: String, _ value: JSON?, _ key: String) -> String {
        switch reason {
        case "invalid_value": "\(key) does not take \(value?.text.fitting(40) ?? "this value")"
        case "unknown_value_type": "there is no such key, and no value tells its type"
        default: CommandError(rawValue: reason)?.explanation ?? reason
        }
    }

    private func reason(_ error: ClientError, _ key: String?) -> String {
        guard error.code == CommandError.typeMismatch.rawValue, let key else { return error.description }
        return "\(key) has another type at the hub"
    }
}
