internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Export recorded values to a file.",
        discussion: """
            jsonl: {"key":K,"time":T,"value":V} on each line. csv: key,time,value with a heading; texts are quoted, numbers \
            and booleans are not. ruby: one JSON document as the Ruby server has it, with types and options of the keys. \
            Times are seconds since 1970. FILE only appears once it is complete.
            """)

    @Argument(help: "Which keys: 'kitchen.*', '**'.", completion: .keys)
    var pattern = "**"

    @OptionGroup var range: RangeOptions

    @Option(help: "jsonl, csv or ruby; default: csv if FILE ends in .csv, else jsonl.")
    var format: ExportFormat?

    @Option(
        name: [.short, .long], help: ArgumentHelp("Where to write; default: the standard output.", valueName: "file"),
        completion: .file())
    var output: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try pattern.checkedAsPattern()
        let isOneKey = !pattern.contains("*")
        var writer = (format ?? (output?.hasSuffix(".csv") == true ? .csv : .jsonl)).writer()
        try await hub.withClient { client in
            let (since, until) = try range.bounds()
            // A name that is mistyped shall not leave an empty file behind.
            if isOneKey { _ = try await client.required(pattern) }
            let whole = try await whole(client)
            let export = try client.export(pattern, since: since, until: until)
            guard let output, output != "-" else {
                _ = try await copy(export, &writer, of: whole) { Terminal.write($0) }
                return
            }
            var file = try OutputFile(output)
            let total = try await copy(export, &writer, of: whole) { try file.write($0) }
            try file.finish()
            if hub.json {
                let answer: JSON = [
                    "file": .string(output), "points": .number(Double(total.points)),
                    "keys": .number(Double(total.keys)), "bytes": .number(Double(file.bytes)),
                ]
                Terminal.say(answer.text)
            } else {
                let count = "\(Numbers.counted(total.points, "point")) of \(Numbers.counted(total.keys, "key"))"
                Terminal.say("\(output.printable): \(count), \(Numbers.bytes(Double(file.bytes)))")
            }
        }
    }

    private func tellIfNothing(_ points: Int, of keys: Int) {
        if keys == 0 {
            Terminal.complain("nothing was exported: no key matches '\(pattern.printable)'")
        } else if points == 0 {
            let time = range.since == nil && range.until == nil ? "" : " in this time"
            Terminal.complain("no points were exported: \(Numbers.counted(keys, "key")) had none\(time)")
        }
    }

    /// How many points will come, as far as the hub knows beforehand; only for people who wait.
    private func whole(_ client: Client) async throws -> Double? {
        guard Screen.showsProgress, pattern == "**", range.since == nil, range.until == nil else { return nil }
        let number = try await client.request("stats", [:])["data_points_count"]?.number
        return number.flatMap { $0 > 0 ? $0 : nil }
    }

    /// - Returns: how much it was.
    private func copy(
        _ export: PointExport, _ writer: inout any ExportWriter, of whole: Double?, to write: ([UInt8]) throws -> Void
    ) async throws -> (points: Int, keys: Int) {
        var progress = Progress()
        defer { progress.clear() }
        var (points, bytes, keys) = (0, 0, 0)
        func put(_ more: [UInt8]) throws {
            bytes += more.count
            try write(more)
        }
        for try await part in export {
            // Not earlier: a hub that refuses leaves nothing behind.
            if bytes == 0 { try put(writer.start()) }
            switch part {
            case .keys(let definitions):
                keys += definitions.count
                try put(writer.keys(definitions))
            case .points(let lists):
                for list in lists {
                    try put(try writer.points(list))
                    points += list.points.count
                }
                progress.show(points: points, share: whole.map { Double(points) / $0 }) {
                    "\(Numbers.grouped(points)) points, \(Numbers.bytes(Double(bytes)))"
                }
            case .done:
                try put(writer.end())
                tellIfNothing(points, of: keys)
            }
        }
        return (points, keys)
    }
}
