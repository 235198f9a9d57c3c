internal import Komoku

/// The readings of a CSV file, one after another.
struct TableReader {
    private var records: CSVReader
    private let layout: TableLayout
    private(set) var style: NumberStyle
    private var flux = FluxTable()
    private var isFirst = true
    /// Of a line with several readings, the last first.
    private var waiting: [TableItem] = []
    /// Names are entities of Home Assistant.
    private(set) var hasEntities: Bool

    /// - Parameter read: the next bytes, none at the end.
    init(_ layout: TableLayout, _ style: NumberStyle, _ read: @escaping () throws -> [UInt8]) {
        self.layout = layout
        self.style = style
        records = CSVReader(delimiter: layout.delimiter, read)
        if case .long(_, _, _, .homeAssistant) = layout.shape { hasEntities = true } else { hasEntities = false }
    }

    mutating func next() throws -> TableItem? {
        while waiting.isEmpty {
            guard let (line, reading) = try records.next() else { return nil }
            switch reading {
            case .record where isFirst && layout.hasHeading: isFirst = false
            case .record(let record):
                isFirst = false
                do throws(BrokenLine) {
                    try add(record, line)
                } catch {
                    waiting.append(.broken(error.reason, line: line))
                }
            case .broken(let reason): waiting.append(.broken(reason, line: line))
            case .unfinished: break
            }
        }
        return waiting.removeLast()
    }

    private mutating func add(_ record: CSVRecord, _ line: Int) throws(BrokenLine) {
        switch layout.shape {
        case .long(let key, let time, let value, let names):
            try addLong(record.fields, key, time, value, names, line)
        case .wide(let time, let key, let columns): try addWide(record.fields, time, key, columns, line)
        case .flux:
            guard case .reading(let series, let time, let value, let type) = try flux.read(record) else {
                hasEntities = hasEntities || flux.isOfHomeAssistant
                return
            }
            let cell = try style.cell(value, isText: type == "string" && !Self.isGap(value), isForeign: true)
            waiting.append(.reading(Reading(series: series, time: try ReadingTime(time), cell: cell), line: line))
        }
    }

    private mutating func addLong(
        _ fields: [CSVRecord.Field], _ key: Int, _ time: Int, _ value: Int, _ names: TableLayout.Names, _ line: Int
    ) throws(BrokenLine) {
        guard fields.count > max(key, time, value) else {
            throw BrokenLine("it has \(Numbers.counted(fields.count, "field")), fewer than its heading")
        }
        let isOurs = names == .ours
        // A quoted value is a text, unless the file quotes everything: names of keys need no quotes.
        let isText = isOurs && fields[value].isQuoted && !fields[key].isQuoted
        let moment = try ReadingTime(fields[time].text)
        let cell = try style.cell(fields[value].text, isText: isText, isForeign: !isOurs)
        let series = isOurs ? try PointLine.name(fields[key].text.trimmed).text : fields[key].text.trimmed
        waiting.append(.reading(Reading(series: series, time: moment, cell: cell), line: line))
    }

    private mutating func addWide(
        _ fields: [CSVRecord.Field], _ time: Int, _ key: Int?, _ columns: [TableLayout.Column], _ line: Int
    ) throws(BrokenLine) {
        guard fields.count > time else { throw BrokenLine("it has no time") }
        let moment = try ReadingTime(fields[time].text)
        let prefix = key.map { $0 < fields.count ? fields[$0].text.trimmed + "." : "" } ?? ""
        for column in columns.reversed() where column.index < fields.count {
            let text = fields[column.index].text
            // Series that were joined by time have nothing where another one had a reading.
            if columns.count > 1, text.trimmed.isEmpty { continue }
            do throws(BrokenLine) {
                let cell = try style.cell(text, isForeign: true)
                waiting.append(.reading(Reading(series: prefix + column.name, time: moment, cell: cell), line: line))
            } catch {
                waiting.append(.broken(error.reason, line: line))
            }
        }
    }

    private static func isGap(_ text: String) -> Bool {
        let word = text.trimmed.lowercased()
        return word == "unavailable" || word == "unknown"
    }
}
