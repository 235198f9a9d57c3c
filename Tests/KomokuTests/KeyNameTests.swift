import Komoku
import Testing

@Suite struct KeyNameTests {
    @Test(arguments: [
        "a", "kitchen.temperature", "küche.wärme", "кухня.температура", "台所.温度", "a-b_c.1", "ENERGY.Power.1",
    ])
    func `letters of any script, digits, underscore and hyphen make a name`(text: String) {
        #expect(KeyName(text)?.text == text)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "a b", "a/b", "a*", "*", "a+b", "#", "{a}", "a\u{0}", "a\n", "a\u{200B}b", "a°",
        "😀",
        String(repeating: "a", count: 256),
    ])
    func `other texts are no names`(text: String) {
        #expect(KeyName(text) == nil)
        #expect(throws: KeyName.Invalid.self) { try KeyName(validating: text) }
    }

    @Test func `255 bytes are allowed, counted as UTF-8`() {
        #expect(KeyName(String(repeating: "a", count: 255)) != nil)
        #expect(KeyName(String(repeating: "ä", count: 127)) != nil)
        #expect(KeyName(String(repeating: "ä", count: 128)) == nil)
    }

    @Test func `names are compared byte by byte`() throws {
        let composed = try KeyName(validating: "k\u{FC}che")
        let decomposed = try KeyName(validating: "ku\u{308}che")
        #expect(composed.text == decomposed.text, "Swift takes the texts for equal")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect([composed, decomposed].sorted() == [decomposed, composed])
    }

    @Test(
        arguments: [
            ("Living Room", "Living_Room"), ("0x00158d", "0x00158d"), ("a.b", "a_b"), ("  a  ", "a"), ("--", "--"),
            ("a/b c", "a_b_c"), ("!", nil), ("", nil),
        ] as [(String, String?)])
    func `any text makes a segment, with what is forbidden replaced`(text: String, segment: String?) {
        #expect(KeyName.segment(from: text) == segment)
        if let segment { #expect(KeyName(segment) != nil) }
    }
}
