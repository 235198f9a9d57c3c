import Komoku
import KomokuHub
@testable import KomokuServer
import KomokuStore
import KomokuTesting
import Testing

/// `export`, `import`, `backup`, `compact` and `store` over a real socket.
struct ExchangeTests {
    /// All frames of an export as one value: definitions, points by key, the last frame.
    private struct Exported: Equatable {
        var keys: [JSON.Member] = []
        var points: [String: [JSON]] = [:]
        var done: JSON = .null
        var frames = 0

        init(_ socket: RawSocket, _ body: String = "{}") throws {
            try socket.send(#"{"export":\#(body),"query_id":"e"}"#)
            while done == .null {
                let message = try JSON(parsing: try socket.receiveText())
                guard message["query_id"] == "e", let result = message["result"] else {
                    throw RawSocket.Broken(what: message.text)
                }
                frames += 1
                keys += result["keys"]?.object ?? []
                for series in result["points"]?.array ?? [] {
                    points[series.array?[0].string ?? "", default: []] += series.array?[1].array ?? []
                }
                if result["done"] == true { done = result }
            }
        }
    }

    private static func house(_ socket: RawSocket) throws {
        _ = try socket.ask(
            #"{"define":{"n":{"type":"numeric","opts":{"unit":"W","same_value_resolution":0}},"u":{"type":"uptime"}}}"#)
        try socket.put("n", [(-5.5, 1), (10.000001, 2.25), (20, 2.25), (3e9, -1e-7)])
        try socket.put("s", [(1, "a\"b\\\n☃"), (2, "")])
        try socket.put("b.c", [(1, true), (2, false)])
    }

    @Test func anExportTellsKeysThenPointsThenTheEnd() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            try Self.house(socket)
            let all = try Exported(socket)
            #expect(
                JSON.object(all.keys).text == #"{"b.c":{"type":"boolean"},"#
                    + #""n":{"type":"numeric","opts":{"same_value_resolution":0,"unit":"W"}},"#
                    + #""s":{"type":"string"},"u":{"type":"uptime"}}"#)
            #expect(all.points["n"] == [[-5.5, 1], [10.000001, 2.25], [20, 2.25], [3_000_000_000, -1e-7]])
            #expect(all.points["s"] == [[1, "a\"b\\\n☃"], [2, ""]])
            #expect(all.done == ["done": true, "points": 8, "keys": 4])
            // The start belongs to it, the end does not, so that parts put together are the whole.
            let part = try Exported(socket, #"{"match":"n","since":20,"until":3e9}"#)
            #expect(part.points == ["n": [[20, 2.25]]])
            #expect(part.done == ["done": true, "points": 1, "keys": 1])
            #expect(try Exported(socket, #"{"match":"nothing.*"}"#).done["keys"] == 0)
            for bad in [#"{"match":"a b"}"#, #"{"since":5,"until":5}"#, #"{"since":"x"}"#, "[]"] {
                #expect(try JSON(parsing: try socket.ask(#"{"export":\#(bad)}"#))["error"] != nil, "\(bad)")
            }
            let array = try JSON(parsing: try socket.ask(#"[{"export":{}},{"ping":1}]"#)).array ?? []
            #expect(array[0]["error"] == "invalid_query" && array[1]["result"]?["pong"] == 1)
        }
    }

    @Test func anExportPutIntoAnEmptyHubIsTheSameAgain() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            try Self.house(socket)
            let first = try Exported(socket)
            try await TestServer.run { empty in
                let target = try RawSocket.webSocket(port: empty.v2)
                let series = first.points.map { JSON.array([.string($0.key), .array($0.value)]) }
                let command: JSON = ["import": ["keys": .object(first.keys), "points": .array(series), "done": true]]
                for answer: JSON in [["points": 8, "refused": []], ["points": 0, "known": 8, "refused": []]] {
                    #expect(try target.result(command.text) == answer)
                    #expect(try Exported(target) == first)
                }
                // What is ahead is there, and waits for its time.
                #expect(try target.ask(#"{"last":{"key":"n"}}"#) == #"{"result":{"value":2.25,"time":20}}"#)
            }
        }
    }

    @Test func pointsAreImportedAsTheyAre() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            let subscriber = try RawSocket.webSocket(port: server.v2)
            _ = try subscriber.ask(#"{"sub":{"pattern":"**"}}"#)
            _ = try socket.ask(
                #"{"define":{"p":{"type":"numeric","precision":1},"v":{"type":"string","values":["a"]}}}"#)
            let points =
                #"[["p",[[2,1.25],[1,1.25],[1,7.75],["x",1],[3],[4,true],[5,"6"],[6,null]]],["v",[[1,"b"]]],"#
                + #"["new",[[1,null],[2,"text"],[3,[]]]],["empty",[]],["gaps",[[1,null]]]]"#
            #expect(
                try socket.ask(#"{"import":{"points":\#(points)}}"#) == #"{"result":{"points":8,"refused":["#
                    + #"["p",3,"invalid_query"],["p",4,"invalid_query"],["p",5,"invalid_value"],"#
                    + #"["new",2,"invalid_value"],["gaps",0,"unknown_value_type"]]}}"#)
            #expect(try socket.ask(#"{"fetch":{"key":"p"}}"#) == #"{"result":[[1,7.75],[2,1.25],[5,6],[6,null]]}"#)
            #expect(try socket.ask(#"{"fetch":{"key":"new"}}"#) == #"{"result":[[1,null],[2,"text"]]}"#)
            #expect(try socket.ask(#"{"get":{"key":"v"}}"#) == #"{"result":"b"}"#)
            // Nobody was told.
            #expect(try subscriber.ask(#"{"ping":1}"#) == #"{"result":{"pong":1}}"#)
        }
    }

    @Test func aSeriesThatEndsInAGapLeavesItsLastValue() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            let last = #"{"last":{"key":"n"}}"#
            _ = try socket.ask(#"{"import":{"points":[["n",[[1,4],[2,5],[3,null],[4,null]]]]}}"#)
            #expect(try socket.ask(last) == #"{"result":{"value":5,"time":2}}"#)
            // A later part, out of order, and one that has gaps only.
            _ = try socket.ask(#"{"import":{"points":[["n",[[1.5,9],[6,7],[7,null]]]]}}"#)
            #expect(try socket.ask(last) == #"{"result":{"value":7,"time":6}}"#)
            _ = try socket.ask(#"{"import":{"points":[["n",[[0.5,8],[9,null]]]],"done":true}}"#)
            #expect(try socket.ask(last) == #"{"result":{"value":7,"time":6}}"#)
        }
    }

    @Test(arguments: [
        (#"{"keys":{"a":{"type":"string"}}}"#, "type_mismatch"),
        (#"{"keys":{"a b":{"type":"string"}}}"#, "invalid_key"),
        (#"{"keys":{"z":{}}}"#, "type_not_provided"), (#"{"points":[["z",[[1,1]]],["a b",[[1,1]]]]}"#, "invalid_key"),
        (#"{"points":[["z"]]}"#, "invalid_query"), (#"{"points":{}}"#, "invalid_query"), ("5", "invalid_query"),
        (#"{"keys":{"z":{"type":"uptime","opts":{"max_time":0}}}}"#, "invalid_value"),
        (#"{"done":1}"#, "invalid_query"),
    ])
    func aWrongPartIsRefusedWhole(body: String, code: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            _ = try socket.ask(#"{"put":{"key":"a","value":1,"time":1}}"#)
            let keys = try socket.ask(#"{"keys":{}}"#)
            #expect(try JSON(parsing: try socket.ask(#"{"import":\#(body)}"#))["error"] == .string(code))
            #expect(try socket.ask(#"{"keys":{}}"#) == keys)
        }
    }

    @Test func aLongExportIsInFramesAndWaitsForItsReader() async throws {
        try await TestServer.run { server in
            let count = 60_000
            let socket = try RawSocket.webSocket(port: server.v2)
            try socket.importPoints("n", (0..<count).map { [.number(Double($0)), .number(Double($0) / 8)] })
            let slow = try RawSocket.webSocket(port: server.v2, receiveBuffer: 8 << 10)
            try slow.send(#"{"export":{},"query_id":1}"#)
            try slow.send(#"{"ping":"behind"}"#)
            #expect(try slow.receiveText() == #"{"result":{"keys":{"n":{"type":"numeric"}}},"query_id":1}"#)
            // While it does not read, others are served, and the key may go.
            #expect(try socket.ask(#"{"put":{"key":"other","value":1}}"#) == #"{"result":"ok"}"#)
            #expect(try socket.ask(#"{"rename":{"key":"n","to":"m"}}"#) == #"{"result":"ok"}"#)
            var (points, sizes) = (0, [Int]())
            while true {
                let text = try slow.receiveText()
                sizes.append(text.utf8.count)
                let result = try JSON(parsing: text)["result"]
                for series in result?["points"]?.array ?? [] {
                    #expect(series.array?[0] == "n")
                    for point in series.array?[1].array ?? [] {
                        #expect(point == [.number(Double(points)), .number(Double(points) / 8)])
                        points += 1
                    }
                }
                if result?["done"] == true { break }
            }
            #expect(points == count)
            #expect(sizes.count > 10 && sizes.allSatisfy { $0 <= 64 << 10 })
            #expect(try slow.receiveText() == #"{"result":{"pong":"behind"}}"#)
        }
    }

    @Test func anExportThatNobodyReadsEndsWithItsConnection() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            try socket.importPoints("n", (0..<40_000).map { [.number(Double($0)), .number(Double($0) / 8)] })
            var leaving: RawSocket? = try RawSocket.webSocket(port: server.v2, receiveBuffer: 8 << 10)
            try leaving?.send(#"{"export":{}}"#)
            _ = try leaving?.receiveText()
            // What stands behind it is carried out all the same.
            try leaving?.send(#"{"put":{"key":"behind","value":1}}"#)
            leaving = nil
            var value = #"{"result":null}"#
            for _ in 0..<20_000 where value == #"{"result":null}"# {
                value = try socket.ask(#"{"get":{"key":"behind"}}"#)
            }
            #expect(value == #"{"result":1}"#)
        }
    }

    @Test func aKeyThatIsDeletedWhileItIsExportedEndsEarly() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            try socket.importPoints("n", (0..<40_000).map { [.number(Double($0)), 1] })
            let slow = try RawSocket.webSocket(port: server.v2, receiveBuffer: 8 << 10)
            try slow.send(#"{"export":{}}"#)
            #expect(try socket.ask(#"{"delete":{"key":"n"}}"#) == #"{"result":"ok"}"#)
            var done: JSON?
            while done == nil {
                let result = try JSON(parsing: try slow.receiveText())["result"]
                #expect(result != nil)
                if result?["done"] == true { done = result }
            }
            #expect((done?["points"]?.number ?? .infinity) <= 40_000)
        }
    }

    @Test func theStoreTellsItsTiersAndItsSizes() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            try Self.house(socket)
            let report = try socket.result(#"{"store":{}}"#)
            for name in ["tiers", "fresh", "free_bytes", "expired_points", "journal", "storing"] {
                #expect(report[name] != nil, "\(name)")
            }
            let compaction = try socket.result(#"{"compact":{}}"#)
            #expect(compaction["before"]?["tiers"]?.array != nil && compaction["after"]?["tiers"]?.array != nil)
            #expect(try Exported(socket).done["points"] == 8)
        }
    }

    @Test func aBackupIsAFileThatOpens() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await TestServer.run(location: .file(folder.path("hub.db"))) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            try Self.house(socket)
            let path = folder.path("copy.db")
            let bytes = try socket.result(#"{"backup":{"path":"\#(path)"}}"#)["bytes"]?.number ?? 0
            #expect(bytes > 0)
            let again = try JSON(parsing: try socket.ask(#"{"backup":{"path":"\#(path)"}}"#))
            #expect(again["error"] == "store_failed" && again["message"]?.string?.contains("copy.db") == true)
            for bad in [#"{"path":"copy.db"}"#, "{}", #"{"path":5}"#, #"{"path":"/a\u0000b"}"#] {
                #expect(try JSON(parsing: try socket.ask(#"{"backup":\#(bad)}"#))["error"] == "invalid_query")
            }
        }
        try await TestServer.run(location: .file(folder.path("copy.db"))) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            #expect(try Exported(socket).done["points"] == 8)
        }
    }
}
