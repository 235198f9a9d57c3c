import KomokuYAML
import Testing

@Suite struct YAMLScalarTests {
    @Test(
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("NULL", .null), ("nULL", .string("nULL")),
            ("true", .bool(true)), ("True", .bool(true)), ("TRUE", .bool(true)), ("tRUE", .string("tRUE")),
            ("false", .bool(false)), ("on", .string("on")), ("off", .string("off")), ("yes", .string("yes")),
            ("no", .string("no")), ("y", .string("y")), ("0", .integer(0)), ("-0", .integer(0)), ("+12", .integer(12)),
            ("007", .integer(7)), ("0o17", .integer(15)), ("0x1F", .integer(31)), ("0x", .string("0x")),
            ("0x-1", .string("0x-1")), ("-0x1", .string("-0x1")), ("0o8", .string("0o8")), ("0b1", .string("0b1")),
            ("1_000", .string("1_000")), ("1:30", .string("1:30")), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .float(9_223_372_036_854_775_808)), ("1.", .float(1)), (".5", .float(0.5)),
            ("-.5", .float(-0.5)), ("1.5e3", .float(1500)), ("1e3", .float(1000)), ("1E-2", .float(0.01)),
            (".", .string(".")), ("e3", .string("e3")), ("1e", .string("1e")), ("1e+", .string("1e+")),
            ("-", .string("-")),
            ("1.2.3", .string("1.2.3")), (".inf", .float(.infinity)), ("-.INF", .float(-.infinity)),
            ("inf", .string("inf")), ("nan", .string("nan")), ("0x1p3", .string("0x1p3")),
            ("2024-01-01", .string("2024-01-01")),
        ] as [(String, YAMLScalar.Value)])
    func `plain text follows the core schema`(text: String, expected: YAMLScalar.Value) {
        #expect(YAMLScalar(text).value == expected)
    }

    @Test func `not a number is a float`() {
        guard case .float(let number) = YAMLScalar(".nan").value else {
            Issue.record("no float")
            return
        }
        #expect(number.isNaN)
    }

    @Test(arguments: ["", "5", "true", "null", "~", ".inf"])
    func `quoted text is a string`(text: String) {
        #expect(YAMLScalar(text, style: .singleQuoted).value == .string(text))
        #expect(YAMLScalar(text, style: .doubleQuoted).value == .string(text))
        #expect(YAMLScalar(text, style: .literal(indent: 2)).value == .string(text))
        #expect(YAMLScalar(text, style: .folded).value == .string(text))
    }

    @Test func `what is shown is short and printable`() {
        #expect(YAMLScalar("a\u{1B}[31m\n", style: .doubleQuoted).shown == "'a\\u{1B}[31m\\n'")
        #expect(YAMLScalar(String(repeating: "x", count: 100)).shown.unicodeScalars.count == 63)
    }
}
