internal import Komoku
internal import KomokuClient
internal import KomokuWire

extension Survey {
    /// What a file of JSON Lines holds.
    static func ofJSONLines(_ file: InputFile, _ progress: () -> Void) throws -> Survey {
        var survey = Survey()
        var lines = LineReader(file.read)
        while var line = try lines.next() {
            progress()
            if line.number == 1 { LineImport.dropMark(&line.bytes) }
            if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
            do throws(BrokenLine) {
                if line.isTooLong { throw BrokenLine("it is longer than 1 MiB") }
                let point = try PointLine.json(line.bytes)
                let reading = Reading(
                    series: point.key.text, time: .moment(point.point.time), cell: Cell(point.point.value))
                try survey.add(reading, line.number)
            } catch {
                survey.refuse(line.number, error.reason)
            }
        }
        return survey
    }
}

extension Cell {
    /// A scalar of JSON says what it is.
    fileprivate init(_ value: JSON) {
        switch value {
        case .number(let number): self = .number(number, value.text)
        case .bool(let flag): self = .word(flag, value.text)
        case .string(let text): self = .text(text)
        case .null, .array, .object: self = .gap
        }
    }
}
