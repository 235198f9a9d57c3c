import Glibc
import Komoku
import KomokuTesting
import Synchronization
import Testing

@testable import KomokuClient

/// What waits for the hub is neither lost nor mixed up, whatever ends in between.
@Suite(.timeLimit(.minutes(2))) struct OutboxTests {
    private static let start = Timestamp(microseconds: 1_700_000_000_000_000)

    private static func put(_ number: Int, _ key: String = "a.b") -> OutboxPut {
        OutboxPut(key, .number(Double(number)), at: start + Komoku.Duration(microseconds: Int64(number) * 1000))
    }

    private static func numbers(_ puts: [OutboxPut]) -> [Int] { puts.compactMap { $0.value.number.map { Int($0) } } }

    /// A hub's history: a time of a key has one value. It may go away before or after it has stored something.
    private final class History: Sendable {
        struct State {
            var order: [OutboxPut] = []
            var seen: Set<OutboxPut> = []
            var sent = 0
            var random: SplitMix
        }

        let state: Mutex<State>
        let faults: Bool

        init(seed: UInt64, faults: Bool = true) {
            state = Mutex(State(random: SplitMix(seed: seed)))
            self.faults = faults
        }

        @Sendable func take(_ puts: [OutboxPut]) throws(ClientError) -> OutboxDelivery.Receipt {
            let (isLost, isAnswered, isStored) = state.withLock { state in
                let chance = faults ? Int.random(in: 0..<6, using: &state.random) : 5
                state.sent += puts.count
                guard chance > 1 else { return (true, false, false) }
                if chance != 3 {
                    for put in puts where state.seen.insert(put).inserted { state.order.append(put) }
                }
                return (false, chance > 2, chance > 3)
            }
            if isLost || !isAnswered { throw .disconnected(.local) }
            return OutboxDelivery.Receipt(isStored: isStored)
        }

        var order: [OutboxPut] { state.withLock { $0.order } }
    }

    @Test(arguments: 0..<30) func everyPutComesOnceAndInOrderOverKills(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var random = SplitMix(seed: seed &+ 1000)
        let history = History(seed: seed)
        var made: [OutboxPut] = []
        for round in 0..<6 {
            // A copy of the file as a kill leaves it: nothing is closed, the log lies beside it.
            let path = folder.path("outbox-\(round).db")
            if round > 0 { try Self.copy(folder.path("outbox-\(round - 1).db"), to: path) }
            let outbox = try Outbox(path: path)
            let delivery = OutboxDelivery(of: outbox, pause: { _ in await Task.yield() }) { puts throws(ClientError) in
                try history.take(puts)
            }
            let running = Task { await delivery.run() }
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let puts = (0..<Int.random(in: 1...40, using: &random)).map { Self.put(made.count + $0) }
                await outbox.append(puts)
                made += puts
            }
            if round == 5 { while outbox.status.waiting > 0 { await Task.yield() } }
            running.cancel()
            await running.value
            if round == 5 { outbox.close() }
        }
        #expect(history.order == made)
        #expect(Self.numbers(history.order) == Array(0..<made.count))
    }

    private static func copy(_ source: String, to target: String) throws {
        for end in ["", "-wal"] {
            guard let file = fopen(source + end, "r"), let copy = fopen(target + end, "w") else { continue }
            defer {
                fclose(file)
                fclose(copy)
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { fwrite(buffer, 1, count, copy) }
        }
    }

    @Test(arguments: [OutboxPolicy.Overflow.oldest, .newest]) func aFullOutboxLeavesOutWhatWasChosenAndCounts(
        overflow: OutboxPolicy.Overflow
    ) async throws {
        var policy = OutboxPolicy()
        (policy.maximumCount, policy.leavesOut) = (10, overflow)
        let outbox = try Outbox(path: nil, policy: policy)
        defer { outbox.close() }
        for number in 0..<25 { await outbox.append([Self.put(number)]) }
        #expect(outbox.status.waiting == 10 && outbox.status.dropped == 15)
        let kept = try #require(await outbox.next(atMost: 100))
        #expect(Self.numbers(kept.puts) == (overflow == .oldest ? Array(15..<25) : Array(0..<10)))
    }

    @Test func whatIsTooOldGoes() async throws {
        let clock = Mutex(Self.start)
        var policy = OutboxPolicy()
        policy.maximumAge = Komoku.Duration(microseconds: 60_000_000)
        let outbox = try Outbox(path: nil, policy: policy, now: { clock.withLock { $0 } })
        defer { outbox.close() }
        await outbox.append("a", 1)
        clock.withLock { $0 = $0 + Komoku.Duration(microseconds: 61_000_000) }
        await outbox.append("a", 2)
        #expect(Self.numbers(try #require(await outbox.next(atMost: 10)).puts) == [2])
        #expect(outbox.status.dropped == 1)
    }

    @Test func twoPutsOfOneMomentAreTwoPoints() async throws {
        let outbox = try Outbox(path: nil, now: { Self.start })
        defer { outbox.close() }
        await outbox.append("a", 1)
        await outbox.append("a", 2)
        let puts = try #require(await outbox.next(atMost: 10)).puts
        #expect(puts.map(\.time) == [Self.start, Self.start + Komoku.Duration(microseconds: 1)])
    }

    @Test func whatTheHubRefusesHoldsNothingUp() async throws {
        let outbox = try Outbox(path: nil)
        defer { outbox.close() }
        let refusals = Mutex<[OutboxDelivery.Refused]>([])
        let delivery = OutboxDelivery(
            of: outbox, onRefusal: { refused in refusals.withLock { $0.append(refused) } }, pause: { _ in }
        ) { puts throws(ClientError) in
            OutboxDelivery.Receipt(
                refused: puts.filter { $0.value.number == 1 }.map { .init(put: $0, reason: "type_mismatch") })
        }
        await outbox.append((0..<3).map { Self.put($0) })
        let running = Task { await delivery.run() }
        while outbox.status.waiting > 0 { await Task.yield() }
        running.cancel()
        await running.value
        #expect(outbox.status.delivered == 2 && outbox.status.refused == 1)
        #expect(refusals.withLock { $0.map(\.put) } == [Self.put(1)])
    }

    @Test func aSecondProcessAndAnotherFileAreRefused() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let outbox = try Outbox(path: folder.path("outbox.db"))
        await outbox.append("a", 1)
        #expect(throws: OutboxError.self) { _ = try Outbox(path: folder.path("outbox.db")) }
        outbox.close()
        #expect(try Outbox(path: folder.path("outbox.db")).status.waiting == 1)
        try folder.write("this is no database, and long enough to be looked at as one", to: "text")
        #expect(throws: OutboxError.self) { _ = try Outbox(path: folder.path("text")) }
    }
}
