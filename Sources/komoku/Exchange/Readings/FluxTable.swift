internal import Komoku

/// Annotated CSV of InfluxDB: lines of annotations, a heading, readings; then perhaps all of it again for another table.
struct FluxTable: Hashable {
    private var types: [String] = []
    private var defaults: [String] = []
    private var columns: [String] = []
    private var expectsHeading = true

    /// What a record is.
    enum Line: Hashable {
        /// It says what comes.
        case heading
        case reading(series: String, time: String, value: String, type: String)
    }

    mutating func read(_ record: CSVRecord) throws(BrokenLine) -> Line {
        let fields = record.fields.map(\.text)
        switch fields.first?.lowercased() {
        case "#datatype":
            (types, defaults, expectsHeading) = (fields, [], true)
            return .heading
        case "#group":
            expectsHeading = true
            return .heading
        case "#default":
            (defaults, expectsHeading) = (fields, true)
            return .heading
        default: break
        }
        // Tables without annotations are only told apart by their headings.
        if expectsHeading || (fields.contains("_value") && fields.contains("_time")) {
            if fields.contains("error"), fields.contains("reference") || fields.count <= 3 {
                throw BrokenLine("the file holds an error of InfluxDB instead of readings")
            }
            columns = fields
            expectsHeading = false
            guard index("_time") != nil, index("_value") != nil else {
                throw BrokenLine("the columns _time and _value are missing; pivoted tables are not taken")
            }
            return .heading
        }
        return try reading(fields)
    }

    private func reading(_ fields: [String]) throws(BrokenLine) -> Line {
        guard let time = index("_time"), let value = index("_value") else {
            throw BrokenLine("it belongs to no table with the columns _time and _value")
        }
        guard fields.count > max(time, value) else {
            throw BrokenLine("it has \(Numbers.counted(fields.count, "field")), fewer than its heading")
        }
        return .reading(
            series: series(fields), time: field(time, fields), value: field(value, fields),
            type: types.indices.contains(value) ? types[value] : "")
    }

    private func index(_ name: String) -> Int? { columns.firstIndex(of: name) }

    private func field(_ index: Int, _ fields: [String]) -> String {
        guard index < fields.count, fields[index].isEmpty else { return index < fields.count ? fields[index] : "" }
        return defaults.indices.contains(index) ? defaults[index] : ""
    }

    private func value(_ name: String, _ fields: [String]) -> String? {
        let text = index(name).map { field($0, fields) } ?? ""
        return text.isEmpty ? nil : text
    }

    /// Measurement, tags and field, with dots between them. What Home Assistant writes is called by its entity.
    private func series(_ fields: [String]) -> String {
        let what = value("_field", fields)
        let last = what.map { $0 == "value" ? [] : [$0] } ?? []
        if let entity = value("entity_id", fields) {
            return ([value("domain", fields), entity].compactMap(\.self) + last).joined(separator: ".")
        }
        let own: Set<String> = ["", "result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement"]
        let tags = columns.indices.filter { !own.contains(columns[$0]) && !columns[$0].hasPrefix("#") }
            .map { field($0, fields) }.filter { !$0.isEmpty }
        let parts = [value("_measurement", fields)].compactMap(\.self) + tags + last
        return parts.isEmpty ? "value" : parts.joined(separator: ".")
    }

    /// Whether the series are entities of Home Assistant.
    var isOfHomeAssistant: Bool { index("entity_id") != nil }
}
