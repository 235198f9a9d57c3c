import Komoku

/// The puts of a small commit as rows by columns: version 2 of a row of the journal. See `docs/store-format.md`.
///
/// About half as large as rows of version 1, for more of a processor's time: bursts use those.
enum JournalColumns {
    static let version: UInt8 = 2
    /// As many puts as a row may hold; decoding allocates for as many at most.
    static let maximumCount = 8192

    /// Rows of up to `size` bytes; only a single put may make a longer one.
    static func rows(_ puts: [Put], size: Int) -> [[UInt8]] {
        var rows: [[UInt8]] = []
        var rest = puts[...]
        var guess = 1000
        while !rest.isEmpty {
            var part = rest.prefix(min(guess, maximumCount))
            var row = encode(part)
            while row.count > size, part.count > 1 {
                part = rest.prefix(max(1, min(part.count * size / row.count * 15 / 16, part.count - 1)))
                row = encode(part)
            }
            rows.append(row)
            rest = rest.dropFirst(part.count)
            guess = max(1, part.count * size / row.count * 15 / 16)
        }
        return rows
    }

    static func encode(_ puts: ArraySlice<Put>) -> [UInt8] {
        var (forms, keys, times) = ([Int64](), [Int64](), [Int64]())
        var (offsets, integers) = ([Int64](), [Int64]())
        var rest = ByteWriter()
        for put in puts {
            let (code, scaled) = ValueCode.code(of: put.value)
            let form = JournalRowEncoder.form(of: put)
            forms.append(Int64(code) | Int64(put.provenance.rawValue) << 4 | Int64(form) << 8)
            keys.append(Int64(put.key.rawValue))
            times.append(put.time.microseconds)
            if form & JournalRow.hasPointTime != 0, let pointTime = put.pointTime {
                offsets.append(pointTime.microseconds &- put.time.microseconds)
            }
            if code >= ValueCode.scaled {
                integers.append(scaled)
            } else {
                ValueCode.write(put.value, code: code, scaled: scaled, into: &rest)
            }
        }
        var writer = ByteWriter()
        writer.byte(version)
        writer.varint(puts.count)
        for column in [forms, keys, times, offsets, integers] { IntegerColumn.encode(column, into: &writer) }
        writer.raw(rest.bytes)
        return writer.sealed()
    }

    /// - Parameter reader: behind the version.
    static func decode(_ reader: inout ByteReader) throws(Corruption) -> [Put] {
        let count = try reader.run(upTo: maximumCount)
        let forms = try IntegerColumn.decode(count: count, from: &reader)
        let keys = try IntegerColumn.decode(count: count, from: &reader)
        let times = try IntegerColumn.decode(count: count, from: &reader)
        let moved = forms.count { UInt8(truncatingIfNeeded: $0 >> 8) & JournalRow.hasPointTime != 0 }
        var offsets = try IntegerColumn.decode(count: moved, from: &reader).makeIterator()
        let scaled = forms.count { UInt8(truncatingIfNeeded: $0) & 0xF >= ValueCode.scaled }
        var integers = try IntegerColumn.decode(count: scaled, from: &reader).makeIterator()
        var puts: [Put] = []
        puts.reserveCapacity(count)
        for index in 0..<count {
            let form = forms[index]
            guard 0..<(1 << 16) ~= form, let key = Int32(exactly: keys[index]), key >= 0,
                let provenance = Provenance(rawValue: UInt8(form >> 4 & 7))
            else { throw Corruption("a put is out of range") }
            let (code, flags) = (UInt8(form & 0xF), UInt8(form >> 8))
            var pointTime: Int64? = flags & JournalRow.isPoint == 0 ? nil : times[index]
            if flags & JournalRow.hasPointTime != 0 { pointTime = times[index] &+ (offsets.next() ?? 0) }
            puts.append(
                Put(
                    key: KeyID(rawValue: key), time: Timestamp(microseconds: times[index]),
                    value: try value(code, &integers, &reader), provenance: provenance,
                    pointTime: pointTime.map(Timestamp.init(microseconds:)),
                    isNewest: flags & JournalRow.isNewest != 0, dating: try JournalRow.dating(flags)))
        }
        try reader.finish()
        return puts
    }

    private static func value(
        _ code: UInt8, _ integers: inout IndexingIterator<[Int64]>, _ reader: inout ByteReader
    ) throws(Corruption) -> Value? {
        guard code >= ValueCode.scaled else { return try ValueCode.read(code, from: &reader) }
        guard code <= ValueCode.scaled + UInt8(ValueCode.maximumDecimals), let integer = integers.next() else {
            throw Corruption("there is no value of kind \(code)")
        }
        return .number(DecimalScale.number(integer, decimals: Int(code - ValueCode.scaled)))
    }
}
