import Komoku
import KomokuClient
import KomokuTesting
import Testing

@testable import komoku_cli

/// The completions of real shells, of a running hub.
struct CompletionTests {
    @Test(
        arguments: [
            (["komoku", "get", "--server", "ws://x", "a"], ["--server", "ws://x"]),
            (["komoku", "get", "--server", "=", "ws://x", "a"], ["--server", "ws://x"]),
            (["komoku", "--hub=cabin", "get", ""], ["--hub=cabin"]), (["komoku", "get", "--", "--hub", "x"], []),
            (["komoku", "get", "--server"], []),
        ] as [([String], [String])])
    func aLineThatIsTypedSaysWhichHubIsMeant(words: [String], options: [String]) {
        #expect(HubNames.options(in: words) == options)
    }

    /// Completes the last word in bash.
    private static func bash(_ words: [String], environment: String = "") throws -> [String] {
        let line = words.map { "'\($0)'" }.joined(separator: " ")
        let script = """
            PATH="$(dirname "$0"):$PATH"; \(environment)
            eval "$(komoku --generate-completion-script bash)"
            COMP_WORDS=(\(line)); COMP_CWORD=\(words.count - 1); COMP_LINE='\(words.joined(separator: " "))'
            COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
            _komoku komoku '\(words.last ?? "")' '\(words.dropLast().last ?? "")' 2>/dev/null
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        return try BuiltProgram.shell(script, []).split(separator: "\n").map {
            String($0.reversed().drop { $0 == " " }.reversed())
        }
    }

    @Test func bashCompletesTheKeysOfTheHubThatTheLineNames() async throws {
        let hub = try await TestHub()
        let client = Client(try hub.address)
        for key in ["w.first", "w.second", "x.third"] { try await client.put(key, 1) }
        let address = try hub.address.description
        /// On a busy machine the hub may not answer in time once, and then nothing is completed.
        func complete(_ words: [String]) throws -> [String] {
            for _ in 0..<20 {
                let names = try Self.bash(words, environment: "export KOMOKU_SERVER=\(address)")
                if !names.isEmpty { return names.sorted() }
            }
            return []
        }
        #expect(try complete(["komoku", "get", "w.f"]) == ["w.first"])
        #expect(try complete(["komoku", "watch", "w."]) == ["w.first", "w.second"])
        await client.close()
        await hub.stop()
    }

    @Test func noHubMeansNoNames() throws {
        let names = try Self.bash(["komoku", "get", "w."], environment: "export KOMOKU_SERVER=ws://192.0.2.1:7274")
        #expect(names.isEmpty)
    }
}
