/// One line of an iCalendar file, unfolded: a name, parameters, and a value (RFC 5545, section 3.1).
struct ContentLine {
    /// In capitals.
    let name: String
    /// By their names in capitals; of one that is there twice the first.
    let parameters: [String: String]
    /// As it stands there, with what escapes hide.
    let value: ArraySlice<UInt8>
    /// Counted from 1.
    let number: Int

    /// The most parameters that are looked at.
    private static let maximumParameters = 32
    /// What is longer is no parameter that anything here asks for.
    private static let maximumParameter = 1024

    /// - Returns: nil for a line that is none.
    init?(_ bytes: ArraySlice<UInt8>, number: Int) {
        var rest = bytes
        guard let name = Self.word(&rest) else { return nil }
        var parameters: [String: String] = [:]
        while rest.first == UInt8(ascii: ";") {
            rest.removeFirst()
            guard let name = Self.word(&rest), rest.popFirst() == UInt8(ascii: "="),
                let value = Self.parameterValue(&rest)
            else { return nil }
            if parameters.count < Self.maximumParameters, parameters[name] == nil { parameters[name] = value }
        }
        guard rest.popFirst() == UInt8(ascii: ":") else { return nil }
        (self.name, self.parameters, self.value, self.number) = (name, parameters, rest, number)
    }

    /// Letters, digits and hyphens, in capitals.
    private static func word(_ rest: inout ArraySlice<UInt8>) -> String? {
        let bytes = rest.prefix {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard 1...64 ~= bytes.count else { return nil }
        rest = rest.dropFirst(bytes.count)
        return String(decoding: bytes, as: UTF8.self).uppercased()
    }

    /// Up to a colon, a semicolon, or the end of its quotes; of a list the whole text.
    private static func parameterValue(_ rest: inout ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        var isQuoted = false
        while let byte = rest.first {
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, byte == UInt8(ascii: ":") || byte == UInt8(ascii: ";") {
                break
            } else if text.count < maximumParameter {
                text.append(byte)
            }
            rest.removeFirst()
        }
        return isQuoted ? nil : String(decoding: text, as: UTF8.self)
    }

    /// The value as it is, without spaces around it; of what is absurdly long the beginning.
    var plain: String {
        String(decoding: value.prefix(Self.maximumPlain), as: UTF8.self).trimmed
    }

    private static let maximumPlain = 65_536

    /// The value as text: `\n`, `\,`, `\;` and `\\` stand for what they hide; of at most so many bytes.
    func text(upTo limit: Int) -> String {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in value {
            if bytes.count >= limit { break }
            if isEscaped {
                bytes.append(byte == UInt8(ascii: "n") || byte == UInt8(ascii: "N") ? UInt8(ascii: "\n") : byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte != 0 {
                bytes.append(byte)
            }
        }
        // A character that the limit cut in two is left out.
        var text = String(decoding: bytes, as: UTF8.self)
        if bytes.count >= limit { while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() } }
        return text
    }
}

/// Takes the lines of a file one after another, those that were folded put together again.
struct ContentLines: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var index = 0
    /// Of the line that comes next.
    private var number = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    /// Lines that are empty are passed over.
    mutating func next() -> (bytes: ArraySlice<UInt8>, number: Int)? {
        while index < bytes.count {
            let first = number
            var line = physicalLine()
            var whole: [UInt8]?
            // What begins with a space or a tab goes on where the line before ended.
            while index < bytes.count, bytes[index] == UInt8(ascii: " ") || bytes[index] == UInt8(ascii: "\t") {
                index += 1
                if whole == nil { whole = Array(line) }
                whole?.append(contentsOf: physicalLine())
            }
            if let whole { line = whole[...] }
            if !line.isEmpty { return (line, first) }
        }
        return nil
    }

    /// Up to the end of a line, which may be CR LF, LF or CR.
    private mutating func physicalLine() -> ArraySlice<UInt8> {
        let rest = bytes[index...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.count
        index = end
        if index < bytes.count {
            let isReturn = bytes[index] == UInt8(ascii: "\r")
            index += 1
            if isReturn, index < bytes.count, bytes[index] == UInt8(ascii: "\n") { index += 1 }
        }
        number += 1
        return rest[..<end]
    }
}

extension String {
    /// Without spaces and tabs around it.
    var trimmed: String {
        let isSpace = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
        let scalars = unicodeScalars.drop(while: isSpace)
        let end = scalars.lastIndex { !isSpace($0) }
        return end.map { String(scalars[...$0]) } ?? ""
    }
}
