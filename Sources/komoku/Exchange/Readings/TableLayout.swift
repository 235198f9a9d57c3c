internal import Komoku

/// How a CSV file of readings is built.
struct TableLayout: Hashable {
    enum Shape: Hashable {
        /// A reading a line. What `komoku export` writes has quotes around texts only.
        case long(key: Int, time: Int, value: Int, Names)
        /// A line for each time, a column for each series. `key` names the first part of their names, where it is not nil.
        case wide(time: Int, key: Int?, [Column])
        /// Annotated CSV of InfluxDB, which says what its columns are as it goes on.
        case flux
    }

    struct Column: Hashable {
        let index: Int
        let name: String
    }

    /// Whose names they are.
    enum Names: Hashable {
        case ours
        /// `sensor.kitchen_temperature`: a domain and a name, which are no key of a house.
        case homeAssistant
        case others
    }

    var delimiter: UInt8
    var shape: Shape
    /// Lines before the first reading.
    var hasHeading = true

    static let delimiters = [UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: ",")]

    /// Columns that the user names.
    struct Wanted: Hashable {
        var key: String?
        var time: String?
        var value: String?
    }

    /// Tells by the first lines of a file.
    ///
    /// - Throws: `BrokenLine` where no column can be told to be the time, with what there is.
    static func recognise(_ bytes: [UInt8], _ wanted: Wanted = Wanted()) throws(BrokenLine) -> TableLayout {
        var readings: [(UInt8, [CSVRecord])] = []
        for delimiter in delimiters {
            let records = Self.records(bytes, delimiter)
            guard let first = records.first else { continue }
            let words = Heading(first, wanted)
            if words.isFlux { return TableLayout(delimiter: delimiter, shape: .flux, hasHeading: false) }
            if let shape = words.shape { return TableLayout(delimiter: delimiter, shape: shape) }
            readings.append((delimiter, records))
        }
        for (delimiter, records) in readings {
            if let shape = byIndex(records) {
                return TableLayout(delimiter: delimiter, shape: shape, hasHeading: false)
            }
        }
        let widest = readings.map(\.1[0]).max { $0.fields.count < $1.fields.count }
        let columns = (widest?.fields ?? []).prefix(30).map { "'\($0.text.prefix(40))'" }.joined(separator: ", ")
        throw BrokenLine(
            "it has no columns key, time and value, nor such of Home Assistant, InfluxDB or Grafana; its columns are "
                + "\(columns); tell which they are: --columns key=NAME,time=NAME,value=NAME")
    }

    private static func records(_ bytes: [UInt8], _ delimiter: UInt8) -> [CSVRecord] {
        var rest: [[UInt8]] = [Array(bytes.prefix(64 << 10)), []]
        var reader = CSVReader(delimiter: delimiter) { rest.isEmpty ? [] : rest.removeFirst() }
        var records: [CSVRecord] = []
        var lines = 0
        while lines < 20, let next = try? reader.next() {
            lines += 1
            if case .record(let record) = next.1 { records.append(record) }
        }
        return records
    }

    /// Without a heading: key, time and value, or time and value.
    private static func byIndex(_ records: [CSVRecord]) -> Shape? {
        // A line without a number or a time is a heading, and one that nobody knows.
        guard records[0].fields.contains(where: { (try? ReadingTime($0.text)) != nil }) else { return nil }
        for record in records {
            let fields = record.fields.map(\.text)
            if fields.count >= 3, KeyName(fields[0]) != nil, (try? ReadingTime(fields[1])) != nil {
                return .long(key: 0, time: 1, value: 2, .ours)
            }
            if fields.count == 2, (try? ReadingTime(fields[0])) != nil {
                return .wide(time: 0, key: nil, [Column(index: 1, name: "value")])
            }
        }
        return nil
    }
}

/// The words of the first line.
private struct Heading {
    private let words: [String]
    private let texts: [String]
    private let wanted: TableLayout.Wanted

    init(_ record: CSVRecord, _ wanted: TableLayout.Wanted) {
        texts = record.fields.map(\.text.trimmed)
        words = texts.map { $0.lowercased() }
        self.wanted = wanted
    }

    private static let times = [
        "time", "_time", "timestamp", "datetime", "date/time", "date time", "date", "ts", "last_changed",
        "last_updated",
        "zeit", "zeitstempel", "datum",
    ]
    private static let keys = ["key", "entity_id", "name", "series", "metric", "sensor", "entity", "topic"]
    private static let values = ["value", "_value", "state", "reading", "wert"]

    /// Annotations come first; without them the names of columns tell.
    var isFlux: Bool {
        guard wanted == TableLayout.Wanted(), let first = words.first else { return false }
        return ["#datatype", "#group", "#default"].contains(first)
            || (words.contains("_time") && words.contains("_value"))
    }

    var shape: TableLayout.Shape? {
        guard words.count > 1, let time = index(wanted.time, Self.times) else { return nil }
        let key = index(wanted.key, Self.keys)
        let value = index(wanted.value, Self.values)
        if let key, let value { return .long(key: key, time: time, value: value, names(key, time, value)) }
        if wanted.value != nil, let value {
            return .wide(time: time, key: key, [TableLayout.Column(index: value, name: texts[value])])
        }
        // Of several times of one reading the first counts; the others are no series.
        let columns = texts.indices.filter { index in
            index != time && index != key && !texts[index].isEmpty
                && !["last_changed", "last_updated", "last_reported"].contains(words[index])
        }
        guard !columns.isEmpty else { return nil }
        return .wide(time: time, key: key, columns.map { TableLayout.Column(index: $0, name: texts[$0]) })
    }

    private func names(_ key: Int, _ time: Int, _ value: Int) -> TableLayout.Names {
        if [words[key], words[time], words[value]] == ["key", "time", "value"] { return .ours }
        return words[key] == "entity_id" ? .homeAssistant : .others
    }

    private func index(_ wanted: String?, _ usual: [String]) -> Int? {
        if let wanted { return words.firstIndex { $0 == wanted.lowercased() } }
        return usual.lazy.compactMap { words.firstIndex(of: $0) }.first
    }
}
