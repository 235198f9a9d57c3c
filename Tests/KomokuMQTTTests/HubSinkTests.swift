import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct HubSinkTests {
    private func intake(_ count: Int, size: Int = 0, firstID: UInt16 = 1) throws -> Intake {
        let feed = Feed(key: try #require(KeyName("a")), topic: "a", type: nil)
        var intake = Intake()
        for index in 0..<count {
            intake.observations.append(Observation(feed: feed, content: .text("\(index)")))
            intake.ends.append(index + 1)
            intake.receiptCursors.append(index + 1)
            intake.receipts.added.append(Receipt(id: firstID &+ UInt16(index), hash: UInt32(index)))
        }
        intake.size = size
        return intake
    }

    @Test(.timeLimit(.minutes(1))) func `what waits for the hub is bounded`() async throws {
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        let sink = HubSink(hub)
        var taken = 0
        while sink.hasRoom, taken < 1000 {
            sink.take(try intake(100, size: 1 << 20))
            taken += 1
        }
        #expect(taken == 64)
        hub.start()
        while !sink.hasRoom { await Task.yield() }
        await onOwnThread {
            hub.stop()
            store.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func `every message is in the same commit as its receipt`() async throws {
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        let sink = HubSink(hub)
        let commits = Collector<Store.CommitOutcome>()
        for round in 0..<20 { sink.take(try intake(200, firstID: UInt16(round * 200 + 1))) }
        sink.whenDurable { commits.append($0) }
        try await commits.wait(for: 1)
        #expect(store.receipts.map(\.id) == Array(1...4000))
        var change = Intake()
        change.receipts.dropped = 4000
        sink.take(change)
        sink.whenDurable { commits.append($0) }
        try await commits.wait(for: 2)
        #expect(store.receipts.isEmpty)
        await onOwnThread {
            hub.stop()
            store.close()
        }
    }
}
