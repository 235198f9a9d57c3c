import Komoku

/// The puts of one commit as one row of the journal. See `docs/store-format.md`.
enum JournalRow {
    static let version: UInt8 = 1
    /// A row is closed when it has grown to this; one put may still make it longer.
    static let targetSize = 1 << 20

    static let noForm: UInt8 = 0b011
    static let isPoint: UInt8 = 0b001
    static let isNewest: UInt8 = 0b010
    static let hasPointTime: UInt8 = 0b100
    /// Above these bits: a `Put.Dating`.
    static let datingShift: UInt8 = 3
    /// In the flags: a form byte follows.
    static let hasForm: UInt8 = 0x80

    static func dating(_ form: UInt8) throws(Corruption) -> Put.Dating {
        guard let dating = Put.Dating(rawValue: form >> datingShift) else { throw Corruption("a form is unknown") }
        return dating
    }

    /// Reads a row.
    ///
    /// Allocates at most some 30 bytes for each byte of the row.
    static func decode(_ bytes: [UInt8]) throws(Corruption) -> [Put] {
        var reader = try ByteReader(sealed: bytes)
        if bytes.first == JournalColumns.version {
            _ = try reader.byte()
            return try JournalColumns.decode(&reader)
        }
        var decoder = JournalRowDecoder(reader: reader)
        return try decoder.puts()
    }
}

/// Packs puts into rows.
struct JournalRowEncoder {
    /// The rows that are full.
    private var rows: [[UInt8]] = []
    private var writer = ByteWriter()
    private var count: UInt32 = 0
    private var time: Int64 = 0
    private var key: Int64 = 0

    init() {
        begin()
    }

    private mutating func begin() {
        writer = ByteWriter()
        writer.byte(JournalRow.version)
        writer.fixed32(0)
        (count, time, key) = (0, 0, 0)
    }

    mutating func append(_ put: Put) {
        let (code, scaled) = ValueCode.code(of: put.value)
        let form = Self.form(of: put)
        writer.byte(code | put.provenance.rawValue << 4 | (form == JournalRow.noForm ? 0 : JournalRow.hasForm))
        if form != JournalRow.noForm { writer.byte(form) }
        writer.zigzag(Int64(put.key.rawValue) - key)
        writer.zigzag(put.time.microseconds &- time)
        if form & JournalRow.hasPointTime != 0, let pointTime = put.pointTime {
            writer.zigzag(pointTime.microseconds &- put.time.microseconds)
        }
        ValueCode.write(put.value, code: code, scaled: scaled, into: &writer)
        key = Int64(put.key.rawValue)
        time = put.time.microseconds
        count += 1
        if writer.count >= JournalRow.targetSize { close() }
    }

    /// The rows of all that was appended; none where nothing was.
    mutating func finish() -> [[UInt8]] {
        if count > 0 { close() }
        defer { rows = [] }
        return rows
    }

    private mutating func close() {
        writer.set32(count, at: 1)
        rows.append(writer.sealed())
        begin()
    }

    static func form(of put: Put) -> UInt8 {
        var form: UInt8 = put.isNewest ? JournalRow.isNewest : 0
        if let pointTime = put.pointTime {
            form |= JournalRow.isPoint
            if pointTime != put.time { form |= JournalRow.hasPointTime }
        }
        return form | put.dating.rawValue << JournalRow.datingShift
    }
}

private struct JournalRowDecoder {
    var reader: ByteReader
    private var time: Int64 = 0
    private var key: Int64 = 0
    /// A put takes at least a flag, a key, and a time.
    private static let smallestPut = 3

    init(reader: ByteReader) {
        self.reader = reader
    }

    mutating func puts() throws(Corruption) -> [Put] {
        let version = try reader.byte()
        guard version == JournalRow.version else { throw Corruption("its version \(version) is unknown") }
        let count = Int(try reader.fixed32())
        guard count <= reader.remaining / Self.smallestPut else { throw Corruption("a count is out of range") }
        var puts: [Put] = []
        puts.reserveCapacity(count)
        for _ in 0..<count { puts.append(try put()) }
        try reader.finish()
        return puts
    }

    private mutating func put() throws(Corruption) -> Put {
        let flags = try reader.byte()
        let form = flags & JournalRow.hasForm == 0 ? JournalRow.noForm : try reader.byte()
        guard let provenance = Provenance(rawValue: (flags >> 4) & 7) else {
            throw Corruption("a provenance is unknown")
        }
        key = key &+ (try reader.zigzag())
        guard let id = Int32(exactly: key), id >= 0 else { throw Corruption("a key is out of range") }
        time = time &+ (try reader.zigzag())
        var pointTime: Int64? = form & JournalRow.isPoint == 0 ? nil : time
        if form & JournalRow.hasPointTime != 0 { pointTime = time &+ (try reader.zigzag()) }
        return Put(
            key: KeyID(rawValue: id), time: Timestamp(microseconds: time),
            value: try ValueCode.read(flags & 0xF, from: &reader), provenance: provenance,
            pointTime: pointTime.map(Timestamp.init(microseconds:)), isNewest: form & JournalRow.isNewest != 0,
            dating: try JournalRow.dating(form))
    }
}
