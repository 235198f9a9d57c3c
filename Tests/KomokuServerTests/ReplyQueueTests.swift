import Komoku
import KomokuWire
@testable import KomokuHub
@testable import KomokuServer
import Synchronization
import Testing

struct ReplyQueueTests {
    private let request = Request(#"{"ping":1}"#.utf8, version: .v2)

    private func delivery() throws -> Delivery {
        Delivery(
            change: Change(
                key: try KeyName(validating: "a"), type: .numeric, value: .number(1), time: Timestamp(microseconds: 0),
                previous: nil, provenance: .live, cause: .expiry), skipped: 0)
    }

    private func kinds(_ queue: inout ReplyQueue) -> [String] {
        var kinds: [String] = []
        while let item = queue.next() {
            switch item {
            case .reply: kinds.append("reply")
            case .changes: kinds.append("changes")
            case .runs: kinds.append("runs")
            case .part: kinds.append("part")
            }
        }
        return kinds
    }

    @Test func repliesLeaveInTheOrderOfTheFrames() {
        var queue = ReplyQueue()
        let first = queue.reserve(for: request, cost: 10)
        let second = queue.reserve(for: request, cost: 10)
        queue.fill(second, at: 0, with: .ok)
        #expect(kinds(&queue) == [])
        queue.fill(first, at: 0, with: .ok)
        #expect(kinds(&queue) == ["reply", "reply"])
        #expect(queue.waitingBytes == 0)
    }

    @Test func changesWaitForTheFramesBeforeThemAndNotForThoseBehind() throws {
        var queue = ReplyQueue()
        let first = queue.reserve(for: request, cost: 1)
        queue.append([try delivery()])
        _ = queue.reserve(for: request, cost: 1)
        #expect(kinds(&queue) == [])
        queue.fill(first, at: 0, with: .ok)
        #expect(kinds(&queue) == ["reply", "changes"])
    }

    @Test func anArrayIsCompleteWhenEachOfItsRepliesIs() {
        var queue = ReplyQueue()
        let ticket = queue.reserve(for: Request(#"[{"ping":1},{"ping":2}]"#.utf8, version: .v1), cost: 1)
        queue.fill(ticket, at: 1, with: .ok)
        queue.fill(ticket, at: 1, with: .error(.invalidKey))
        queue.fill(ticket, at: 9, with: .ok)
        queue.fill(99, at: 0, with: .ok)
        #expect(kinds(&queue) == [])
        queue.fill(ticket, at: 0, with: .ok)
        #expect(kinds(&queue) == ["reply"])
    }

    @Test func anEmptyArrayIsAnsweredAtOnce() {
        var queue = ReplyQueue()
        _ = queue.reserve(for: Request("[]".utf8, version: .v1), cost: 2)
        #expect(kinds(&queue) == ["reply"])
    }

    @Test func aReplyOfSeveralPartsLeavesPartByPartAsThePeerReads() {
        var queue = ReplyQueue()
        let made = Mutex(0)
        let more: @Sendable () -> Void = { made.withLock { $0 += 1 } }
        let first = queue.reserve(for: request, cost: 1)
        let second = queue.reserve(for: request, cost: 1)
        queue.fill(second, at: 0, with: .ok)
        queue.fill(first, at: 0, with: .encoded([1, 2, 3]), more: more)
        #expect(queue.next(takingParts: false).map { _ in true } == nil)
        guard case .part(_, _, let next)? = queue.next() else { return #expect(Bool(false)) }
        next()
        #expect(queue.next().map { _ in true } == nil)
        #expect(queue.held.replies == 1)
        queue.fill(first, at: 0, with: .ok)
        #expect(kinds(&queue) == ["reply", "reply"])
        #expect(made.withLock { $0 } == 1 && queue.held.bytes == 0)
    }

    @Test func aPartThatNeverLeavesIsSaidSo() {
        var queue = ReplyQueue()
        let made = Mutex(0)
        let ticket = queue.reserve(for: request, cost: 1)
        queue.fill(ticket, at: 0, with: .ok, more: { made.withLock { $0 += 1 } })
        queue.abandon()
        queue.abandon()
        #expect(made.withLock { $0 } == 1)
    }
}
