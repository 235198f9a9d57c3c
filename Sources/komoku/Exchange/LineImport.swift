internal import Komoku

/// Feeds the lines of a file of JSON Lines to an import; broken ones are told and left out.
enum LineImport {
    static func jsonLines(_ file: InputFile, into run: inout ImportRun, _ progress: (borrowing ImportRun) -> Void)
        async throws
    {
        var lines = LineReader(file.read)
        while var line = try lines.next() {
            if line.number == 1 { Self.dropMark(&line.bytes) }
            if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
            do {
                if line.isTooLong { throw BrokenLine("it is longer than 1 MiB") }
                try await run.add(try PointLine.json(line.bytes), number: line.number)
            } catch let broken as BrokenLine {
                run.refuse(number: line.number, broken.reason)
            }
            if line.number % 1024 == 0 { progress(run) }
        }
    }

    /// The byte order mark that some programs put in front.
    static func dropMark(_ bytes: inout [UInt8]) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    }
}

/// The records of a CSV file with the lines in which they begin.
struct CSVReader {
    private var lines: LineReader
    private let delimiter: UInt8

    /// - Parameter read: the next bytes, none at the end.
    init(delimiter: UInt8 = UInt8(ascii: ","), _ read: @escaping () throws -> [UInt8]) {
        lines = LineReader(read)
        self.delimiter = delimiter
    }

    /// The next record; nil at the end. Where it is broken, the reader goes on in the line after its first.
    mutating func next() throws -> (line: Int, CSVRecord.Outcome)? {
        guard var first = try nextFilled() else { return nil }
        if first.number == 1 { LineImport.dropMark(&first.bytes) }
        if first.isTooLong { return (first.number, .broken("it is longer than 1 MiB")) }
        var outcome = CSVRecord.read(first.bytes, delimiter: delimiter)
        if outcome == .unfinished { outcome = try joined(first) }
        return (first.number, outcome)
    }

    /// The record that begins in this line and ends in a later one; those lines come again where it is broken.
    private mutating func joined(_ first: LineReader.Line) throws -> CSVRecord.Outcome {
        var bytes = first.bytes
        var further: [LineReader.Line] = []
        while bytes.count < LineReader.longest, let line = try lines.next() {
            further.append(line)
            if line.isTooLong { break }
            bytes.append(0x0A)
            bytes.append(contentsOf: line.bytes)
            // An even number of quotes leaves the field open: looking at all of it after each line would take for ever.
            guard line.bytes.count(where: { $0 == UInt8(ascii: "\"") }) % 2 == 1 else { continue }
            let outcome = CSVRecord.read(bytes, delimiter: delimiter)
            if case .record = outcome { return outcome }
            if case .unfinished = outcome { continue }
            lines.putBack(further)
            return outcome
        }
        lines.putBack(further)
        return .broken("a quote is not closed")
    }

    private mutating func nextFilled() throws -> LineReader.Line? {
        while let line = try lines.next() {
            if !line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return line }
        }
        return nil
    }
}
