import Glibc
import Komoku
import KomokuClient
import KomokuTesting
import Testing

/// A program that reads a sensor, beside a hub that is killed and comes back.
@Suite(.timeLimit(.minutes(5))) struct OutboxHouseTests {
    /// An hour ago.
    private static let start = Timestamp(microseconds: Int64(time(nil) - 3600) * 1_000_000)

    @Test func `each reading is in the history once, at its own time, whatever is killed`() async throws {
        let house = try House("keys: {meter.energy: {type: numeric}}")
        defer { house.remove() }
        let address = try HubAddress("ws://127.0.0.1:\(house.ports.v2)")
        let outbox = try Outbox(path: house.folder.path("outbox.db"))
        let client = Client(address)
        let sending = Task { await OutboxDelivery(of: outbox, by: client).run() }
        var count = 0
        func read(_ times: Int) async {
            for _ in 0..<times {
                let time = Self.start + Duration(microseconds: Int64(count) * 1_000_000)
                await outbox.append("meter.energy", .number(Double(count)), at: time)
                count += 1
            }
        }
        // The hub is not there yet.
        await read(50)
        for _ in 0..<3 {
            let hub = try await house.start(subscribed: false)
            await read(300)
            hub.end(SIGKILL)
            await read(200)
        }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        for _ in 0..<600 where outbox.status.waiting > 0 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(outbox.status.waiting == 0 && outbox.status.dropped == 0 && outbox.status.refused == 0)
        sending.cancel()
        await sending.value
        outbox.close()
        await client.close()
        let points = try await house.history("meter.energy")
        #expect(points.compactMap { $0["value"]?.number ?? $0.array?.last?.number } == (0..<count).map(Double.init))
    }
}
