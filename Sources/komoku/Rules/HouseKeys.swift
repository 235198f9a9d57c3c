internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire
internal import KomokuSystem

/// Which keys the house has in which rules are checked, tested or tried.
struct HouseKeys: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A file with the keys of the hub, as printed by 'komoku keys --json' or 'komoku devices --json'; may be repeated. \
            Without it the running hub is asked, if there is one.
            """, valueName: "file"),
        completion: .file())
    var catalogue: [String] = []

    /// How long a hub may take that nobody named.
    private static let patience = Komoku.Duration.seconds(3)

    /// What the hub's program needs to know the keys; nothing where neither a file nor a hub tells.
    func arguments(_ hub: HubOptions) async throws -> [String] {
        if !catalogue.isEmpty { return catalogue.flatMap { ["--catalogue", $0] } }
        let target = try hub.target()
        let isNamed = target.isNamed
        let client = target.client(timeout: isNamed ? .seconds(30) : Self.patience)
        do {
            let answer = try await client.catalogue()
            await client.close()
            return ["--catalogue", try Self.file(answer.bytes)]
        } catch let error as ClientError {
            await client.close()
            if isNamed { throw error }
            return []
        }
    }

    /// A file that only this program and those that it starts can read, and that goes with the last of them.
    private static func file(_ bytes: [UInt8]) throws -> String {
        let folder = HubProgram.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var path = Array("\(folder)/komoku-XXXXXX".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else {
            throw Failure(message: "komoku: no file can be made in \(folder): \(String(cString: strerror(errno)))")
        }
        unlink(path)
        try writeWhole(bytes, to: file)
        return "/dev/fd/\(file)"
    }
}

extension Client {
    /// All keys with what devices say of them.
    fileprivate func catalogue() async throws(ClientError) -> JSON {
        let keys = try await request("keys", ["match": "**", "include": ["value"]])
        var devices: [JSON] = []
        var body: JSON = [:]
        while true {
            let answer = try await request("devices", body)
            let page = answer["devices"]?.array ?? []
            devices += page
            guard let next = answer["next"], !next.isNull, !page.isEmpty else { break }
            body = ["after": next]
        }
        // A hub of an older version does not know.
        let renames = (try? await request("renames", [:]))?["renames"] ?? []
        return ["keys": keys, "devices": .array(devices), "renames": renames]
    }
}
