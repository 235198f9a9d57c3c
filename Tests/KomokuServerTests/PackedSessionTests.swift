import Komoku
import KomokuProto
import KomokuSystem
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuServer

/// The third protocol over real sockets, with WebSockets and without.
@Suite(.timeLimit(.minutes(2))) struct PackedSessionTests {
    private func peers(_ server: TestServer) throws -> [PackedPeer] {
        [
            try PackedPeer(webSocketAt: server.v1), try PackedPeer(webSocketAt: server.v2),
            try PackedPeer(port: server.v3),
        ]
    }

    @Test func whatIsAskedIsAnsweredOnEveryWay() async throws {
        try await TestServer.run { server in
            for (index, peer) in try peers(server).enumerated() {
                let key = JSON.string("room\(index)")
                #expect(try peer.ask("put", ["key": key, "value": 20.5, "time": 5]) == ["result": "ok"])
                #expect(try peer.ask("get", ["key": key]) == ["result": 20.5])
                #expect(try peer.ask("last", ["key": key]) == ["result": ["value": 20.5, "time": 5]])
                #expect(try peer.ask("last", ["key": "nothing"]) == ["result": .null])
                #expect(try peer.ask("fetch", ["key": key]) == ["result": [[5, 20.5]]])
                #expect(try peer.ask("ping", ["a": [1]]) == ["result": ["pong": ["a": [1]]]])
                #expect(try peer.ask("increment", ["key": "no"])["error"] == "invalid_key")
                #expect(try peer.ask("unknown", [:])["error"] == "invalid_query")
                #expect(try peer.ask("get", ["key": 5])["error"] == "invalid_query")
            }
        }
    }

    @Test func pointsArePutInOrderAndAcknowledgedOnce() async throws {
        try await TestServer.run { server in
            for (index, peer) in try peers(server).enumerated() {
                let (name, flag) = ("room\(index)", "flag\(index)")
                var points: [PutPoint] = []
                for number in 0..<1000 {
                    let time = Timestamp(microseconds: Int64(number) * 1_000_000)
                    points.append(PutPoint(name, .number(Double(number)), at: time))
                    points.append(PutPoint(flag, .bool(number % 2 == 0), at: time))
                }
                let id = try peer.send(points)
                guard case .points(id, let report) = try peer.receive() else { return #expect(Bool(false)) }
                #expect(report.taken == 2000 && report.refused == [] && report.isStored)
                #expect(try peer.ask("get", ["key": .string(name)]) == ["result": 999])
                let history = try peer.ask("fetch", ["key": .string(name), "limit": 10_000, "since": -1])
                #expect(history["result"]?.array?.count == 1000)
            }
        }
    }

    @Test func aPointThatIsRefusedKeepsNoOtherBack() async throws {
        try await TestServer.run { server in
            let peer = try PackedPeer(port: server.v3)
            _ = try peer.ask("put", ["key": "flag", "value": true])
            try peer.send([PutPoint("a", 1), PutPoint("flag", 5), PutPoint("no name", 1), PutPoint("b", "x")])
            guard case .points(_, let report) = try peer.receive() else { return #expect(Bool(false)) }
            #expect(report.taken == 2 && report.refused.map(\.place) == [1, 2])
            #expect(report.refused.map(\.refusal.code) == ["invalid_value", "invalid_key"])
            #expect(try peer.ask("get", ["key": "b"]) == ["result": "x"])
        }
    }

    @Test func manyPutsAreAnsweredEachOnceAndInOrder() async throws {
        try await TestServer.run { server in
            for peer in try peers(server) {
                let ids = try (0..<300).map { number in
                    try peer.send(JSON.Member("put", ["key": "a", "value": .number(Double(number)), "wait": false]))
                }
                var answered: [UInt64] = []
                while answered.count < ids.count {
                    guard case .reply(let some, ["result": "ok"]) = try peer.receive() else {
                        return #expect(Bool(false))
                    }
                    answered += some
                }
                #expect(answered == ids)
            }
        }
    }

    @Test func changesComeBehindTheReplyToWhatCausedThem() async throws {
        try await TestServer.run { server in
            let peer = try PackedPeer(webSocketAt: server.v2)
            #expect(try peer.ask("sub", ["pattern": "room.**", "every": true]) == ["result": "ok"])
            try peer.send([PutPoint("room.a", 1), PutPoint("room.b", true), PutPoint("hall.a", 3)])
            guard case .points = try peer.receive() else { return #expect(Bool(false)) }
            var pushes: [JSON] = []
            while pushes.count < 2 {
                guard case .pushes(let some) = try peer.receive() else { return #expect(Bool(false)) }
                pushes += some
            }
            #expect(pushes.map { $0["pub"]?["key"] } == ["room.a", "room.b"])
            #expect(pushes.map { $0["pub"]?["value"] } == [1, true])
            #expect(pushes.map { $0["pub"]?["previous"] } == [.null, .null])
            #expect(try peer.ask("unsub", ["pattern": "room.**"]) == ["result": "ok"])
        }
    }

    @Test func aLongAnswerComesInParts() async throws {
        try await TestServer.run { server in
            let peer = try PackedPeer(port: server.v3)
            let text = String(repeating: "ü", count: 8_000)
            for number in 0..<300 {
                _ = try peer.ask("put", ["key": .string("text\(number)"), "value": .string("\(number) \(text)")])
            }
            let id = try peer.send(JSON.Member("keys", ["include": ["value"]]))
            var (whole, parts) = ("", 0)
            while true {
                guard case .part(id, let part, let isLast) = try peer.receive() else { return #expect(Bool(false)) }
                whole += part
                parts += 1
                if isLast { break }
            }
            let keys = try JSON(parsing: whole)
            #expect(parts > 1 && keys.object?.count == 300)
            #expect(keys["text299"]?["value"] == .string("299 \(text)"))
        }
    }

    // MARK: What is wrong

    @Test(
        arguments: [
            [0x0A, 0x01, 0x31], [0x08, 0x01, 0x22, 0x02, 0x08, 0x05], [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
            [0xFF], [0x08],
        ] as [[UInt8]])
    func whatIsNoMessageEndsTheConnection(bytes: [UInt8]) async throws {
        try await TestServer.run { server in
            let peer = try PackedPeer(webSocketAt: server.v2)
            try peer.send(bytes)
            #expect(try peer.socket.receive().code == 1007)
            let other = try PackedPeer(port: server.v3)
            try other.send(bytes)
            guard case .farewell = try other.receive() else { return #expect(Bool(false)) }
            #expect(other.socket.isEnded())
        }
    }

    @Test(
        arguments: [
            // 2 MiB, 2^32 - 1, 2^63 - 1, a varint of more than five bytes.
            [0x80, 0x80, 0x80, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
        ] as [[UInt8]])
    func aLengthThatCannotBeEndsTheConnection(bytes: [UInt8]) async throws {
        try await TestServer.run { server in
            let peer = try PackedPeer(port: server.v3)
            try peer.socket.write(bytes + (bytes.first == 0x47 ? [UInt8](repeating: 0, count: 100) : []))
            guard case .farewell = try peer.receive() else { return #expect(Bool(false)) }
            #expect(peer.socket.isEnded())
        }
    }

    @Test func textFramesAreRefused() async throws {
        try await TestServer.run { server in
            let peer = try PackedPeer(webSocketAt: server.v2)
            try peer.socket.send(#"{"ping":1}"#)
            #expect(try peer.socket.receive().code == 1003)
        }
    }

    @Test func mutantsHarmNobody() async throws {
        try await TestServer.run { server in
            let points = try #require(PackedPoints([PutPoint("a", 1.5), PutPoint("b", "x"), PutPoint("c", true)]))
            let messages = [
                PackedToHub(points, id: 5).packed, PackedToHub(JSON.Member("get", ["key": "a"]), id: 6).packed,
                PackedToHub(JSON.Member("define", ["a": ["type": "numeric"]]), id: 7).packed,
            ]
            var random = SplitMix(seed: 20)
            for _ in 0..<100 {
                let peer = try PackedPeer(port: server.v3)
                for message in messages {
                    var mutant = PackedPeer.delimited(message)
                    mutant[.random(in: mutant.indices, using: &random)] = .random(in: 0...255, using: &random)
                    try? peer.socket.write(mutant)
                }
            }
            #expect(try PackedPeer(port: server.v3).ask("ping", 1) == ["result": ["pong": 1]])
        }
    }

    // MARK: Who may come in

    @Test func aPortWithoutHTTPSpeaksTLS() async throws {
        try await HouseCertificates.with { house in
            try await TestServer.run(tls: house.files) { server in
                let peer = try await TLSPeer.connect(port: server.v3, authority: house.authority.authorityCertificate)
                let ping = PackedPeer.delimited(PackedToHub(JSON.Member("ping", "echo"), id: 5).packed)
                let answer = try await peer.ask(String(decoding: ping, as: UTF8.self), until: "echo")
                #expect(answer.contains("pong"))
                await peer.close()
                let plain = try RawSocket(port: server.v3)
                try plain.write(ping)
                #expect(plain.isEnded())
            }
        }
    }

    @Test func whoIsNotKnownSaysSoByAuth() async throws {
        try await AccessServerTests.run { configuration, _ in
            configuration.endpoints[0].isPacked = true
        } _: { place in
            let peer = try PackedPeer(port: place.port)
            #expect(try peer.ask("get", ["key": "a"])["error"] == "unauthorized")
            try peer.send([PutPoint("a", 1)])
            guard case .points(_, let report) = try peer.receive() else { return #expect(Bool(false)) }
            #expect(report.taken == 0 && report.refused.map(\.refusal.code) == ["unauthorized"])
            #expect(try peer.ask("auth", ["token": "x"])["error"] == "unauthorized")
            #expect(try peer.ask("auth", ["token": .string(place.secret)])["error"] == nil)
            #expect(try peer.ask("put", ["key": "a", "value": 1]) == ["result": "ok"])
        }
    }

    @Test func aWebSocketHasItsToken() async throws {
        try await AccessServerTests.run { place in
            let peer = try PackedPeer(webSocketAt: place.port, path: "/v3?token=\(place.secret)")
            #expect(try peer.ask("put", ["key": "a", "value": 1]) == ["result": "ok"])
        }
    }
}
