import Komoku
import KomokuClient
import KomokuTesting
@testable import KomokuWire
import Testing

@testable import komoku_cli

struct FileFormatTests {
    /// Bytes in pieces of random sizes.
    private static func pieces(_ bytes: [UInt8], _ random: inout SplitMix) -> () -> [UInt8] {
        var rest = bytes[...]
        var own = random
        _ = random.next()
        return {
            let piece = rest.prefix(Int(own.next() % 7) + 1)
            rest = rest.dropFirst(piece.count)
            return Array(piece)
        }
    }

    @Test(
        arguments: [
            ("a,1,2", [("a", false), ("1", false), ("2", false)]), ("", [("", false)]),
            (#"a,"b ""c"", d",e"#, [("a", false), (#"b "c", d"#, true), ("e", false)]),
            ("a,\"x\r\ny\"\r", [("a", false), ("x\r\ny", true)]), ("a,", [("a", false), ("", false)]),
        ] as [(String, [(String, Bool)])])
    func recordsAreRead(text: String, fields: [(String, Bool)]) {
        let record = CSVRecord(fields: fields.map { CSVRecord.Field(text: $0.0, isQuoted: $0.1) })
        #expect(CSVRecord.read(Array(text.utf8)) == .record(record))
    }

    @Test(arguments: [#"a,b"c"#, #"a,"b"c"#, #""a"b"#])
    func quotesInWrongPlacesAreBroken(text: String) {
        guard case .broken = CSVRecord.read(Array(text.utf8)) else { return #expect(Bool(false)) }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func anyBytesAreReadAsCSVToTheirEnd(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let alphabet = Array("a1,\"\n\r.é".utf8)
        for _ in 0..<100 {
            let count = Int(random.next() % 200)
            let bytes = (0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            var reader = CSVReader(Self.pieces(bytes, &random))
            var last = 0
            while let (line, reading) = try reader.next() {
                #expect(line > last)
                last = line
                _ = reading
            }
            #expect(last <= bytes.filter { $0 == 0x0A }.count + 1)
            _ = try? TableLayout.recognise(bytes)
        }
    }

    /// A text of many lines, a quote that is never closed, and a line that is too long inside a text.
    @Test func aRecordOfManyLinesIsReadOnce() throws {
        let many = String(repeating: "\"\"x\"\"\n", count: 100_000)
        let long = String(repeating: "y", count: 2 << 20)
        let text = "a,1,\"\(many)\"\nb,2,\"open\n\(String(repeating: "q\n", count: 600_000))c,3,\"\n\(long)\"\n"
        var pieces = [Array(text.utf8), []]
        var reader = CSVReader { pieces.removeFirst() }
        guard case .record(let record)? = try reader.next()?.1 else { return #expect(Bool(false)) }
        #expect(record.fields.last?.text.utf8.count == 100_000 * 4)
        var broken: [Int] = []
        while let (line, reading) = try reader.next() {
            if case .broken = reading { broken.append(line) }
        }
        #expect(broken == [100_002, 700_003, 700_004])
    }

    @Test(arguments: [[0xFF, 0xFE, 0x7B, 0], [0xFE, 0xFF, 0, 0x7B]] as [[UInt8]])
    func aFileInUTF16IsToldHowToTurnIntoText(bytes: [UInt8]) {
        guard case .unreadable(let reason) = ImportFormat.recognise(bytes) else { return #expect(Bool(false)) }
        #expect(reason.contains("iconv"))
    }

    @Test func thePointThatAHubNamesIsFoundInItsBatch() throws {
        var batch = LineBatch()
        let key = try KeyName(validating: "a.b")
        for (number, value) in [1: JSON.number(1), 5: "text"].sorted(by: { $0.key < $1.key }) {
            let point = HistoryPoint(time: Timestamp(microseconds: 0), value: value)
            batch.add(ImportedPoint(key: key, point: point), number: number)
        }
        #expect(batch.value("a.b", 1) == "text" && batch.number("a.b", 1) == 5)
        #expect(batch.value("a.b", 2) == nil && batch.value("c", 0) == nil)
    }

    @Test func linesAreNumberedAndBounded() throws {
        var random = SplitMix(seed: 3)
        var lines = LineReader(Self.pieces(Array("a\n\nbc\r\nd".utf8), &random))
        var read: [LineReader.Line] = []
        while let line = try lines.next() { read.append(line) }
        #expect(read.map(\.number) == [1, 2, 3, 4])
        #expect(read.map { String(decoding: $0.bytes, as: UTF8.self) } == ["a", "", "bc\r", "d"])
        var pieces = [[UInt8](repeating: 0x61, count: 3 << 20), Array("\nb".utf8), []]
        var long = LineReader { pieces.removeFirst() }
        let first = try #require(try long.next())
        #expect(first.isTooLong && first.bytes.count == LineReader.longest)
        #expect(try long.next()?.bytes == [0x62])
    }

    @Test(
        arguments: [
            (#"{"key":"a","time":1,"value":2}"#, ImportFormat.jsonLines), ("{\"keys\": {}}", .ruby),
            (" \n{ \"data\":{}}", .ruby), ("key,time,value\n", .csv), ("", .nothing), ("\n \n", .nothing),
            ("rubbish\n{\"key\":\"a\"}\n", .jsonLines), ("\u{FEFF}key,time", .csv), ("a,1,2", .csv),
        ] as [(String, ImportFormat)])
    func aFileIsKnownByItsContent(text: String, format: ImportFormat) {
        #expect(ImportFormat.recognise(Array(text.utf8)) == format)
    }

    @Test func packedAndBinaryFilesAreRefusedWithARemedy() {
        for bytes in [[0x1F, 0x8B, 8, 0], Array("SQLite format 3\0".utf8)] as [[UInt8]] {
            guard case .unreadable = ImportFormat.recognise(bytes) else { return #expect(Bool(false)) }
        }
    }

    @Test(
        arguments: [
            ("a,1.5,2", 1.5, JSON.number(2)), ("a,1,true", 1, true), ("a,1,", 1, .null), (#"a,1,"""#, 1, ""),
            (#"a,1,"2""#, 1, "2"), (#""a","1","2""#, 1, 2), ("a,1,armed", 1, "armed"), ("a,-5,1e3", -5, 1000),
            ("a,2026-01-31T08:30:00Z,1", 1_769_848_200, 1), ("a,2026-01-31 08:30:00 +0100,1", 1_769_844_600, 1),
        ] as [(String, Double, JSON)])
    func aRecordIsAPoint(text: String, seconds: Double, value: JSON) throws {
        let layout = TableLayout(
            delimiter: UInt8(ascii: ","), shape: .long(key: 0, time: 1, value: 2, .ours), hasHeading: false)
        var pieces = [Array(text.utf8), []]
        var reader = TableReader(layout, NumberStyle(delimiter: layout.delimiter)) { pieces.removeFirst() }
        guard case .reading(let reading, line: 1)? = try reader.next() else { return #expect(Bool(false)) }
        #expect(Timestamp(seconds: seconds).map(ReadingTime.moment) == reading.time)
        let type: KeyType? = if case .bool = value { .boolean } else { nil }
        #expect(reading.cell.json(for: type) == value)
    }

    @Test(arguments: [
        "[]", "{}", #"{"key":"a"}"#, #"{"key":"a","time":1}"#, #"{"key":"a","time":true,"value":1}"#,
        #"{"key":"a b","time":1,"value":1}"#, #"{"key":"a","time":1,"value":[]}"#,
        #"{"key":"a","time":1e99,"value":1}"#,
        #"{"key":"a","time":"2026-02-30T00:00:00Z","value":1}"#, #"{"key":"a","time":1,"value":1"#,
    ])
    func otherLinesAreBroken(text: String) {
        #expect(throws: BrokenLine.self) { try PointLine.json(Array(text.utf8)) }
    }
}
