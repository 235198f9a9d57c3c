internal import Komoku

/// What a table holds, found before anything of it is sent.
struct Survey {
    struct Series: Hashable {
        let name: String
        var readings = 0
        var gaps = 0
        /// By kind, and the kind of the first: gaps are none.
        var numbers = 0
        var words = 0
        var texts = 0
        var first: KeyType?
        var earliest = Timestamp.distantFuture
        var latest = Timestamp.distantPast
        var clock: SeriesClock

        var values: Int { numbers + words + texts }

        /// The type of a key that is made for it; nil where it has no value.
        var type: KeyType? {
            if values == words { return words > 0 ? .boolean : nil }
            // A word such as `off` beside others, such as `heat`, is one of them.
            return first == .numeric ? .numeric : .string
        }
    }

    private(set) var series: [Series] = []
    private var indices: [[UInt8]: Int] = [:]
    private(set) var broken: [(line: Int, reason: String)] = []
    private(set) var brokenCount = 0
    private(set) var hasEntities = false

    private static let mostSeries = 100_000

    /// Reads a file to its end.
    ///
    /// - Returns: the survey, and how the file writes its numbers.
    static func of(
        _ file: InputFile, _ layout: TableLayout, zone: Zone, _ progress: () -> Void
    ) throws -> (Survey, NumberStyle) {
        let (survey, style) = try pass(file, layout, NumberStyle(delimiter: layout.delimiter), zone, progress)
        guard style.hasComma || style.hasPoint else { return (survey, style) }
        // What `1,234` means may only be known at the end of the file.
        file.rewind()
        return try pass(file, layout, style, zone, progress)
    }

    private static func pass(
        _ file: InputFile, _ layout: TableLayout, _ style: NumberStyle, _ zone: Zone, _ progress: () -> Void
    ) throws -> (Survey, NumberStyle) {
        var survey = Survey()
        var reader = TableReader(layout, style, file.read)
        while let item = try reader.next() {
            switch item {
            case .reading(let reading, let line):
                do throws(BrokenLine) {
                    try survey.add(reading, line, zone)
                } catch {
                    survey.refuse(line, error.reason)
                }
            case .broken(let reason, let line): survey.refuse(line, reason)
            }
            progress()
        }
        for index in survey.series.indices { survey.series[index].clock.finish() }
        survey.hasEntities = reader.hasEntities
        return (survey, reader.style)
    }

    mutating func add(_ reading: Reading, _ line: Int, _ zone: Zone = .utc) throws(BrokenLine) {
        let name = Array(reading.series.utf8)
        let index = indices[name] ?? series.count
        if index == series.count {
            guard series.count < Self.mostSeries else {
                throw BrokenLine(
                    "there are more than \(Self.mostSeries) series; is the column of the keys the right one?")
            }
            indices[name] = index
            series.append(Series(name: reading.series, clock: SeriesClock(zone: zone)))
        }
        let moment = try series[index].clock.moment(reading.time)
        series[index].add(reading.cell, at: moment)
    }

    mutating func refuse(_ line: Int, _ reason: String) {
        brokenCount += 1
        if broken.count < ImportReport.told { broken.append((line, reason)) }
    }
}

extension Survey.Series {
    fileprivate mutating func add(_ cell: Cell, at moment: Timestamp) {
        readings += 1
        earliest = min(earliest, moment)
        latest = max(latest, moment)
        switch cell {
        case .gap: gaps += 1
        case .number:
            numbers += 1
            first = first ?? .numeric
        case .word:
            words += 1
            first = first ?? .boolean
        case .text:
            texts += 1
            first = first ?? .string
        }
    }
}
