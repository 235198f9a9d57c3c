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
            let answer = try await client.compact()
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
            let bytes = try await client.backup(to: path)
            if hub.json {
                let answer: JSON = ["path": .string(path), "bytes": .number(Double(bytes))]
                Terminal.say(answer.text)
            } else {
                Terminal.say("\(path.printable): \(Numbers.bytes(Double(bytes)))")
            }
        }
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
