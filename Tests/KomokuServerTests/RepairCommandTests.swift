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

    @Test(arguments: [
        (#"{"key":"m","remove":5}"#, "no point"), (#"{"key":"m","remove":0,"undo":true}"#, "at a time"),
        (#"{"key":"m","undo":true}"#, "undone"), (#"{"key":"m","remove":600}"#, "newest"),
        (#"{"key":"m","set":[0]}"#, "a time and a value"), (#"{"key":"x"}"#, "no key"),
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
