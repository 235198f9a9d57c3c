import Komoku
import KomokuTesting
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-1.5", "1e+16", "\"\"", "\"a\\\"b\\\\c\\n\"", "[]", "{}", "[1,[2,{\"a\":null}]]",
        "{\"b\":1,\"a\":2}", "\"кухня 😀\"", "\"\\u0001\"", "239", "1700000000.123456",
    ])
    func `what is read is written the same`(text: String) throws {
        #expect(try JSON(parsing: text).text == text)
    }

    @Test(arguments: [
        ("239.0", "239"), (" [ 1 , 2 ] ", "[1,2]"), ("\"\\u00e9\\ud83d\\ude00\\/\"", "\"é😀/\""),
        ("\"\\ud800\"", "\"\u{FFFD}\""),
        ("1E2", "100"), ("-0", "0"), ("9007199254740993", "9007199254740992.0"), ("0.1", "0.1"),
    ])
    func `other spellings are normalised`(text: String, written: String) throws {
        #expect(try JSON(parsing: text).text == written)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "1.", ".5", "+1", "1e", "--1", "NaN", "Infinity", "1e999", "[1,]", "[1 2]",
        "{\"a\"}",
        "{\"a\":}", "{a:1}", "{\"a\":1,}", "\"", "\"\u{01}\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "[", "{", "1 2",
        "'a'", "}",
        String(repeating: "[", count: 100_000),
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSON.Invalid.self) { try JSON(parsing: text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSON.Invalid.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSON.Invalid.self) { try JSON(parsing: [0x22, 0xC0, 0x80, 0x22]) }
    }

    @Test func `nesting is bounded`() throws {
        let deep = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(try JSON(parsing: deep).text == deep)
        #expect(throws: JSON.Invalid.self) { try JSON(parsing: "[[" + deep + "]]") }
    }

    @Test func `the last of two members of a name counts`() throws {
        #expect(try JSON(parsing: "{\"a\":1,\"a\":2}")["a"] == 2)
    }

    @Test(arguments: 0..<8)
    func `mutated documents never trap, and what is read can be read again`(seed: Int) {
        let valid = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",true,null],"ENERGY":{"Power":12.5,"t":"2026-01-01"}}"#.utf8)
        var random = SplitMix(seed: UInt64(seed))
        for _ in 0..<2000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(valid[Int.random(in: 0..<valid.count, using: &random)], at: index)
                }
            }
            guard let json = try? JSON(parsing: bytes) else { continue }
            #expect((try? JSON(parsing: json.bytes)) == json, "seed \(seed): \(bytes)")
        }
    }
}
