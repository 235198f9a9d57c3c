import CPCRE2

/// A regular expression of PCRE2, compiled. Owns the C code, which nothing changes after `init`: matching only reads it, and
/// has memory of its own (`MatchMemory`), so any thread may match.
package final class RegularExpression: @unchecked Sendable {
    package struct Invalid: Error, Hashable, Sendable {
        /// Bytes of UTF-8 of the pattern before the fault.
        package let offset: Int
        /// PCRE2's words: `missing closing parenthesis`.
        package let reason: String
    }

    let code: OpaquePointer
    /// Groups in parentheses; the whole match is not counted.
    package let groupCount: Int
    /// The numbers of the groups that have names.
    package let names: [String: Int]

    /// The longest pattern, in bytes of UTF-8.
    package static let maximumLength = 4096

    /// - Throws: what is wrong with the pattern, and where.
    package init(_ pattern: String, ignoresCase: Bool = false) throws(Invalid) {
        let bytes = Array(pattern.utf8)
        guard bytes.count <= Self.maximumLength else {
            throw Invalid(offset: Self.maximumLength, reason: "a pattern is at most \(Self.maximumLength) bytes long")
        }
        // Callouts count the steps; `\C` would cut characters in two. Texts of Swift are valid UTF-8 and not checked again.
        var options = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT
        if ignoresCase { options |= PCRE2_CASELESS }
        var (fault, offset) = (Int32(0), 0)
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &fault, &offset, nil) else {
            throw Invalid(offset: min(offset, bytes.count), reason: Self.message(fault))
        }
        self.code = code
        var count: UInt32 = 0
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        groupCount = Int(count)
        names = Self.names(of: code)
    }

    deinit { pcre2_code_free_8(code) }

    private static func message(_ fault: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(fault, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "it is no regular expression"
    }

    /// Each entry of the table is the group's number in two bytes, the higher first, and its name up to a zero.
    private static func names(of code: OpaquePointer) -> [String: Int] {
        var (count, size): (UInt32, UInt32) = (0, 0)
        var table: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
        guard let table, size > 2 else { return [:] }
        var names: [String: Int] = [:]
        for index in 0..<Int(count) {
            let entry = UnsafeBufferPointer(start: table + index * Int(size), count: Int(size))
            let name = String(decoding: entry.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
            names[name] = Int(entry[0]) << 8 | Int(entry[1])
        }
        return names
    }
}

extension RegularExpression {
    package struct Match: Sendable {
        /// Bytes of UTF-8 of the text, the whole match first; nil for a group that took no part.
        package let groups: [Range<Int>?]

        package var whole: Range<Int> { groups.first.flatMap(\.self) ?? 0..<0 }
    }

    /// It was given up: the pattern goes back again and again, or takes too much memory.
    package struct Exhausted: Error, Hashable, Sendable {
        package static let reason = "the pattern takes too long on this text"
    }

    /// The first match that begins at `start` or behind it.
    ///
    /// - Parameters:
    ///   - text: valid UTF-8.
    ///   - isAnchored: it has to begin at `start`.
    ///   - steps: how many parts of the pattern may be tried and characters be passed; less those that were.
    /// - Throws: when that is not enough: the time is bounded, whatever the pattern.
    package func firstMatch(
        in text: [UInt8], from start: Int = 0, isAnchored: Bool = false, steps: inout Int
    ) throws(Exhausted) -> Match? {
        let memory = try MatchMemory(for: self, steps: steps)
        defer { steps = memory.left }
        return try memory.match(self, in: text, from: start, options: isAnchored ? PCRE2_ANCHORED : 0)
    }

    package func firstMatch(in text: [UInt8], isAnchored: Bool = false) throws(Exhausted) -> Match? {
        var steps = Self.usualSteps
        return try firstMatch(in: text, isAnchored: isAnchored, steps: &steps)
    }

    /// Some 20 ms.
    package static let usualSteps = 1_000_000

    package func matches(in text: [UInt8]) throws(Exhausted) -> [Match] {
        var steps = Self.usualSteps
        return try matches(in: text, steps: &steps)
    }

    /// All matches from left to right that do not overlap, empty ones too.
    ///
    package func matches(in text: [UInt8], steps: inout Int) throws(Exhausted) -> [Match] {
        let memory = try MatchMemory(for: self, steps: steps)
        defer { steps = memory.left }
        var (found, place) = ([Match](), 0)
        while place <= text.count {
            guard let match = try memory.match(self, in: text, from: place, options: 0) else { break }
            found.append(match)
            place = match.whole.upperBound
            guard match.whole.isEmpty else { continue }
            // Behind an empty match a longer one may begin at the same place; else it goes on at the next character.
            let options = PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED
            if let longer = try memory.match(self, in: text, from: place, options: options) {
                found.append(longer)
                place = longer.whole.upperBound
            } else {
                place += 1
                while place < text.count, text[place] & 0xC0 == 0x80 { place += 1 }
            }
        }
        return found
    }
}
