internal import ArgumentParser
internal import Komoku
internal import KomokuClient

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store the points of a file, as they are.",
        discussion: """
            Takes what export writes: JSON Lines, CSV, or the JSON document of the Ruby server; it tells them apart by \
            their content. Times are seconds since 1970 or ISO 8601. A key that the hub does not have is created. Points \
            that are there already stay as they are, so an import that broke off is simply run again: they are counted apart. \
            Points of times of which the hub keeps only sums by now are left out, and counted too.

            Lines that are no points are left out, and the first 20 are told; of the Ruby document everything goes in or, \
            where its shape is wrong, nothing. Exit codes: 0 all is in, 1 some lines were refused, 2 nothing could be done, \
            3 the hub cannot be reached.
            """)

    @Argument(help: "The file; - is the standard input.", completion: .file())
    var file: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let file = try InputFile(self.file)
        let format = ImportFormat.recognise(try file.peek())
        if case .unreadable(let reason) = format {
            throw Failure(message: "komoku: \(file.name.printable): \(reason)", code: 2)
        }
        var progress = Progress()
        var document: RubyImport?
        var source = file
        if format == .ruby {
            source = try file.kept()
            document = try RubyImport.check(source) { progress.show { "checking, \(Self.share(source))" } }
            source.rewind()
            progress.clear()
        }
        let report = try await hub.withClient { client in
            try await send(source, format, document, client, &progress)
        }
        progress.clear()
        tell(report, file)
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }

    private func send(
        _ file: InputFile, _ format: ImportFormat, _ document: RubyImport?, _ client: Client, _ progress: inout Progress
    ) async throws -> ImportReport {
        let isRuby = document != nil
        let idle = progress
        var run = ImportRun(try await client.importPoints(), keys: try await client.keys()) { key, place, reason in
            idle.clear()
            let at = isRuby ? ": point \(place) of \(key ?? "?")" : ":\(place)"
            Terminal.complain("\(file.name.printable)\(at.printable): \(reason.printable)")
        }
        var shown = progress
        func show(_ run: borrowing ImportRun) {
            let count = run.report.stored
            shown.show { "\(Numbers.grouped(count)) points stored, \(Self.share(file))" }
        }
        do {
            switch format {
            case .jsonLines: try await LineImport.jsonLines(file, into: &run, show)
            case .csv: try await LineImport.csv(file, into: &run, show)
            case .ruby: try await document?.send(file, into: &run, show)
            case .nothing, .unreadable: break
            }
            try await run.finish()
        } catch let error as ClientError {
            shown.clear()
            let stored = run.report.stored
            if stored > 0 {
                Terminal.complain("\(Numbers.grouped(stored)) points were stored; run it again for the rest")
            }
            throw error
        }
        return run.report
    }

    private static func share(_ file: InputFile) -> String {
        let read = Numbers.bytes(Double(file.consumed))
        guard let size = file.size, size > 0 else { return read }
        return "\(read) of \(Numbers.bytes(Double(size))), \(file.consumed * 100 / size) %"
    }

    private func tell(_ report: ImportReport, _ file: InputFile) {
        if report.refused > ImportReport.told {
            Terminal.complain("and \(Numbers.grouped(report.refused - ImportReport.told)) more")
        }
        if hub.json {
            let answer: JSON = [
                "points": .number(Double(report.stored)), "keys": .number(Double(report.keys)),
                "known": .number(Double(report.known)), "left_out": .number(Double(report.leftOut)),
                "refused": .number(Double(report.refused)),
            ]
            Terminal.say(answer.text)
        } else {
            Terminal.say("\(file.name.printable): \(report.summary)")
        }
    }
}
