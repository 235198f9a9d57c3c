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
        do {
            var tokens = JSONTokens(file.read)
            try found.readTop(&tokens, progress)
            guard found.hasData else { throw BrokenLine("'data' is missing") }
            return found
        } catch let fault as JSONTokens.Fault {
            throw Failure(message: "\(file.name.printable):\(fault.line): \(fault.reason); nothing was stored", code: 2)
        } catch let broken as BrokenLine {
            throw Failure(message: "\(file.name.printable): \(broken.reason); nothing was stored", code: 2)
        }
    }

    private mutating func readTop(_ tokens: inout JSONTokens, _ progress: () -> Void) throws {
        guard try tokens.next() == .beginObject else { throw BrokenLine("it is no JSON object") }
        while case .name(let name) = try tokens.next() {
            switch name {
            case "keys": try readKeys(&tokens)
            case "data":
                hasData = true
                var data = RubyData()
                guard try data.begin(&tokens) else { throw BrokenLine("'data' is no object") }
                while try data.next(&tokens) != nil {
                    points += 1
                    if points % 4096 == 0 { progress() }
                }
            default: try tokens.skip()
            }
        }
        _ = try tokens.next()
    }

    private mutating func readKeys(_ tokens: inout JSONTokens) throws {
        guard try tokens.next() == .beginObject else { throw BrokenLine("'keys' is no object") }
        while case .name(let name) = try tokens.next() {
            let key = try PointLine.name(name)
            let json = try tokens.whole(from: try tokens.next())
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
        var tokens = JSONTokens(file.read)
        _ = try tokens.next()
        while case .name(let name) = try tokens.next() {
            guard name == "data" else {
                try tokens.skip()
                continue
            }
            var data = RubyData()
            _ = try data.begin(&tokens)
            while let (point, index) = try data.next(&tokens) {
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

    mutating func begin(_ tokens: inout JSONTokens) throws -> Bool { try tokens.next() == .beginObject }

    /// A point and its number in its key's list, from 0; nil behind the last.
    mutating func next(_ tokens: inout JSONTokens) throws -> (point: ImportedPoint, index: Int)? {
        while true {
            guard let key else {
                guard case .name(let name) = try tokens.next() else { return nil }
                self.key = try PointLine.name(name)
                index = 0
                guard try tokens.next() == .beginArray else { throw BrokenLine("the points of \(name) are no list") }
                continue
            }
            let token = try tokens.next()
            if token == .endArray {
                self.key = nil
                continue
            }
            defer { index += 1 }
            return (try point(try tokens.whole(from: token, most: 16), key), index)
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
