import Komoku
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct FieldScannerTests {
    /// What a scan finds under each path, as text.
    private func scan(_ text: String, _ paths: [String]) throws -> [String] {
        var scanner = FieldScanner(paths: paths.map { Array($0.utf8) })
        return try Array(text.utf8).withUnsafeBufferPointer { bytes in
            try scanner.scan(bytes)
            return scanner.leaves.map { show($0, bytes) }
        }
    }

    private func show(_ leaf: FieldScanner.Leaf, _ bytes: UnsafeBufferPointer<UInt8>) -> String {
        switch leaf {
        case .absent: "-"
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number(let number): DecimalNumber.text(number)
        case .text(let range, let isEscaped): "'\(FieldScanner.text(range, isEscaped: isEscaped, of: bytes) ?? "?")'"
        case .composite: "composite"
        }
    }

    @Test(arguments: [
        (#"{"a":1,"b":true,"c":null,"d":"x"}"#, ["a", "b", "c", "d", "e"], ["1", "true", "null", "'x'", "-"]),
        (#"{"ENERGY":{"Power":12.5,"Total":3}}"#, ["ENERGY.Power", "ENERGY"], ["12.5", "composite"]),
        (#"{"ENERGY.Power":12.5}"#, ["ENERGY.Power"], ["12.5"]),
        (#"{"a.b":{"c.d":7}}"#, ["a.b.c.d"], ["7"]),
        (#"{"Power":[1,2,[3,4]]}"#, ["Power.1", "Power.2", "Power.3.2", "Power.0"], ["1", "2", "4", "-"]),
        (#"[{"a":1},{"a":2}]"#, ["2.a"], ["2"]),
        (#"{"a":1,"a":2}"#, ["a"], ["2"]), (#"{"a":1,"a":null}"#, ["a"], ["null"]),
        (#"{"\u0061":"x\n\u00e9"}"#, ["a"], ["'x\né'"]), (#" { "a" : -1e3 } "#, ["a"], ["-1000"]),
        (#"{"größe":1,"ab":2,"abc":3}"#, ["größe", "abc", "ab"], ["1", "3", "2"]),
        (#"{}"#, ["a"], ["-"]), (#"{"a":"\ud800"}"#, ["a"], ["'\u{FFFD}'"]),
    ])
    func `wanted fields are found`(text: String, paths: [String], found: [String]) throws {
        #expect(try scan(text, paths) == found)
    }

    @Test(arguments: [
        "", " ", "1", "\"a\"", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1,]",
        "[1 2]", "{\"a\":NaNa}", "{\"a\":+1}", "{\"a\":-infinite}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":tru}",
        "{\"a\":\"\u{01}\"}", "{\"a\":\"x", "{\"a\":\"\\", "{} x", "{\"b\":\"\\x\"}", "{\"b\":\"\\u12g4\"}",
        "{\"\\u+123\":1}", "{\"b\":\"\\u12", "{\"a\":+1}", "{\"a\":1e999}",
    ])
    func `what is not JSON is refused as a whole`(text: String) {
        #expect(throws: JSON.Invalid.self) { try scan(text, ["a"]) }
    }

    @Test(
        arguments: [
            [0xFF], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
        ] as [[UInt8]])
    func `a text that is not UTF-8 makes the payload no JSON, whether it is wanted or not`(bytes: [UInt8]) {
        for payload in [
            Array(#"{"a":1,"b":""#.utf8) + bytes + Array("\"}".utf8), Array("{\"".utf8) + bytes + Array("\":1}".utf8),
        ] {
            var scanner = FieldScanner(paths: [Array("a".utf8)])
            #expect(throws: JSON.Invalid.self) { try payload.withUnsafeBufferPointer { try scanner.scan($0) } }
            #expect(throws: JSON.Invalid.self) { try JSON(parsing: payload) }
        }
    }

    @Test func `the items of an array are told by their bytes`() throws {
        var scanner = FieldScanner(paths: [], gathersItems: true)
        for (text, items) in [
            (#" [ {"a":[1]} ,"x,]" , 2 ] "#, [#"{"a":[1]}"#, #""x,]""#, "2"]), ("[]", []), ("[[[]]]", ["[[]]"]),
        ] {
            try Array(text.utf8).withUnsafeBufferPointer { bytes in
                try scanner.scan(bytes)
                #expect(scanner.items?.map { String(decoding: bytes[$0], as: UTF8.self) } == items)
            }
        }
        try Array("{}".utf8).withUnsafeBufferPointer { try scanner.scan($0) }
        #expect(scanner.items == nil)
    }

    @Test func `nesting is bounded`() throws {
        let deep = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(try scan(deep, ["a"]) == ["-"])
        let tooDeep = String(repeating: "[", count: 100_000)
        #expect(throws: JSON.Invalid.self) { try scan(tooDeep, ["a"]) }
    }

    @Test func `all fields are gathered up to a bound, except those that have a path of their own`() throws {
        var scanner = FieldScanner(paths: [Array("f3".utf8)], wantsAll: true)
        let small = #"{"f1":1,"f3":3,"n":{"a":[true,{"b":"x"}]},"z":null,"e":{}}"#
        try Array(small.utf8).withUnsafeBufferPointer { try scanner.scan($0) }
        #expect(scanner.others.map { String(decoding: $0.path, as: UTF8.self) } == ["f1", "n.a.1", "n.a.2.b"])
        let large = "{" + (0..<10_000).map { "\"f\($0)\":\($0)" }.joined(separator: ",") + "}"
        try Array(large.utf8).withUnsafeBufferPointer { try scanner.scan($0) }
        #expect(scanner.others.count == 256 && scanner.isCut && scanner.leaves == [.number(3)])
    }

    @Test func `it takes what the JSON reader takes, and nothing else`() {
        let seeds = [
            #"{"ENERGY":{"Power":12.5,"Total":[1,2.5e3,-0.1]},"State":"ON","t":true,"n":null,"\u00e9":"\"x\""}"#,
            #"[{"a":{"b":[[],{}]}},"text",false]"#, #"{"K\u00fcche":"größer \ud83d\ude00 \ud800","Ω":NaN,"x":-inf}"#,
            #" [ 1e5 , -0.0 , "\/\b\f\n\r\t" , 12345678901234567890 ] "#,
        ]
        var random = SplitMix(seed: 11)
        for round in 0..<6000 {
            var bytes = Array((seeds.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] =
                    Array("{}[]\",:\\0123456789.eE+-truefalsnNaIif \u{1}ü".utf8).randomElement(using: &random) ?? 0xFF
                if Bool.random(using: &random), bytes.count > 2 { bytes.remove(at: place / 2) }
            }
            var scanner = FieldScanner(
                paths: [Array("ENERGY.Power".utf8), Array("1.a.b".utf8)], wantsAll: round % 2 == 0)
            let isTaken = bytes.withUnsafeBufferPointer { (try? scanner.scan($0)) != nil }
            let json = try? JSON(parsingFromDevice: bytes)
            // Its payloads are objects or arrays.
            let isDocument = json.map { $0.object != nil || $0.array != nil } ?? false
            #expect(isTaken == isDocument, "round \(round): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func `paths that no key can have are left out`() throws {
        var scanner = FieldScanner(paths: [], wantsAll: true)
        let long = String(repeating: "x", count: FieldScanner.maximumPath + 1)
        try Array(#"{"\#(long)":1,"a":{"\#(long)":2,"b":3}}"#.utf8).withUnsafeBufferPointer { bytes in
            try scanner.scan(bytes)
        }
        #expect(scanner.others.map { String(decoding: $0.path, as: UTF8.self) } == ["a.b"] && scanner.isCut)
        scanner.clear()
        #expect(scanner.others.isEmpty)
    }
}
