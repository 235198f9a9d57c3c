extension Zone {
    /// The longest file that is read.
    public static let maximumFileSize = 64 * 1024

    /// Reads the bytes of a TZif file (RFC 8536), of which versions above 1 have a second part with 64-bit times.
    public init(name: String, tzif bytes: [UInt8]) throws(Invalid) {
        guard bytes.count <= Self.maximumFileSize else { throw Invalid("it has more than 64 KiB") }
        var reader = ZoneReader(bytes)
        let header = try reader.header()
        if header.version == 0 {
            self = try reader.zone(name, header, timeSize: 4, hasFooter: false)
            return
        }
        try reader.skip(header.size(timeSize: 4))
        self = try reader.zone(name, try reader.header(), timeSize: 8, hasFooter: true).unrolled()
    }

    /// The rule as a table too, for the years in which it is asked for most: to search one is faster.
    private func unrolled() -> Zone {
        guard let rule, var time = changes.last, kinds.count <= 254 else { return self }
        var (changes, periods, kinds) = (changes, periods, kinds)
        while let next = rule.nextChange(after: time), next < Self.unrolledUntil {
            let kind = rule.kind(at: next)
            let index = kinds.firstIndex(of: kind) ?? kinds.count
            if index == kinds.count { kinds.append(kind) }
            changes.append(next)
            periods.append(UInt8(index))
            time = next
        }
        return Zone(
            name: name, changes: changes, periods: periods, kinds: kinds, initial: initial, rule: rule,
            ruleText: ruleText)
    }

    /// The start of the year 2101.
    private static let unrolledUntil: Int64 = 4_133_980_800
}

private struct ZoneReader {
    private let bytes: [UInt8]
    private var index = 0

    /// Clocks are never further from UTC (RFC 8536, section 3.2).
    private static let farthestOffset = 26 * 3600

    /// Seconds since 1970; files that begin with the Big Bang say so (RFC 8536, section 6).
    private static let farthestTime: UInt64 = 1 << 59

    struct Header {
        var version: UInt8
        var utcFlags: Int
        var standardFlags: Int
        var leapSeconds: Int
        var changes: Int
        var kinds: Int
        var characters: Int

        /// Bytes of the part that follows.
        func size(timeSize: Int) -> Int {
            changes * (timeSize + 1) + kinds * 6 + characters + leapSeconds * (timeSize + 4) + standardFlags + utcFlags
        }
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func skip(_ count: Int) throws(Zone.Invalid) {
        guard count >= 0, count <= bytes.count - index else { throw Zone.Invalid("it is cut short") }
        index += count
    }

    mutating func header() throws(Zone.Invalid) -> Header {
        let start = index
        try skip(44)
        guard bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else {
            throw Zone.Invalid("it does not begin with TZif")
        }
        let counts = (0..<6).map { Int(number(start + 20 + $0 * 4, size: 4)) }
        let version = bytes[start + 4]
        guard counts.allSatisfy({ (0...bytes.count).contains($0) }) else {
            throw Zone.Invalid("its counts are out of range")
        }
        return Header(
            version: version, utcFlags: counts[0], standardFlags: counts[1], leapSeconds: counts[2],
            changes: counts[3], kinds: counts[4], characters: counts[5])
    }

    mutating func zone(
        _ name: String, _ header: Header, timeSize: Int, hasFooter: Bool
    ) throws(Zone.Invalid) -> Zone {
        let start = index
        guard (1...256).contains(header.kinds) else { throw Zone.Invalid("its counts are out of range") }
        try skip(header.size(timeSize: timeSize))
        let changes = (0..<header.changes).map { number(start + $0 * timeSize, size: timeSize) }
        let periodStart = start + header.changes * timeSize
        let periods = Array(bytes[periodStart..<(periodStart + header.changes)])
        let kinds = try kinds(at: periodStart + header.changes, header)
        guard zip(changes, changes.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw Zone.Invalid("its times do not ascend")
        }
        guard changes.allSatisfy({ $0.magnitude <= Self.farthestTime }) else {
            throw Zone.Invalid("a time is out of range")
        }
        guard periods.allSatisfy({ Int($0) < kinds.count }) else { throw Zone.Invalid("a kind of time is missing") }
        let text = hasFooter ? try footer() : nil
        return Zone(
            name: name, changes: changes, periods: periods, kinds: kinds, initial: 0,
            rule: try text.map { text throws(Zone.Invalid) in try ZoneRule(parsing: text) }, ruleText: text)
    }

    private func kinds(at start: Int, _ header: Header) throws(Zone.Invalid) -> [Zone.Kind] {
        let names = bytes[(start + header.kinds * 6)..<(start + header.kinds * 6 + header.characters)]
        var kinds: [Zone.Kind] = []
        for cursor in stride(from: start, to: start + header.kinds * 6, by: 6) {
            let offset = Int(number(cursor, size: 4))
            guard abs(offset) <= Self.farthestOffset else { throw Zone.Invalid("an offset is out of range") }
            let name = names.dropFirst(Int(bytes[cursor + 5])).prefix { $0 != 0 }
            kinds.append(
                Zone.Kind(
                    offset: offset, isSummer: bytes[cursor + 4] != 0,
                    abbreviation: String(decoding: name.prefix(16), as: UTF8.self)))
        }
        return kinds
    }

    /// A rule between two line feeds; none where there is nothing between them.
    private mutating func footer() throws(Zone.Invalid) -> String? {
        guard index < bytes.count, bytes[index] == 0x0A, let end = bytes[(index + 1)...].firstIndex(of: 0x0A) else {
            throw Zone.Invalid("its footer is missing")
        }
        let text = bytes[(index + 1)..<end]
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    /// A signed big-endian number.
    private func number(_ start: Int, size: Int) -> Int64 {
        let bits = bytes[start..<(start + size)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
    }
}
