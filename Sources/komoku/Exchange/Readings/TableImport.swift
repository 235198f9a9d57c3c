internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// One import of a CSV file: what it holds is found first, then it is sent.
struct TableImport {
    let file: InputFile
    let layout: TableLayout
    let zone: Zone
    let survey: Survey
    private let style: NumberStyle

    /// Reads the file once.
    ///
    /// - Throws: `Failure` where it is no table of readings.
    init(
        _ file: InputFile, zone: Zone, _ wanted: TableLayout.Wanted, _ progress: (InputFile) -> Void
    ) throws {
        self.file = file
        self.zone = zone
        do throws(BrokenLine) {
            layout = try TableLayout.recognise(try Self.beginning(file), wanted)
        } catch {
            throw Failure(message: "\(file.name.printable): \(error.reason.printable)", code: 2)
        }
        (survey, style) = try Survey.of(file, layout, zone: zone) { progress(file) }
        file.rewind()
    }

    private static func beginning(_ file: InputFile) throws(BrokenLine) -> [UInt8] {
        do { return try file.peek() } catch {
            throw BrokenLine("\((error as? Failure)?.message ?? "it cannot be read")")
        }
    }

    private var isOurs: Bool { if case .long(_, _, _, .ours) = layout.shape { true } else { false } }

    /// What a series becomes.
    struct Target: Hashable {
        let series: Survey.Series
        let key: KeyName
        /// Nil where no value tells it.
        let type: KeyType?
        let isNew: Bool
    }

    /// - Throws: `Failure` where names are missing.
    func targets(
        _ naming: SeriesNaming, _ known: [KeyDescription]
    ) throws -> (targets: [Target?], leftOut: [String]) {
        var types: [KeyName: KeyType] = [:]
        for key in known { if let name = KeyName(key.name) { types[name] = KeyType(rawValue: key.type) ?? .string } }
        let names = try naming.names(of: survey, known: Set(types.keys), ours: isOurs)
        let targets = zip(survey.series, names.keys).map { series, key -> Target? in
            guard let key else { return nil }
            let type = types[key]
            return Target(series: series, key: key, type: type ?? series.type, isNew: type == nil)
        }
        return (targets, names.leftOut)
    }

    func send(
        _ targets: [Target?], into run: inout ImportRun, _ progress: (borrowing ImportRun) -> Void
    ) async throws {
        var reader = TableReader(layout, style, file.read)
        var indices: [[UInt8]: Int] = [:]
        for (index, series) in survey.series.enumerated() { indices[Array(series.name.utf8)] = index }
        var clocks = survey.series.map { _ in SeriesClock(zone: zone) }
        for target in targets.compactMap(\.self) where target.isNew {
            if let type = target.type {
                try await run.define(KeyDefinition(name: target.key.text, type: type))
            }
        }
        var count = 0
        while let item = try reader.next() {
            count += 1
            if count % 1024 == 0 { progress(run) }
            switch item {
            case .broken(let reason, let line): run.refuse(number: line, reason)
            case .reading(let reading, let line):
                guard let index = indices[Array(reading.series.utf8)], let target = targets[index] else { continue }
                let time: Timestamp
                do throws(BrokenLine) {
                    time = try clocks[index].moment(reading.time)
                } catch {
                    run.refuse(target.key.text, number: line, error.reason)
                    continue
                }
                let point = HistoryPoint(time: time, value: reading.cell.json(for: target.type))
                try await run.add(ImportedPoint(key: target.key, point: point), number: line)
            }
        }
    }
}
