internal import Komoku

/// What a file to import is.
enum ImportFormat: Hashable {
    case jsonLines
    case csv
    case ruby
    case nothing
    case unreadable(String)

    /// Tells by the first bytes of a file.
    static func recognise(_ bytes: [UInt8]) -> ImportFormat {
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.starts(with: [0x1F, 0x8B]) {
            return .unreadable("it is compressed; unpack it on the way: zcat FILE | komoku import -")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return .unreadable("it is UTF-16; turn it into UTF-8: iconv -f UTF-16 -t UTF-8 FILE | komoku import -")
        }
        if bytes.contains(0) {
            return .unreadable("it is no text; it takes JSON Lines, CSV, or an export of the Ruby server")
        }
        bytes = bytes.drop(while: isSpace)
        guard let first = bytes.first else { return .nothing }
        if first == UInt8(ascii: "{") { return isRuby(bytes.dropFirst()) ? .ruby : .jsonLines }
        // A file of JSON Lines whose first line is broken is one nevertheless.
        let lines = bytes.split(separator: 0x0A).prefix(20)
        return lines.contains { $0.first == UInt8(ascii: "{") } ? .jsonLines : .csv
    }

    /// Whether the first member of an object is one of the two that the Ruby server's exports have.
    private static func isRuby(_ bytes: ArraySlice<UInt8>) -> Bool {
        let rest = bytes.drop(while: isSpace)
        return [#""keys""#, #""data""#].contains { rest.starts(with: $0.utf8) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0D, 0x0A].contains(byte) }
}
