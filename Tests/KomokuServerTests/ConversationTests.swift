import Komoku
import KomokuHub
import KomokuWire
@testable import KomokuServer
import Testing

/// What a client says and hears, over a real socket.
struct ConversationTests {
    @Test func theFirstVersionAnswersBare() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            let script: [(String, String)] = [
                (#"{"get":{"key":"a"}}"#, "null"),
                (#"{"put":{"key":"a","value":1.5,"time":100}}"#, #""ack""#),
                (#"{"query_id":7,"get":{"key":"a"}}"#, "1.5"),
                (#"{"put":{"key":"a","value":"5."}}"#, #"{"error":"invalid_value"}"#),
                (#"{"put":{"key":"new","value":null}}"#, #"{"error":"unknown_value_type"}"#),
                (#"{"last":{"key":"a"}}"#, #"{"value":1.5,"time":100}"#),
                (#"{"keys":{"include":["value"]}}"#, #"{"a":{"type":"numeric","value":1.5}}"#),
                (#"{"define":{"u":{"type":"uptime","max_time":77}}}"#, #""ack""#),
                (#"{"keys":{}}"#, #"{"a":{"type":"numeric"},"u":{"type":"uptime","opts":{"max_time":77}}}"#),
                (#"{"define":{"a":{"type":"string"}}}"#, #"{"error":"type_mismatch"}"#),
                (#"{"increment":{"key":"a","step":2.4}}"#, #""ack""#),
                (#"{"ping":[1]}"#, #"{"pong":[1]}"#),
                ("nonsense", #"{"error":"invalid_json"}"#), ("5", #"{"error":"invalid_query"}"#),
                ("[]", "[]"),
                (#"[{"get":{"key":"a"}},3,{"nope":1}]"#, #"[3.9,{"error":"invalid_query"},{"error":"invalid_query"}]"#),
            ]
            for (question, answer) in script { #expect(try socket.ask(question) == answer, "\(question)") }
        }
    }

    @Test func theSecondVersionAnswersInObjectsWithTheQueryID() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            let script: [(String, String)] = [
                (#"{"put":{"key":"a","value":true},"query_id":{"x":[1]}}"#, #"{"result":"ok","query_id":{"x":[1]}}"#),
                (#"{"get":{"key":"a"},"query_id":null}"#, #"{"result":true,"query_id":null}"#),
                (#"{"get":{"key":"b"}}"#, #"{"result":null}"#),
                (#"{"nope":1,"query_id":"q"}"#, #"{"error":"invalid_query","query_id":"q"}"#),
                (#"{"increment":{"key":"zzz"}}"#, #"{"error":"invalid_key"}"#),
                (#"{"increment":{"key":"a"}}"#, #"{"error":"type_mismatch"}"#),
                (
                    #"[{"ping":1,"query_id":1},{"put":{"key":"n","value":"12"},"query_id":2}]"#,
                    #"[{"result":{"pong":1},"query_id":1},{"result":"ok","query_id":2}]"#
                ),
                (
                    #"{"keys":{"match":"n","include":["value"]}}"#,
                    #"{"result":{"n":{"type":"string","opts":{"min_resolution":0,"same_value_resolution":60},"value":"12"}}}"#
                ),
                (
                    #"{"keys":{"match":"*","limit":1,"after":"a"}}"#,
                    #"{"result":{"n":{"type":"string","opts":{"min_resolution":0,"same_value_resolution":60}}}}"#
                ),
                (#"{"delete":{"key":"n"}}"#, #"{"result":"ok"}"#),
                (#"{"delete":{"key":"n"}}"#, #"{"error":"invalid_key"}"#),
                (#"{"get":{"key":"n"}}"#, #"{"result":null}"#),
                (#"{"dead_letters":{}}"#, #"{"result":[]}"#),
            ]
            for (question, answer) in script { #expect(try socket.ask(question) == answer, "\(question)") }
            let report = try JSON(parsing: try socket.ask(#"{"store":{}}"#))["result"]
            #expect(report?["storing"] == true)
        }
    }

    @Test func bothVersionsAreOnEveryPort() async throws {
        try await TestServer.run { server in
            let second = try RawSocket.webSocket(port: server.v1, path: "/v2")
            #expect(try second.ask(#"{"ping":1}"#) == #"{"result":{"pong":1}}"#)
            let first = try RawSocket.webSocket(port: server.v2, path: "/v1?x")
            #expect(try first.ask(#"{"ping":1}"#) == #"{"pong":1}"#)
        }
    }

    @Test func aChangeLeavesBehindTheReplyToThePutThatMadeIt() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            try socket.send(#"{"sub":{"key":"k"}}"#)
            try socket.send(#"{"sub":{"key":"k"}}"#)
            try socket.send(#"{"put":{"key":"k","value":1,"time":10}}"#)
            for _ in 0..<3 { #expect(try socket.receiveText() == #""ack""#) }
            #expect(
                try socket.receiveText()
                    == #"{"pub":{"key":"k","value":1,"time":10,"previous_value":null,"previous":null,"curr":1}}"#)
            // An equal value, an older one, and after `unsub` any: no push, so the next frame is the answer.
            #expect(try socket.ask(#"{"put":{"key":"k","value":1,"time":11}}"#) == #""ack""#)
            #expect(try socket.ask(#"{"put":{"key":"k","value":5,"time":5}}"#) == #""ack""#)
            #expect(try socket.ask(#"{"unsub":{"key":"k"}}"#) == #""ack""#)
            #expect(try socket.ask(#"{"put":{"key":"k","value":2,"time":12}}"#) == #""ack""#)
            #expect(try socket.ask(#"{"get":{"key":"k"}}"#) == "2")
        }
    }

    @Test func aPatternCoversFutureKeysAndTellsLastValuesFirst() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            _ = try socket.ask(#"{"put":{"key":"r.a","value":1,"time":10}}"#)
            try socket.send(#"{"sub":{"pattern":"r.*","init":true}}"#)
            #expect(try socket.receiveText() == #"{"result":"ok"}"#)
            #expect(
                try socket.receiveText()
                    == #"{"pub":{"key":"r.a","value":1,"time":10,"previous_value":null,"previous":null}}"#)
            let other = try RawSocket.webSocket(port: server.v1)
            #expect(try other.ask(#"{"put":{"key":"r.b","value":"x","time":20}}"#) == #""ack""#)
            #expect(
                try socket.receiveText()
                    == #"{"pub":{"key":"r.b","value":"x","time":20,"previous_value":null,"previous":null}}"#)
        }
    }

    @Test func fetchAnswersPointsOfAnyType() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            let puts = (1...5).map { #"{"put":{"key":"n","value":\#($0),"time":\#($0)00}}"# }.joined(separator: ",")
            _ = try socket.ask("[\(puts)]")
            let script: [(String, String)] = [
                (#"{"key":"n"}"#, "[[100,1],[200,2],[300,3],[400,4],[500,5]]"),
                (#"{"key":"n","opts":{"limit":2}}"#, "[[400,4],[500,5]]"),
                (#"{"key":"n","last":2}"#, "[[500,5],[400,4]]"),
                (#"{"key":"n","since":200,"until":500}"#, "[[300,3],[400,4]]"),
                (#"{"key":"n","since":"1970-01-01T00:06:40Z"}"#, "[[500,5]]"),
                (#"{"key":"n","opts":{"single":"last"}}"#, "[500,5]"),
                (#"{"key":"n","opts":{"single":"previous"}}"#, "[400,4]"),
                (#"{"key":"unknown"}"#, "[]"), (#"{"key":"unknown","single":"last"}"#, "null"),
                (#"{"key":"unknown","single":"previous"}"#, "null"), (#"{"key":"a b"}"#, "[]"),
            ]
            for (body, answer) in script { #expect(try socket.ask(#"{"fetch":\#(body)}"#) == answer, "\(body)") }
            _ = try socket.ask(#"{"put":{"key":"b","value":true,"time":100}}"#)
            // A key of one point has no point that differs, which is an answer and no failure.
            #expect(try socket.ask(#"{"fetch":{"key":"b","single":"previous"}}"#) == "null")
            #expect(try socket.ask(#"{"fetch":{"key":"b"}}"#) == "[[100,true]]")
            let shares = try JSON(parsing: try socket.ask(#"{"fetch":{"key":"b","since":50}}"#))
            #expect(shares.array?.count == 50)
            #expect(shares.array?.last?.array?.last == 1)
        }
    }

    @Test func aFetchSeesWhatWasPutBeforeItAndNotWhatCameAfter() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            let answer = try socket.ask(
                #"[{"put":{"key":"a","value":1,"time":1}},{"fetch":{"key":"a"}},{"put":{"key":"a","value":2,"time":2}},"#
                    + #"{"fetch":{"key":"a"}}]"#)
            #expect(answer == #"["ack",[[1,1]],"ack",[[1,1],[2,2]]]"#)
        }
    }

    @Test func incrementsOfFourConnectionsAddUp() async throws {
        try await TestServer.run { server in
            let sockets = try (0..<4).map { _ in try RawSocket.webSocket(port: server.v2) }
            _ = try sockets[0].ask(#"{"define":{"c":{"type":"counter"}}}"#)
            for _ in 0..<50 { for socket in sockets { try socket.send(#"{"increment":{"key":"c"}}"#) } }
            for socket in sockets { for _ in 0..<50 { #expect(try socket.receiveText() == #"{"result":"ok"}"#) } }
            #expect(try sockets[0].ask(#"{"get":{"key":"c"}}"#) == #"{"result":200}"#)
        }
    }

    @Test func statisticsCountCommandsAndOpenSubscriptions() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            var subscriber: RawSocket? = try RawSocket.webSocket(port: server.v1)
            _ = try subscriber?.ask(#"{"sub":{"key":"x"}}"#)
            _ = try socket.ask(#"[{"put":{"key":"a","value":1}},{"get":{"key":"a"}},{"get":{"key":"a"}}]"#)
            let stats = try JSON(parsing: try socket.ask(#"{"stats":{}}"#))
            #expect(stats["keys_count"] == 1)
            #expect(stats["ops_count"]?["get"] == 2)
            #expect(stats["ops_count"]?["put"] == 1)
            #expect(stats["data_points_count"] == 1)
            #expect(stats["change_notifications_count"] == 1)
            #expect(stats["uptime"]?.number != nil)
            subscriber = nil
            var open: JSON? = 1
            for _ in 0..<2000 where open != 0 {
                open = try JSON(parsing: try socket.ask(#"{"stats":{}}"#))["change_notifications_count"]
            }
            #expect(open == 0)
        }
    }

    @Test func anArrayReportsOnWhatStandsBeforeInIt() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            let answer = try JSON(parsing: try socket.ask(#"[{"put":{"key":"a","value":1}},{"stats":{}},{"keys":{}}]"#))
            #expect(answer.array?[1]["data_points_count"] == 1)
            #expect(answer.array?[1]["keys_count"] == 1)
            #expect(answer.array?[2]["a"]?["type"] == "numeric")
        }
    }

    /// A client may send what it has to say and its close frame in one packet.
    @Test(arguments: [8, 3] as [UInt8])
    func whatCameBeforeACloseIsCarriedOut(last: UInt8) async throws {
        try await TestServer.run { server in
            let frames = [#"{"fetch":{"key":"a"}}"#, #"{"put":{"key":"a","value":1}}"#, #"{"sub":{"key":"a"}}"#]
            let leaving = try RawSocket.webSocket(port: server.v2)
            try leaving.write(frames.flatMap { RawSocket.frame(1, Array($0.utf8)) } + RawSocket.frame(last, [3, 232]))
            #expect(leaving.isEnded())
            let socket = try RawSocket.webSocket(port: server.v1)
            var value = "null"
            for _ in 0..<2000 where value == "null" { value = try socket.ask(#"{"get":{"key":"a"}}"#) }
            #expect(value == "1")
            // Its subscription came too late to be ended with it, so it must not have begun.
            let stats = try JSON(parsing: try socket.ask(#"{"stats":{}}"#))
            #expect(stats["change_notifications_count"] == 0)
        }
    }
}
