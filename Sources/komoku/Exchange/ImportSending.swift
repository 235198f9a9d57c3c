internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Sends what was found in a file, or shows what would be sent.
struct ImportSending {
    let file: InputFile
    let content: ImportContent
    let naming: SeriesNaming
    let isDryRun: Bool
    let json: Bool

    /// - Returns: nil where nothing was to be sent.
    func run(_ client: Client, _ progress: inout Progress) async throws -> ImportReport? {
        let keys = try await client.keys()
        var targets: [TableImport.Target?] = []
        var leftOut: [String] = []
        if case .table(let table) = content { (targets, leftOut) = try table.targets(naming, keys) }
        if isDryRun {
            show(targets, leftOut, keys)
            return nil
        }
        return try await send(targets, leftOut, keys, client, &progress)
    }

    private func send(
        _ targets: [TableImport.Target?], _ leftOut: [String], _ keys: [KeyDescription], _ client: Client,
        _ progress: inout Progress
    ) async throws -> ImportReport {
        let idle = progress
        let (name, isRuby) = (file.name, isRuby)
        var run = ImportRun(try await client.importPoints(), keys: keys) { key, number, reason in
            idle.clear()
            let at = isRuby ? ": point \(number) of \(key ?? "?")" : ":\(number)"
            Terminal.complain("\(name.printable)\(at.printable): \(reason.printable)")
        }
        var shown = progress
        func show(_ run: borrowing ImportRun) {
            let count = run.report.stored
            shown.show(points: count, share: file.done) { "\(Numbers.grouped(count)) points stored" }
        }
        do {
            switch content {
            case .jsonLines: try await LineImport.jsonLines(file, into: &run, show)
            case .table(let table): try await table.send(targets, into: &run, show)
            case .ruby(let document): try await document.send(file, into: &run, show)
            case .nothing: break
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
        var report = run.report
        report.unnamed = leftOut
        report.uncertain = targets.compactMap(\.self).reduce(0) { $0 + $1.series.clock.uncertain }
        if case .table(let table) = content { report.zone = table.zone.name }
        return report
    }

    private var isRuby: Bool { if case .ruby = content { true } else { false } }

    private func show(_ targets: [TableImport.Target?], _ leftOut: [String], _ keys: [KeyDescription]) {
        var survey = Survey()
        var targets = targets.compactMap(\.self)
        switch content {
        case .table(let table): survey = table.survey
        case .jsonLines(let found):
            survey = found ?? survey
            let types = Dictionary(keys.map { ($0.name, $0.type) }) { $1 }
            targets = survey.series.compactMap { series in
                KeyName(series.name).map { key in
                    let type = types[series.name]
                    return TableImport.Target(
                        series: series, key: key, type: type.flatMap(KeyType.init(rawValue:)) ?? series.type,
                        isNew: type == nil)
                }
            }
        case .ruby(let document):
            let count = "\(Numbers.counted(document.points, "point")) of \(Numbers.counted(document.keys.count, "key"))"
            return Terminal.say(
                json
                    ? JSON.object([
                        JSON.Member("dry_run", true), JSON.Member("points", .number(Double(document.points))),
                        JSON.Member("keys", .number(Double(document.keys.count))),
                    ]).text : "\(file.name.printable): would store \(count); nothing was stored")
        case .nothing: break
        }
        let plan = PlanShown(
            targets: targets, refused: survey.brokenCount,
            uncertain: targets.reduce(0) { $0 + $1.series.clock.uncertain }, leftOut: leftOut)
        for (line, reason) in survey.broken { Terminal.complain("\(file.name.printable):\(line): \(reason.printable)") }
        if json { return Terminal.say(plan.json.text) }
        Terminal.say(table: plan.lines)
        Terminal.say("\(file.name.printable): \(plan.summary)")
    }
}
