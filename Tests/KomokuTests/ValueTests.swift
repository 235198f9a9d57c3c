import Komoku
import Testing

@Suite struct ValueTests {
    @Test(arguments: [
        ("1", "numeric", "1"), ("true", "boolean", "true"), ("\"true\"", "boolean", "true"),
        ("\"12\"", "string", "\"12\""),
        ("\"room 5\"", "string", "\"room 5\""), ("\"\"", "string", "\"\""),
    ])
    func `the first put gives a key its type`(json: String, type: String, value: String) throws {
        let guess = try Value.guess(JSON(parsing: json))
        #expect(guess.type.rawValue == type)
        #expect(guess.value.json.text == value)
    }

    @Test(arguments: ["null", "[]", "{}"])
    func `nothing is guessed from null, arrays and objects`(json: String) {
        #expect(throws: CommandError.unknownValueType) { try Value.guess(JSON(parsing: json)) }
    }

    @Test(arguments: [
        (KeyType.numeric, "\"12\"", "12"), (.numeric, "\"-1.5\"", "-1.5"), (.counter, "3", "3"),
        (.boolean, "\"false\"", "false"),
        (.uptime, "true", "true"), (.string, "3", "\"3\""), (.string, "3.5", "\"3.5\""), (.string, "true", "\"true\""),
    ])
    func `later puts are cast`(type: KeyType, json: String, value: String) throws {
        #expect(try Value(casting: JSON(parsing: json), to: type, options: KeyOptions()).json.text == value)
    }

    @Test(arguments: [
        (KeyType.numeric, "true"), (.numeric, "\"5.\""), (.numeric, "\".5\""), (.numeric, "\"+5\""),
        (.numeric, "\"1e5\""),
        (.numeric, "\"5\\n\""), (.numeric, "\"\""), (.numeric, "null"), (.boolean, "0"), (.boolean, "1"),
        (.boolean, "\"TRUE\""),
        (.uptime, "\"on\""), (.string, "null"), (.string, "[]"), (.string, "{}"),
    ])
    func `what does not fit is refused`(type: KeyType, json: String) {
        #expect(throws: CommandError.invalidValue) {
            try Value(casting: JSON(parsing: json), to: type, options: KeyOptions())
        }
    }

    @Test func `precision and values limit what a key keeps`() throws {
        let precise = try KeyOptions([JSON.Member("precision", 1)])
        #expect(try Value(casting: 20.96, to: .numeric, options: precise) == .number(21))
        let listed = try KeyOptions([JSON.Member("values", ["armed", "off"])])
        #expect(try Value(casting: "armed", to: .string, options: listed) == .string("armed"))
        #expect(throws: CommandError.invalidValue) { try Value(casting: "open", to: .string, options: listed) }
    }

    @Test(arguments: [
        ("21.5", "numeric", "21.5"), (" 7\n", "numeric", "7"), ("ON", "boolean", "true"),
        ("Closed", "boolean", "false"),
        ("no", "boolean", "false"), ("007", "string", "\"007\""), ("21,5", "string", "\"21,5\""),
        ("0x1F", "string", "\"0x1F\""),
        ("21 °C", "string", "\"21 °C\""), ("armed_home", "string", "\"armed_home\""), ("1", "numeric", "1"),
    ])
    func `a payload without a declared type is inferred`(payload: String, type: String, value: String) throws {
        let inferred = try #require(Value.infer(payload))
        #expect(inferred.type.rawValue == type)
        #expect(inferred.value.json.text == value)
    }

    @Test(arguments: ["", "  ", "nan", "Infinity", "None", "unavailable", "unknown", "null"])
    func `words for not knowing are no values`(payload: String) {
        #expect(Value.infer(payload) == nil)
        #expect(Value.infer(payload, as: .string) == nil)
    }

    @Test func `a word for a number is no value, a number for a text is text`() {
        #expect(Value.infer("error", as: .numeric) == nil)
        #expect(Value.infer("5", as: .string) == .string("5"))
        #expect(Value.infer("1", as: .boolean) == .boolean(true))
    }

    @Test func `texts are compared byte by byte`() {
        #expect(Value.string("\u{FC}") != .string("u\u{308}"))
    }
}
