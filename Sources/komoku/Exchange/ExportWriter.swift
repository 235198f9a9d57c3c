internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Turns an export into the bytes of a file, part by part.
protocol ExportWriter {
    /// Once, at first.
    mutating func start() -> [UInt8]
    /// Any number of times, before all points.
    mutating func keys(_ keys: [KeyDefinition]) -> [UInt8]
    /// - Throws: `Failure` where the format cannot take these points now.
    mutating func points(_ points: KeyPoints) throws -> [UInt8]
    mutating func end() -> [UInt8]
}

enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
    /// A JSON object on each line.
    case jsonl
    case csv
    /// The export of the Ruby server: one JSON document with the keys' types and options.
    case ruby

    func writer() -> any ExportWriter {
        switch self {
        case .jsonl: JSONLinesExport()
        case .csv: CSVExport()
        case .ruby: RubyExport()
        }
    }
}

/// `{"key":"kitchen.temperature","time":1769844600.25,"value":21.5}` a line.
struct JSONLinesExport: ExportWriter {
    func start() -> [UInt8] { [] }
    func keys(_ keys: [KeyDefinition]) -> [UInt8] { [] }

    func points(_ points: KeyPoints) -> [UInt8] {
        var head = Array(#"{"key":"#.utf8)
        JSON.write(points.key, into: &head)
        head.append(contentsOf: #","time":"#.utf8)
        var bytes: [UInt8] = []
        for point in points.points {
            bytes.append(contentsOf: head)
            JSON.number(point.time.seconds).write(into: &bytes)
            bytes.append(contentsOf: #","value":"#.utf8)
            point.value.write(into: &bytes)
            bytes.append(contentsOf: "}\n".utf8)
        }
        return bytes
    }

    func end() -> [UInt8] { [] }
}

/// `key,time,value` with a header; texts are quoted, numbers and booleans are not, a gap is nothing at all.
struct CSVExport: ExportWriter {
    func start() -> [UInt8] { Array("key,time,value\n".utf8) }
    func keys(_ keys: [KeyDefinition]) -> [UInt8] { [] }

    func points(_ points: KeyPoints) -> [UInt8] {
        let head = CSV.plain(points.key) + ","
        var bytes: [UInt8] = []
        for point in points.points {
            bytes.append(contentsOf: head.utf8)
            JSON.number(point.time.seconds).write(into: &bytes)
            bytes.append(UInt8(ascii: ","))
            bytes.append(contentsOf: CSV.field(point.value).utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    func end() -> [UInt8] { [] }
}

/// `{"keys":{NAME:{"type":T,"opts":{…}}},"data":{NAME:[[time,value],…]}}`.
struct RubyExport: ExportWriter {
    private var hasKeys = false
    private var current: String?
    /// Keys whose list is closed.
    private var done: Set<KeyName> = []

    private static let middle = "},\n\"data\":{"

    func start() -> [UInt8] { Array(#"{"keys":{"#.utf8) }

    mutating func keys(_ keys: [KeyDefinition]) -> [UInt8] {
        var bytes: [UInt8] = []
        for key in keys {
            bytes.append(contentsOf: (hasKeys ? ",\n" : "\n").utf8)
            hasKeys = true
            JSON.write(key.name, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            key.member.value.write(into: &bytes)
        }
        return bytes
    }

    mutating func points(_ points: KeyPoints) throws -> [UInt8] {
        guard !points.points.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let goesOn = current.map { $0.utf8.elementsEqual(points.key.utf8) } ?? false
        if !goesOn {
            if let name = KeyName(points.key), !done.insert(name).inserted {
                throw Failure(
                    message: "the hub sends the points of \(points.key) in two places; use --format jsonl")
            }
            bytes.append(contentsOf: (current == nil ? Self.middle + "\n" : "],\n").utf8)
            JSON.write(points.key, into: &bytes)
            bytes.append(contentsOf: ":[".utf8)
            current = points.key
        }
        for (index, point) in points.points.enumerated() {
            if goesOn || index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSON.array([.number(point.time.seconds), point.value]).write(into: &bytes)
        }
        return bytes
    }

    func end() -> [UInt8] { Array((current == nil ? Self.middle + "}}\n" : "]}}\n").utf8) }
}
