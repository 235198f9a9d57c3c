import Glibc
import Komoku
import KomokuHub
import KomokuWire
@testable import KomokuServer
import NIOCore
import Testing

/// Answers are counted before they are made, and long ones are made as they are read.
@Suite(.serialized) struct AnswerMemoryTests {
    /// Resident memory of this process, in MiB.
    private static var resident: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        guard fgets(&buffer, 256, file) != nil else { return 0 }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096 >> 20
    }

    /// Puts texts of 60,000 letters.
    private static func fill(_ server: TestServer, keys: Int, points: Int) async throws {
        let text = String(repeating: "x", count: 60_000)
        for key in 0..<keys {
            let name = try KeyName(validating: "k\(key)")
            for point in 1...points {
                let time = Timestamp(seconds: Double(point))
                try await server.hub.put(name, .string("\(point) \(text)"), at: time, cause: .client("test"))
            }
        }
    }

    @Test func longAnswersComeWholeAndInOrder() async throws {
        try await TestServer.run { server in
            try await Self.fill(server, keys: 25, points: 1)
            try await Self.fill(server, keys: 1, points: 30)
            let socket = try RawSocket.webSocket(port: server.v2)
            let keys = try socket.result(#"{"keys":{"include":["value"]},"query_id":[1]}"#)
            #expect(keys.object?.map(\.name) == (0..<25).map { "k\($0)" }.sorted())
            let limited = try socket.result(#"{"keys":{"include":["value"],"limit":20,"after":"k0"}}"#)
            #expect(limited.object?.count == 20 && limited["k0"] == nil)
            let table: [(String, [Int])] = [
                (#"{"fetch":{"key":"k0"}}"#, Array(1...30)), (#"{"fetch":{"key":"k0","limit":25}}"#, Array(6...30)),
                (#"{"fetch":{"key":"k0","last":28}}"#, Array((3...30).reversed())),
                (#"{"fetch":{"key":"k0","since":2,"until":29}}"#, Array(3...28)),
                (#"{"fetch":{"key":"k0","limit":3}}"#, Array(28...30)),
            ]
            for (query, times) in table {
                let points = try socket.result(query).array ?? []
                #expect(points.map { $0.array?.first?.number } == times.map { Double($0) }, "\(query)")
                #expect(points.allSatisfy { $0.array?.last?.string?.utf8.count ?? 0 > 60_000 })
            }
            // A list is answered as one, and the second protocol's identity comes behind the last piece.
            let list = try JSON(parsing: try socket.ask(#"[{"fetch":{"key":"k0"},"query_id":7},{"ping":1}]"#))
            #expect(list.array?.first?["query_id"] == 7 && list.array?.first?["result"]?.array?.count == 30)
            let first = try RawSocket.webSocket(port: server.v1)
            #expect(try JSON(parsing: try first.ask(#"{"fetch":{"key":"k0"}}"#)).array?.count == 30)
            #expect(try first.ask(#"{"ping":1}"#) == #"{"pong":1}"#)
        }
    }

    @Test func unreadAnswersCostAPieceEach() async throws {
        try await TestServer.run { server in
            try await Self.fill(server, keys: 1, points: 300)
            let before = Self.resident
            // 18 MB each, 216 MB together.
            let unread = try (0..<12).map { _ in
                let socket = try RawSocket.webSocket(port: server.v2, receiveBuffer: 8192)
                try socket.send(#"{"fetch":{"key":"k0","limit":10000}}"#)
                return socket
            }
            let socket = try RawSocket.webSocket(port: server.v2)
            for _ in 0..<20 { _ = try socket.ask(#"{"fetch":{"key":"k0","limit":1}}"#) }
            #expect(Self.resident - before < 100, "\(before) MiB before, \(Self.resident) now")
            // Whoever reads after all gets all.
            #expect(try unread[3].receiveText().utf8.count > 18_000_000)
        }
    }

    @Test func manyLongAnswersInOneMessageEndTheConnection() async throws {
        try await TestServer.run { server in
            try await Self.fill(server, keys: 100, points: 1)
            let socket = try RawSocket.webSocket(port: server.v2)
            let before = Self.resident
            for command in [#"{"keys":{"include":["value"]}}"#, #"{"get":{"key":"k1"}}"#, #"{"fetch":{"key":"k1"}}"#] {
                let greedy = try RawSocket.webSocket(port: server.v2)
                try greedy.send("[" + Array(repeating: command, count: 1000).joined(separator: ",") + "]")
                #expect(try greedy.receive().code == 1008, "\(command)")
            }
            #expect(Self.resident - before < 150, "\(before) MiB before, \(Self.resident) now")
            #expect(try socket.ask(#"{"ping":1}"#).hasPrefix(#"{"result":"#))
        }
    }

    @Test func questionsInARowWaitForTheirAnswersToBeRead() async throws {
        try await TestServer.run { server in
            try await Self.fill(server, keys: 60, points: 1)
            let socket = try RawSocket.webSocket(port: server.v2)
            for _ in 0..<10 { try socket.send(#"{"keys":{"include":["value"]}}"#) }
            for _ in 0..<10 { #expect(try socket.receiveText().utf8.count > 3_600_000) }
            #expect(try socket.ask(#"{"ping":1}"#) == #"{"result":{"pong":1}}"#)
        }
    }

    @Test func whereNoRoomIsLeftQuestionsAreRefused() async throws {
        var limits = TestServer.quick
        limits.answerBytes = 1 << 20
        try await TestServer.run(limits: limits) { server in
            try await Self.fill(server, keys: 60, points: 1)
            let socket = try RawSocket.webSocket(port: server.v2)
            let unread = try RawSocket.webSocket(port: server.v2, receiveBuffer: 8192)
            try unread.send(#"{"keys":{"include":["value"]}}"#)
            var last = ""
            for _ in 0..<50 where !last.contains("busy") {
                last = try socket.ask(#"{"fetch":{"key":"k1","limit":1000}}"#)
            }
            #expect(last.hasPrefix(#"{"error":"busy","message":"the hub holds"#), "\(last.prefix(100))")
            // What needs no room goes on.
            #expect(try socket.ask(#"{"get":{"key":"nope"}}"#) == #"{"result":null}"#)
        }
    }

    @Test func whoHoldsAnswersAndTakesNothingMakesRoom() {
        let budget = AnswerBudget(capacity: 1000, patience: .zero)
        let left = UncheckedBox(Counter())
        let stalled = budget.open { left.value.count += 1 }
        let other = budget.open {}
        stalled.hold(800)
        #expect(other.reserve(300, limit: 10_000) == .made)
        #expect(left.value.count == 1 && budget.used == 300)
        #expect(other.reserve(800, limit: 10_000) == .hubIsBusy)
        #expect(other.reserve(10, limit: 300) == .connectionIsFull)
        other.hold(100)
        other.release(300)
        #expect(budget.used == 100)
        other.close()
        stalled.close()
        #expect(budget.used == 0 && other.reserve(5, limit: 1) == .made)
    }

    private final class Counter { var count = 0 }

    @Test func aListHasSoManyCommands() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            let most = Request.maximumEntries
            let allowed = "[" + Array(repeating: #"{"ping":1}"#, count: most).joined(separator: ",") + "]"
            #expect(try JSON(parsing: try socket.ask(allowed)).array?.count == most)
            let answer = try socket.ask("[" + Array(repeating: "0", count: most + 1).joined(separator: ",") + "]")
            #expect(answer.hasPrefix(#"{"error":"invalid_query","message":"a message holds at most 16384"#))
        }
    }

    @Test func patternsOfAConnectionAndOptionsOfAKeyAreBounded() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            let subs = (0..<1001).map { #"{"sub":{"pattern":"a\#($0).**"}}"# }
            let answers = try JSON(parsing: try socket.ask("[" + subs.joined(separator: ",") + "]")).array ?? []
            #expect(answers.dropLast().allSatisfy { $0["result"] == "ok" })
            #expect(answers.last?["error"] == "invalid_query")
            #expect(try socket.result(#"{"unsub":{"pattern":"a0.**"}}"#) == "ok")
            #expect(try socket.result(subs[1000]) == "ok")
            let options = Array(repeating: #""precision":1"#, count: 65).joined(separator: ",")
            let define = #"{"define":{"k":{"type":"numeric",\#(options)}}}"#
            #expect(try JSON(parsing: try socket.ask(define))["error"] == "invalid_value")
            let texts = (0..<256).map { #""\#(String(repeating: "x", count: 70))\#($0)""# }.joined(separator: ",")
            let long = #"{"define":{"k":{"type":"string","values":[\#(texts)]}}}"#
            #expect(try JSON(parsing: try socket.ask(long))["error"] == "invalid_value")
            #expect(try socket.result(#"{"define":{"k":{"type":"numeric","precision":1}}}"#) == "ok")
        }
    }
}
