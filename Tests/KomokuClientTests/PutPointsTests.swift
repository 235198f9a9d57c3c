import Komoku
import KomokuClient
import KomokuWire
import Testing

/// Many values at once, over both versions of the protocol.
struct PutPointsTests {
    @Test(arguments: ["/v3", "/v2"])
    func manyValuesAreStoredInOrder(path: String) async throws {
        try await TestHub.withClient(path: path) { client in
            let points = (0..<5000).map { index in
                PutPoint(
                    "room\(index % 5)", .number(Double(index)), at: Timestamp(microseconds: Int64(index) * 1_000_000))
            }
            let report = try await client.put(points)
            #expect(report.taken == 5000 && report.refused == [] && report.isStored)
            let history = try await client.history("room3", limit: 10_000)
            #expect(history.count == 1000 && history.last?.value == 4998)
            #expect(history.map(\.time) == history.map(\.time).sorted())
        }
    }

    @Test(arguments: ["/v3", "/v2"])
    func eachRefusalHasItsPlace(path: String) async throws {
        try await TestHub.withClient(path: path) { client in
            var points = (0..<3000).map { PutPoint("room", .number(Double($0))) }
            points[1] = PutPoint("room", "cold")
            points[2500] = PutPoint("no name", 1)
            // No column has a place for these two.
            points[2600] = PutPoint("room", .null)
            points[2601] = PutPoint("room", [1])
            let report = try await client.put(points)
            #expect(report.taken == 2996 && report.refused.map(\.place) == [1, 2500, 2600, 2601])
            #expect(report.refused.map(\.refusal.code).prefix(2) == ["invalid_value", "invalid_key"])
            #expect(try await client.get("room") == 2999)
        }
    }

    @Test func noValuesAreNoWork() async throws {
        try await TestHub.withClient { client in
            let report = try await client.put([])
            #expect(report.taken == 0 && report.refused == [])
        }
    }

    @Test func aHubThatKnowsNoThirdVersionIsSpokenToInTheSecond() async throws {
        try await FakeHub.with { name, body in
            .messages([body["key"] == "b" ? ["error": "invalid_key", "message": "no"] : ["result": "ok"]])
        } _: { _, client in
            let report = try await client.put([PutPoint("a", 1), PutPoint("b", 2), PutPoint("c", 3)])
            #expect(report.taken == 2 && report.refused.map(\.place) == [1])
            #expect(report.refused.map(\.refusal) == [Refusal(code: "invalid_key", "no")])
        }
    }

    @Test func aConnectionThatBreaksIsSaid() async throws {
        try await FakeHub.with { _, _ in
            .messagesThenEnd([])
        } _: { hub, client in
            let address = try hub.address
            let error = await #expect(throws: ClientError.self) { _ = try await client.put([PutPoint("a", 1)]) }
            #expect(error == .disconnected(address))
        }
    }
}
