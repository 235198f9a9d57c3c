import Glibc
import Komoku
import KomokuTesting
import Testing

@Suite struct CrashTests {
    /// `KOMOKU_SOAK` sets the number of kills.
    @Test func `no message is missing and none counts twice, however often the hub is killed`() async throws {
        let house = try House(
            """
            map:
              - {topic: "stream/number", key: stream.number, type: numeric}
              - {topic: "stream/exact", key: stream.exact, type: numeric}
              - {topic: "stream/button", key: stream.button, type: string}
            keys: {"stream.*": {same_value_resolution: 0s}, stream.button: {event: true}, stream.count: {type: counter}}
            rules:
              - {name: count, when: {change: stream.number}, then: [{increment: {stream.count: 1}}], mode: queued}
            """, commitInterval: "10ms")
        defer { house.remove() }
        let device = try await TestMQTTClient(port: house.broker.port)
        // The first start makes the session: from then on the broker keeps what is not acknowledged.
        try await house.start().end()
        let kills = getenv("KOMOKU_SOAK").flatMap { Int(String(cString: $0)) }.map { min($0, 200) } ?? 12
        var random = SplitMix(seed: 5)
        var (sent, presses) = (0, 0)
        for round in 0..<kills {
            // Each third round there are two kills in a row, with nothing new in between.
            if round % 3 == 2 { try await house.start(subscribed: Bool.random(using: &random)).end(9) }
            let hub = try await house.start()
            // Each round is killed after another number of commits and in another place of a burst.
            for _ in 0...(round % 8) {
                for _ in 0..<Int.random(in: 5...40, using: &random) {
                    sent += 1
                    try device.post("stream/number", Array("\(sent)".utf8))
                    try device.post("stream/exact", Array("\(sent)".utf8), qos: 2)
                    guard sent % 5 == 0 else { continue }
                    // Equal ones: only the packet's id tells them apart.
                    presses += 1
                    try device.post("stream/button", Array("single".utf8))
                }
                sent += 1
                try device.post("stream/exact", Array("\(sent)".utf8), qos: 2)
                try await device.publish("stream/number", "\(sent)")
                if round % 2 == 1 { try await house.wait(for: "stream.number", .number(Double(sent))) }
            }
            hub.end(9)
        }
        let hub = try await house.start()
        defer { hub.end() }
        sent += 1
        try await device.publish("stream/exact", "\(sent)", qos: 2)
        try await house.wait(for: "stream.exact", .number(Double(sent)))
        try await device.publish("stream/number", "\(sent)")
        try await house.wait(for: "stream.number", .number(Double(sent)))
        let exact = try await house.history("stream.exact").compactMap { $0.array?.last?.number }
        #expect(exact == (1...sent).map(Double.init))
        let stored = try await house.history("stream.number").compactMap { $0.array?.last?.number }
        #expect(stored == (1...sent).map(Double.init))
        #expect(try await house.history("stream.button").count == presses, "of \(sent)")
        let count = try await house.get("stream.count")
        #expect(count == .number(Double(sent)))
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
