import Komoku
import KomokuTesting
import Testing

@testable import KomokuServer

@Suite struct RepairCommandTests {
    private func run(_ body: @Sendable (RawSocket) throws -> Void) async throws {
        try await TestServer.run(clock: VirtualClock(seconds: 100_000)) { server in
            try body(try RawSocket.webSocket(port: server.v2))
        }
    }

    @Test func aWrongReadingIsListedCorrectedAndPutBack() async throws {
        try await run { socket in
            let points = "[[0,100],[600,101],[1200,50000],[1800,60000],[2400,102],[3000,3],[3600,4]]"
            _ = try socket.result(
                #"{"import":{"keys":{"m":{"type":"counter"}},"points":[["m",\#(points)]],"done":true}}"#)
            func increase() throws -> JSON? {
                try socket.result(#"{"statistics":{"key":"m","since":0,"until":4000}}"#)["windows"]?.array?.first?[
                    "increase"]
            }
            let list = try socket.result(#"{"repair":{"key":"m","since":0,"until":4000}}"#)["outliers"]?.array ?? []
            #expect(list.map { $0["kind"] } == ["glitch", "glitch", "reset"])
            #expect(list.map { $0["time"] } == [1200, 1800, 3000])
            #expect(list.last?["increase"] == 3 && list.last?["before"] == 102)
            #expect(try increase() == 6)
            #expect(try socket.result(#"{"repair":{"key":"m","set":[3000,103]}}"#)["time"] == 3000)
            #expect(try socket.result(#"{"repair":{"key":"m","set":[3600,104]}}"#)["time"] == 3600)
            #expect(try increase() == 4)
            #expect(try socket.result(#"{"get":{"key":"m"}}"#) == 104)
            _ = try socket.result(#"{"repair":{"key":"m","remove":1200}}"#)
            for time: JSON in [1200, 3600, 3000] {
                #expect(try socket.result(#"{"repair":{"key":"m","undo":true}}"#)["time"] == time)
            }
            #expect(try increase() == 6)
        }
    }

    @Test func aReplacedMeterAddsNothingByItsFirstReading() async throws {
        try await run { socket in
            let points = "[[0,100],[600,101],[1200,99.5],[1800,100],[2400,5],[3000,6],[3600,900],[4200,901]]"
            _ = try socket.result(
                #"{"import":{"keys":{"m":{"type":"counter"}},"points":[["m",\#(points)]],"done":true}}"#)
            func increase() throws -> [JSON?] {
                try socket.result(#"{"statistics":{"key":"m","since":0,"until":7200,"step":"1h"}}"#)["windows"]?.array?
                    .map { $0["increase"] } ?? []
            }
            let before = try increase()
            for time in [1200, 2400, 3600] {
                _ = try socket.result(#"{"repair":{"key":"m","replaced":\#(time)}}"#)
            }
            #expect(try increase() == [2.5, 1])
            _ = try socket.result(#"{"compact":{}}"#)
            #expect(try increase() == [2.5, 1])
            let list = try socket.result(#"{"repair":{"key":"m","since":0,"until":4000}}"#)["outliers"]?.array ?? []
            #expect(list.map { $0["kind"] } == ["replaced", "replaced", "replaced"])
            #expect(list.map { $0["before"] } == [101, 100, 6] && list.map { $0["value"] } == [99.5, 5, 900])
            _ = try socket.result(#"{"repair":{"key":"m","not_replaced":2400}}"#)
            #expect(try increase() == [7.5, 1])
            for time: JSON in [2400, 3600, 2400, 1200] {
                #expect(try socket.result(#"{"repair":{"key":"m","undo":true}}"#)["time"] == time)
            }
            #expect(try increase() == before)
        }
    }

    @Test func aMergedKeyTakesItsReplacementsAlong() async throws {
        try await run { socket in
            for (key, points) in [("old", "[[0,10],[600,12],[1200,3],[1800,4]]"), ("new", "[[2400,40],[3000,41]]")] {
                _ = try socket.result(
                    #"{"import":{"keys":{"\#(key)":{"type":"counter"}},"points":[["\#(key)",\#(points)]],"#
                        + #""done":true}}"#)
            }
            _ = try socket.result(#"{"repair":{"key":"old","replaced":700}}"#)
            _ = try socket.result(#"{"repair":{"key":"new","replaced":2400}}"#)
            _ = try socket.result(#"{"merge":{"key":"old","into":"new"}}"#)
            let answer = try socket.result(#"{"statistics":{"key":"new","since":0,"until":4000}}"#)
            #expect(answer["windows"]?.array?.first?["increase"] == 4)
        }
    }

    @Test(arguments: [
        (#"{"key":"m","remove":5}"#, "no point"), (#"{"key":"m","remove":0,"undo":true}"#, "at a time"),
        (#"{"key":"m","undo":true}"#, "undone"), (#"{"key":"m","remove":600}"#, "newest"),
        (#"{"key":"m","set":[0]}"#, "a time and a value"), (#"{"key":"x"}"#, "no key"),
        (#"{"key":"m","replaced":100001}"#, "to come"), (#"{"key":"m","not_replaced":600}"#, "not replaced"),
        (#"{"key":"m","replaced":"soon"}"#, "no time"), (#"{"key":"m","set":[600,"x"]}"#, "cannot have"),
    ])
    func whatCannotBeRepairedIsRefusedWithASentence(body: String, words: String) async throws {
        try await run { socket in
            _ = try socket.result(
                #"{"import":{"keys":{"m":{"type":"counter"}},"points":[["m",[[0,1],[600,2]]]],"done":true}}"#)
            let answer = try JSON(parsing: try socket.ask(#"{"repair":\#(body)}"#))
            #expect(answer["message"]?.string?.contains(words) == true, "\(answer.text)")
        }
    }
}
