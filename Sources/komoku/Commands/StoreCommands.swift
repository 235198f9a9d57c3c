internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Show database size and write health.")

    @OptionGroup var hub: HubOptions

    func run() async throws { try await Self.show(hub, details: false) }

    static func show(_ hub: HubOptions, details: Bool) async throws {
        try await hub.withClient { client in
            let report = try await client.store().json
            if hub.json { return Terminal.say(report.text) }
            Terminal.say(lines: details ? StoreShown(report).compaction() : StoreShown(report).lines())
        }
    }
}

struct CompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Compact the database now and return unused space to the disk.",
        discussion: "The hub also does this by itself; it is only needed if you want the space back at once.")

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let answer = try await Progress.during("compacting") { try await client.compact() }
            if hub.json { return Terminal.say(answer.json.text) }
            Terminal.say(
                table: StoreShown.comparison(answer.before.json, answer.after.json).lines(on: .standard))
        }
    }
}

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Back up the database while the hub keeps running.",
        discussion:
            "The hub writes the file, on its own machine and with its own permissions. The file must not exist yet.")

    @Argument(help: "The file; absolute where the hub is on another machine.", completion: .file())
    var file: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let path = try path()
        try await hub.withClient { client in
            let whole = try await wholeBytes(client)
            let share: @Sendable () -> Double? = {
                Self.size(of: path).flatMap { $0 > 0 && whole > 0 ? $0 / whole : nil }
            }
            let bytes = try await Progress.during("backing up", share: share) { try await client.backup(to: path) }
            if hub.json {
                let answer: JSON = ["path": .string(path), "bytes": .number(Double(bytes))]
                Terminal.say(answer.text)
            } else {
                Terminal.say("\(path.printable): \(Numbers.bytes(Double(bytes)))")
            }
        }
    }

    /// About how large the file will be; only for people who wait.
    private func wholeBytes(_ client: Client) async throws -> Double {
        guard Screen.showsProgress else { return 0 }
        return Double((try? await client.store().fileBytes) ?? 0)
    }

    /// How much the hub has written, where that can be seen from here.
    private static func size(of path: String) -> Double? {
        var status = stat()
        return stat(path, &status) == 0 ? Double(status.st_size) : nil
    }

    private func path() throws -> String {
        if file.hasPrefix("/") { return file }
        guard try hub.address().isLocal, let folder = getcwd(nil, 0) else {
            throw Failure.usage("the hub is on another machine: give the whole path, from / on")
        }
        defer { free(folder) }
        return String(cString: folder) + "/" + file
    }
}
