internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Reads an export of the Ruby server: `{"keys":{NAME:{"type","opts"}},"data":{NAME:[[time,value],…]}}`.
///
/// The file is read twice: whole once to see that its shape is right, so that nothing is stored of one that is not.
struct RubyImport {
    private(set) var keys: [KeyDefinition] = []
    private(set) var points = 0
    private var hasData = false

    /// Reads the document to its end.
    ///
    /// - Throws: `Failure` with the place of the first fault.
    static func check(_ file: InputFile, _ progress: () -> Void) throws -> RubyImport {
        var found = RubyImport()
        var reader = JSONReader(pieces: file.read)
        do {
            try found.readTop(&reader, progress)
            guard found.hasData else { throw BrokenLine("'data' is missing") }
            return found
        } catch let invalid as JSON.Invalid {
            if let failure = reader.failure { throw failure }
            let place = "\(file.name.printable):\(reader.line)"
            throw Failure(message: "\(place): \(invalid.reason); nothing was stored", code: 2)
        } catch let broken as BrokenLine {
            throw Failure(message: "\(file.name.printable): \(broken.reason); nothing was stored", code: 2)
        }
    }

    private mutating func readTop(_ reader: inout JSONReader, _ progress: () -> Void) throws {
        guard try reader.next() == .object else { throw BrokenLine("it is no JSON object") }
        while let name = try reader.nextName() {
            switch name {
            case "keys": try readKeys(&reader)
            case "data":
                hasData = true
                var data = RubyData()
                guard try data.begin(&reader) else { throw BrokenLine("'data' is no object") }
                while try data.next(&reader) != nil {
                    points += 1
                    if points % 4096 == 0 { progress() }
                }
            default: try reader.skipValue()
            }
        }
        try reader.end()
    }

    private mutating func readKeys(_ reader: inout JSONReader) throws {
        guard try reader.next() == .object else { throw BrokenLine("'keys' is no object") }
        while let name = try reader.nextName() {
            let key = try PointLine.name(name)
            let json = try reader.value(most: 10_000)
            guard let type = json["type"]?.string else { throw BrokenLine("the key \(key.text) has no type") }
            guard KeyType(rawValue: type) != nil else {
                throw BrokenLine("the key \(key.text) has the unknown type '\(type.printable)'")
            }
            let options = json["opts"] ?? .null
            guard options.isNull || options.object != nil else {
                throw BrokenLine("the options of \(key.text) are no object")
            }
            keys.append(KeyDefinition(name: name, type: JSON.string(type), options: options.object ?? []))
        }
    }

    /// Sends a file that was checked: its keys, then its points.
    func send(_ file: InputFile, into run: inout ImportRun, _ progress: (borrowing ImportRun) -> Void) async throws {
        for key in keys { try await run.define(key) }
        var reader = JSONReader(pieces: file.read)
        _ = try reader.next()
        while let name = try reader.nextName() {
            guard name == "data" else {
                try reader.skipValue()
                continue
            }
            var data = RubyData()
            _ = try data.begin(&reader)
            while let (point, index) = try data.next(&reader) {
                try await run.add(point, number: index)
                if index % 1024 == 0 { progress(run) }
            }
        }
    }
}

/// The points of the member `data`, one after another.
private struct RubyData {
    private var key: KeyName?
    private var index = 0

    mutating func begin(_ reader: inout JSONReader) throws -> Bool { try reader.next() == .object }

    /// A point and its number in its key's list, from 0; nil behind the last.
    mutating func next(_ reader: inout JSONReader) throws -> (point: ImportedPoint, index: Int)? {
        while true {
            guard let key else {
                guard let name = try reader.nextName() else { return nil }
                self.key = try PointLine.name(name)
                index = 0
                guard try reader.next() == .array else { throw BrokenLine("the points of \(name) are no list") }
                continue
            }
            guard try reader.nextItem() else {
                self.key = nil
                continue
            }
            defer { index += 1 }
            return (try point(try reader.value(most: 16), key), index)
        }
    }

    private func point(_ json: JSON, _ key: KeyName) throws -> ImportedPoint {
        guard let items = json.array, items.count == 2 else {
            throw BrokenLine("point \(index) of \(key.text) is no [time, value]")
        }
        do {
            let point = HistoryPoint(time: try PointLine.time(items[0]), value: try PointLine.scalar(items[1]))
            return ImportedPoint(key: key, point: point)
        } catch {
            throw BrokenLine("point \(index) of \(key.text): \(error.reason)")
        }
    }
}
