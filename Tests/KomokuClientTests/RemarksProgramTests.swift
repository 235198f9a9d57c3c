import Komoku
import KomokuClient
import Testing

/// What the built program says where there is nothing, or nobody is asked.
struct RemarksProgramTests {
    private static func run(
        _ body: (Client, ([String]) throws -> BuiltProgram.Ended) async throws -> Void
    ) async throws {
        let server = try await TestHub()
        let address = try server.address
        let client = Client(address)
        do {
            try await body(client) { try BuiltProgram.run($0 + ["--server", address.description]) }
        } catch {
            await client.close()
            await server.stop()
            throw error
        }
        await client.close()
        await server.stop()
    }

    @Test func anExportOfNothingSaysSo() async throws {
        try await Self.run { client, komoku in
            let none = try komoku(["export", "kitchen.*"])
            #expect(none.output.isEmpty)
            #expect(none.complaint == "komoku: nothing was exported: no key matches 'kitchen.*'")
            try await client.put("kitchen.lamp", true)
            let empty = try komoku(["export", "kitchen.*", "--since", "2001-01-01", "--until", "2001-01-02"])
            #expect(empty.complaint == "komoku: no points were exported: 1 key had none in this time")
            #expect(try komoku(["export"]).complaint.isEmpty)
        }
    }

    @Test func whereNobodySitsAtATerminalADeletionIsNotAskedFor() async throws {
        try await Self.run { client, komoku in
            try await client.put("kitchen.lamp", true)
            #expect(try komoku(["delete", "kitchen.lmp"]).complaint.contains("did you mean 'kitchen.lamp'?"))
            #expect(try komoku(["delete", "kitchen.lamp", "--yes"]).code == 0)
            #expect(try await client.key("kitchen.lamp") == nil)
        }
    }

    @Test(
        arguments: [
            (["get", "no.such", "--json"], 1, "invalid_key"), (["history", "no.such", "--json"], 1, "invalid_key"),
            (["stats", "no.such", "--json"], 1, "invalid_key"), (["spans", "no.such", "--json"], 1, "invalid_key"),
            (["delete", "no.such", "--json"], 1, "invalid_key"), (["why", "no.such", "--json"], 1, "not_allowed"),
            (["devices", "show", "no", "--json"], 1, "invalid_key"), (["stats", "--json"], 2, "usage"),
            (["history", "a", "--json", "--since", "soon"], 2, "usage"), (["get", "--json"], 2, "usage"),
            (["put", "a b", "1", "--json"], 2, "usage"), (["statz", "--json"], 2, "usage"),
        ] as [([String], Int32, String)])
    func withJSONAnErrorIsAnObject(arguments: [String], code: Int32, word: String) async throws {
        try await Self.run { _, komoku in
            let ended = try komoku(arguments)
            let answer = try JSON(parsing: ended.output)
            #expect(ended.code == code && ended.complaint.isEmpty)
            #expect(answer["error"] == .string(word))
            #expect(answer["message"]?.string?.isEmpty == false)
            // Without it the same is a sentence behind the program's name.
            let told = try komoku(arguments.filter { $0 != "--json" })
            #expect(told.code == code && told.complaint.hasPrefix("komoku: "), "\(told.complaint)")
        }
    }
}
