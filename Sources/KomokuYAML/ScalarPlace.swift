import Komoku

/// Finds a part of a scalar's text among the bytes of its file, so that it can be written anew there and nothing else changes.
///
/// Quotes, escapes and folded lines make the two differ; blanks and ends of lines are passed over in both, which leaves the order
/// of everything else the same.
package struct ScalarPlace {
    private let bytes: [UInt8]
    private let lines: LineIndex

    /// - Parameter file: all its bytes.
    package init(file: [UInt8]) {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        bytes = file.starts(with: byteOrderMark) ? Array(file.dropFirst(3)) : file
        lines = LineIndex(bytes)
    }

    /// A place of the file.
    package struct Place: Hashable, Sendable {
        /// From 1.
        package let line: Int
        /// From 1, in characters.
        package let column: Int
    }

    /// - Parameter range: bytes of UTF-8 of the text, without blanks.
    /// - Returns: nil where the file does not have that text there, letter by letter.
    package func place(of range: Range<Int>, in node: YAMLNode) -> Place? {
        guard let scalar = node.scalar, !scalar.isSubstituted, !range.isEmpty,
            let start = start(of: scalar, at: node.position)
        else { return nil }
        let text = Array(scalar.text.utf8)
        guard range.upperBound <= text.count else { return nil }
        var walk = Walk(bytes: bytes, index: start, style: scalar.style)
        for byte in text[..<range.lowerBound] where !Walk.isBlank(byte) {
            guard walk.take(byte) else { return nil }
        }
        walk.passBlanks()
        let begin = walk.index
        // Without an escape, and without an end of a line.
        guard bytes[begin...].starts(with: text[range]) else { return nil }
        return place(of: begin)
    }

    /// Behind the properties of the node, and behind its opening quote or the indicator of a block.
    private func start(of scalar: YAMLScalar, at position: SourcePosition) -> Int? {
        let line = lines.text(ofLine: position.line)
        guard !line.isEmpty, var index = line.index(ofScalar: position.column - 1) else { return nil }
        while index < bytes.count, [UInt8(ascii: "!"), UInt8(ascii: "&")].contains(bytes[index]) {
            while index < bytes.count, !Walk.isBlank(bytes[index]) { index += 1 }
            while index < bytes.count, Walk.isBlank(bytes[index]) { index += 1 }
        }
        switch scalar.style {
        case .plain: return index
        case .singleQuoted: return byte(index, is: "'") ? index + 1 : nil
        case .doubleQuoted: return byte(index, is: "\"") ? index + 1 : nil
        case .literal, .folded:
            guard byte(index, is: "|") || byte(index, is: ">") else { return nil }
            return bytes[index...].firstIndex(of: 0x0A)
        }
    }

    private func byte(_ index: Int, is scalar: Unicode.Scalar) -> Bool {
        index < bytes.count && bytes[index] == UInt8(ascii: scalar)
    }

    private func place(of index: Int) -> Place {
        var line = 1
        while case let text = lines.text(ofLine: line), !text.isEmpty, text.endIndex <= index { line += 1 }
        let before = bytes[lines.text(ofLine: line).startIndex..<index]
        return Place(line: line, column: String(decoding: before, as: UTF8.self).unicodeScalars.count + 1)
    }
}

/// A walk through the bytes of a scalar.
private struct Walk {
    let bytes: [UInt8]
    var index: Int
    let style: YAMLScalar.Style

    static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    mutating func passBlanks() {
        while index < bytes.count {
            if Self.isBlank(bytes[index]) {
                index += 1
            } else if style == .doubleQuoted, bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count,
                [0x6E, 0x74, 0x72, 0x20, 0x09, 0x0A, 0x0D].contains(bytes[index + 1])
            {
                // `\n`, `\t`, `\r`, and a line that goes on.
                index += 2
            } else {
                return
            }
        }
    }

    /// Steps over one byte of the text, which is no blank.
    mutating func take(_ byte: UInt8) -> Bool {
        passBlanks()
        guard index < bytes.count else { return false }
        switch (style, bytes[index]) {
        case (.singleQuoted, UInt8(ascii: "'")):
            guard byte == UInt8(ascii: "'"), index + 1 < bytes.count, bytes[index + 1] == byte else { return false }
            index += 2
        case (.doubleQuoted, UInt8(ascii: "\\")):
            let isItself = [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/")].contains(byte)
            guard isItself, index + 1 < bytes.count, bytes[index + 1] == byte else { return false }
            index += 2
        case (_, byte): index += 1
        default: return false
        }
        return true
    }
}

extension ArraySlice<UInt8> {
    /// Where a scalar of the text begins, counted from 0; its end for the one behind the last.
    fileprivate func index(ofScalar number: Int) -> Int? {
        var (index, left) = (startIndex, number)
        while left > 0, index < endIndex {
            index += 1
            while index < endIndex, self[index] & 0xC0 == 0x80 { index += 1 }
            left -= 1
        }
        return left == 0 ? index : nil
    }
}
