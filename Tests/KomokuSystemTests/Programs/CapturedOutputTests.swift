import Testing

@testable import KomokuSystem

struct CapturedOutputTests {
    @Test(arguments: [
        ("abc", 8, "abc", false), ("abcdefgh", 8, "abcdefgh", false), ("abcdefghi", 8, "abcdefgh", true),
        // A character that does not fit as a whole is left out.
        ("abcdefgä", 8, "abcdefg", true), ("abcdeäöü", 8, "abcdeä", true), ("abcde€", 7, "abcde", true),
        ("abcd😀", 7, "abcd", true), ("abc😀x", 7, "abc😀", true),
    ])
    func `the start is kept, in whole characters`(said: String, limit: Int, kept: String, isCut: Bool) {
        var output = CapturedOutput(limit: limit)
        for byte in said.utf8 { output.append([byte]) }
        #expect(output.text == kept)
        #expect(output.isCut == isCut)
    }

    @Test func `what is no text is replaced, within the limit`() {
        var output = CapturedOutput(limit: 9)
        output.append([0x61, 0xFF, 0x62, 0xC3])
        #expect(output.text == "a\u{FFFD}b\u{FFFD}")
        var bytes = CapturedOutput(limit: 10)
        bytes.append(Array(repeating: UInt8(0xFF), count: 10))
        #expect(bytes.text == "\u{FFFD}\u{FFFD}\u{FFFD}")
    }

    @Test func `any bytes make a text of bounded length`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var output = CapturedOutput(limit: Int.random(in: 0...20, using: &generator))
            output.append((0..<Int.random(in: 0...30, using: &generator)).map { _ in UInt8.random(in: 0...255) })
            #expect(output.text.utf8.count <= output.limit)
        }
    }
}
