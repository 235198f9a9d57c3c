internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Import recorded values from a file.",
        discussion: """
            Reads what export writes (JSON Lines, CSV, the JSON document of the Ruby server), and CSV from Home Assistant, \
            InfluxDB and Grafana. The format is recognised by the content, and columns by their names; they may be separated by \
            commas, semicolons or tabs. Times are seconds, ms, µs or ns since 1970, ISO 8601, or dates such as 31.01.2026 08:30 \
            in --zone. Empty values, unavailable and unknown become gaps; on and off are booleans, as with MQTT. Missing keys are \
            created. Points that exist already are not changed, so an interrupted import can simply be run again. Points from a \
            time of which the hub keeps only sums are skipped and counted.

            If a name cannot be the name of a key, or belongs to an entity of Home Assistant, say which key is meant: --key, \
            --map or --names. --dry-run shows what would be stored.

            Lines that cannot be read are skipped, and the first 20 are listed; a Ruby document is stored completely or, if it is \
            malformed, not at all. Exit codes: 0 everything was imported, 1 some lines were refused, 2 nothing could be done, \
            3 the hub cannot be reached.
            """)

    @Argument(help: "The file; - is the standard input.", completion: .file())
    var file: String

    @Option(help: ArgumentHelp("The key, for a file with one series.", valueName: "key"), completion: .keys)
    var key: String?

    @Option(
        help: ArgumentHelp(
            "The key of a series: 'sensor.kitchen=kitchen.temperature'; may be repeated. Series without a key, and those that "
                + "are not mentioned, are skipped.", valueName: "series=key"))
    var map: [String] = []

    @Flag(help: "Use the names in the file as keys, with _ for characters that a key cannot have.")
    var names = false

    @Option(help: ArgumentHelp("The names of the columns: key=NAME,time=NAME,value=NAME.", valueName: "columns"))
    var columns: String?

    @Flag(help: "Show what would be stored, and store nothing.")
    var dryRun = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let naming = try naming()
        let wanted = try wantedColumns()
        let file = try InputFile(self.file)
        let format = ImportFormat.recognise(try file.peek())
        if case .unreadable(let reason) = format {
            throw Failure(message: "\(file.name.printable): \(reason)", code: 2)
        }
        if format != .csv, key != nil || !map.isEmpty || names || columns != nil || hub.zone != nil {
            throw Failure.usage(
                "--key, --map, --names, --columns and --zone are for CSV; \(file.name.printable) is not a CSV file")
        }
        var progress = Progress()
        let source = format == .jsonLines && !dryRun ? file : try file.kept()
        let report = try await hub.withClient { client -> ImportReport? in
            // Times that have no zone are the hub's, as everywhere.
            let content = try content(source, format, LocalTime.zone, wanted, &progress)
            return try await ImportSending(
                file: source, content: content, naming: naming, isDryRun: dryRun, json: hub.json
            )
            .run(client, &progress)
        }
        progress.clear()
        guard let report else { return }
        tell(report, file)
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }

    /// What the file holds, as far as that is looked at before the hub is asked.
    private func content(
        _ file: InputFile, _ format: ImportFormat, _ zone: Zone, _ wanted: TableLayout.Wanted,
        _ progress: inout Progress
    ) throws -> ImportContent {
        var shown = progress
        defer { shown.clear() }
        func show(_ file: InputFile) { shown.show { "reading, \(file.share)" } }
        switch format {
        case .ruby:
            let document = try RubyImport.check(file) { show(file) }
            file.rewind()
            return .ruby(document)
        case .csv:
            return .table(try TableImport(file, zone: zone, wanted) { show($0) })
        case .jsonLines: return .jsonLines(dryRun ? try Survey.ofJSONLines(file) { show(file) } : nil)
        case .nothing, .unreadable: return .nothing
        }
    }

    private func naming() throws -> SeriesNaming {
        var naming = SeriesNaming()
        naming.takesNames = names
        if let key {
            guard map.isEmpty else { throw Failure.usage("--key is for files of one series, --map for others") }
            try key.checkedAsName()
            naming.key = KeyName(key)
        }
        for entry in map {
            // The file's name may hold a sign of its own; that of a key has none.
            guard let sign = entry.lastIndex(of: "=") else { throw Failure.usage("write --map 'SERIES=KEY'") }
            let name = String(entry[entry.index(after: sign)...])
            if !name.isEmpty { try name.checkedAsName() }
            naming.map.append((String(entry[..<sign]), KeyName(name)))
        }
        return naming
    }

    private func wantedColumns() throws -> TableLayout.Wanted {
        var wanted = TableLayout.Wanted()
        for part in columns?.split(separator: ",") ?? [] {
            let words = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
            guard words.count == 2 else { throw Failure.usage("write --columns key=NAME,time=NAME,value=NAME") }
            switch words[0].lowercased() {
            case "key": wanted.key = words[1]
            case "time": wanted.time = words[1]
            case "value": wanted.value = words[1]
            default: throw Failure.usage("--columns knows key, time and value, not '\(words[0].printable)'")
            }
        }
        return wanted
    }

    private func tell(_ report: ImportReport, _ file: InputFile) {
        if report.refused > ImportReport.told {
            Terminal.complain("and \(Numbers.grouped(report.refused - ImportReport.told)) more")
        }
        for word in report.words { Terminal.complain("\(file.name.printable): \(word)") }
        if hub.json {
            Terminal.say(report.json.text)
        } else {
            Terminal.say("\(file.name.printable): \(report.summary)")
        }
    }
}

extension InputFile {
    /// The part of it that was read, 0 to 1; nil where nobody knows how long it is.
    var done: Double? { size.flatMap { $0 > 0 ? Double(consumed) / Double($0) : nil } }

    /// How much of it was read.
    var share: String {
        let read = Numbers.bytes(Double(consumed))
        guard let size, size > 0 else { return read }
        return "\(read) of \(Numbers.bytes(Double(size))), \(min(100, consumed * 100 / size)) %"
    }
}
