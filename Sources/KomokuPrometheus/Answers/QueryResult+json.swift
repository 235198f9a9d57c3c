internal import Komoku

extension QueryResult {
    /// The `data` of Prometheus's answer: `{"resultType":"vector","result":[…]}`.
    ///
    /// - Parameter limit: the most series that are told; nil is all.
    package func write(into bytes: inout [UInt8], limit: Int? = nil) {
        bytes += "{\"resultType\":\"\(type)\",\"result\":".utf8
        switch self {
        case .scalar(let value, let time): PromValue.write(value, at: time, into: &bytes)
        case .text(let text, let time):
            bytes.append(UInt8(ascii: "["))
            PromValue.write(time: time, into: &bytes)
            bytes.append(UInt8(ascii: ","))
            JSON.write(text, into: &bytes)
            bytes.append(UInt8(ascii: "]"))
        case .vector(let series, let time):
            Self.writeList(series.prefix(limit ?? .max), into: &bytes) { series, bytes in
                Self.open(series.labels, "value", into: &bytes)
                PromValue.write(series.values[0], at: time, into: &bytes)
            }
        case .matrix(let series, let steps):
            Self.writeList(series.prefix(limit ?? .max), into: &bytes) { series, bytes in
                Self.open(series.labels, "values", into: &bytes)
                Self.writeValues(series.values.indices, into: &bytes) { index in
                    series.values[index].isAbsent ? nil : (steps.time(index), series.values[index])
                }
            }
        case .samples(let list):
            Self.writeList(list.prefix(limit ?? .max), into: &bytes) { item, bytes in
                Self.open(item.labels, "values", into: &bytes)
                Self.writeValues(item.run.times.indices, into: &bytes) { (item.run.times[$0], item.run.values[$0]) }
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private var type: String {
        switch self {
        case .scalar: "scalar"
        case .text: "string"
        case .vector: "vector"
        case .matrix, .samples: "matrix"
        }
    }

    private static func writeList<Items: Collection>(
        _ items: Items, into bytes: inout [UInt8], _ write: (Items.Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(item, &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func open(_ labels: Labels, _ member: String, into bytes: inout [UInt8]) {
        bytes += "{\"metric\":".utf8
        labels.write(into: &bytes)
        bytes += ",\"\(member)\":".utf8
    }

    private static func writeValues(
        _ range: Range<Int>, into bytes: inout [UInt8], _ sample: (Int) -> (Int64, Double)?
    ) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for index in range {
            guard let (time, value) = sample(index) else { continue }
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            PromValue.write(value, at: time, into: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}

extension Labels {
    /// As an object, ordered by name.
    package func write(into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, label) in list.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSON.write(label.name, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSON.write(label.value, into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
