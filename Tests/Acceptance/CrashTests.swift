import Komoku
import KomokuTesting
import Testing

@Suite struct CrashTests {
    @Test func `no acknowledged message is missing after twenty kills`() async throws {
        let house = try House(
            """
            map: [{topic: "stream/number", key: stream.number, type: numeric}]
            keys: {stream.number: {same_value_resolution: 0s}}
            """, commitInterval: "10ms")
        defer { house.remove() }
        let device = try await TestMQTTClient(port: house.broker.port)
        // The first start makes the session: from then on the broker keeps what is not acknowledged.
        try await house.start().end()
        var sent = 0
        for round in 0..<20 {
            let hub = try await house.start()
            // Each round is killed after another number of commits and in another place of a burst.
            for _ in 0...round {
                for _ in 0..<(10 + round) {
                    sent += 1
                    try device.post("stream/number", Array("\(sent)".utf8))
                }
                sent += 1
                try await device.publish("stream/number", "\(sent)")
                if round % 2 == 1 { try await house.wait(for: "stream.number", .number(Double(sent))) }
            }
            hub.end(9)
        }
        let hub = try await house.start()
        defer { hub.end() }
        sent += 1
        try await device.publish("stream/number", "\(sent)")
        try await house.wait(for: "stream.number", .number(Double(sent)))
        let stored = Set(try await house.history("stream.number").compactMap { $0.array?.last?.number })
        let missing = (1...sent).filter { !stored.contains(Double($0)) }
        #expect(missing == [], "of \(sent)")
    }

    @Test func `a put is there after a kill as soon as it is answered`() async throws {
        let house = try House("")
        defer { house.remove() }
        for round in 1...5 {
            let hub = try await house.start(subscribed: false)
            #expect(try await house.komoku("put", "counter", "\(round)").code == 0)
            hub.end(9)
        }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        #expect(try await house.history("counter").compactMap { $0.array?.last } == [1, 2, 3, 4, 5])
    }
}
