/// One record of a CSV file (RFC 4180).
struct CSVRecord: Hashable {
    struct Field: Hashable {
        var text: String
        var isQuoted = false
    }

    var fields: [Field]

    enum Outcome: Hashable {
        case record(CSVRecord)
        /// A quoted field goes on in the next line.
        case unfinished
        case broken(String)
    }

    /// Reads bytes that are one or more whole lines, without the last end of line.
    static func read(_ bytes: [UInt8], delimiter: UInt8 = UInt8(ascii: ",")) -> Outcome {
        var bytes = bytes[...]
        if bytes.last == 0x0D { bytes.removeLast() }
        var fields: [Field] = []
        var index = bytes.startIndex
        while true {
            var field: [UInt8] = []
            let isQuoted = index < bytes.endIndex && bytes[index] == UInt8(ascii: "\"")
            if isQuoted {
                guard readQuoted(bytes, &index, into: &field) else { return .unfinished }
                guard index == bytes.endIndex || bytes[index] == delimiter else {
                    return .broken("there is text behind a closing quote")
                }
            } else {
                let end = bytes[index...].firstIndex(of: delimiter) ?? bytes.endIndex
                field = Array(bytes[index..<end])
                if field.contains(UInt8(ascii: "\"")) {
                    return .broken("there is a quote inside a field without quotes")
                }
                index = end
            }
            guard let text = String(validating: field, as: UTF8.self) else { return .broken("it is not UTF-8") }
            fields.append(Field(text: text, isQuoted: isQuoted))
            if index == bytes.endIndex { return .record(CSVRecord(fields: fields)) }
            index += 1
        }
    }

    /// Moves `index` behind the closing quote.
    ///
    /// - Returns: false where there is none.
    private static func readQuoted(_ bytes: ArraySlice<UInt8>, _ index: inout Int, into field: inout [UInt8]) -> Bool {
        index += 1
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            if byte != UInt8(ascii: "\"") {
                field.append(byte)
            } else if index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") {
                field.append(byte)
                index += 1
            } else {
                return true
            }
        }
        return false
    }
}
