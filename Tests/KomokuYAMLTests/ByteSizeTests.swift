import Testing

@testable import KomokuYAML

@Suite struct ByteSizeTests {
    @Test(
        arguments: [
            ("0", 0), ("4096", 4096), ("4GB", 4_000_000_000), ("16MiB", 16 << 20), ("16 mib", 16 << 20),
            ("1.5kB", 1500),
            ("1TiB", 1 << 40), ("12B", 12), ("", nil), ("GB", nil), ("4G", nil), ("-1", nil), ("1.", nil),
            (".5MB", nil),
            ("1.2.3MB", nil), ("99999999999TB", nil), ("9223372036854775807", Int.max), ("99999999999999999999", nil),
            ("9999999.5TB", nil), ("4GB ", nil), ("1e3", nil), ("４GB", nil),
        ] as [(String, Int?)])
    func `a size is read`(text: String, expected: Int?) {
        #expect(ByteSize.parse(text) == expected)
    }
}
