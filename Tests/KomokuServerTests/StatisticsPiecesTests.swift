import Komoku
import KomokuTesting
import Testing

@testable import KomokuServer

/// Windows with many texts come piece by piece, and say the same as when few are asked for.
@Suite struct StatisticsPiecesTests {
    /// Texts of 250 bytes, of which JSON makes six times as many: more than one piece.
    private static func texts() -> [String] {
        var random = SplitMix(seed: 4)
        var time = 1000
        return (0..<850).map { _ -> String in
            time += Int.random(in: 1...40, using: &random)
            let text = String(repeating: #"\u0001"#, count: 245) + String(Int.random(in: 0..<60, using: &random))
            return "[\(time),\"\(text)\"]"
        }
    }

    @Test func aLongAnswerSaysTheSameAsShortOnes() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            let texts = Self.texts()
            for start in stride(from: 0, to: texts.count, by: 300) {
                let part = texts[start..<min(texts.count, start + 300)].joined(separator: ",")
                _ = try socket.result(
                    #"{"import":{"keys":{"t":{"type":"string"}},"points":[["t",[\#(part)]]],"done":true}}"#)
            }
            func ask(_ since: Int, _ until: Int) throws -> JSON {
                try socket.result(#"{"statistics":{"key":"t","since":\#(since),"until":\#(until),"step":"100s"}}"#)
            }
            let answer = try ask(0, 18_000)
            var windows: [JSON] = []
            for part in 0..<3 {
                let short = try ask(part * 6000, (part + 1) * 6000)
                windows += short["windows"]?.array ?? []
                #expect(Set(short.object?.map(\.name) ?? []) == Set(answer.object?.map(\.name) ?? []))
                for name in ["key", "type", "zone", "step", "raw_since"] {
                    #expect(answer[name] == short[name], "\(name)")
                }
            }
            #expect(windows.count == 180)
            #expect(answer["windows"]?.array == windows)
            // Each second protocol's list holds it as any other answer.
            let list = try JSON(
                parsing: try socket.ask(
                    #"[{"statistics":{"key":"t","since":0,"until":18000,"step":"100s"},"query_id":7},{"ping":1}]"#))
            #expect(list.array?.first?["query_id"] == 7 && list.array?.first?["result"] == answer)
        }
    }
}
