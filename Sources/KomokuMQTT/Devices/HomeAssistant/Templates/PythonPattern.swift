/// A regular expression as Python's `re` has it, where PCRE2 means another thing by the same signs.
enum PythonPattern {
    /// `\Z` is the very end, and `{,3}` is up to three.
    static func translated(_ pattern: String) -> String {
        let bytes = Array(pattern.utf8)
        var (result, index) = ([UInt8](), 0)
        while index < bytes.count {
            let (byte, next) = (bytes[index], index + 1 < bytes.count ? bytes[index + 1] : 0)
            switch (byte, next) {
            case (UInt8(ascii: "\\"), UInt8(ascii: "Z")): result += "\\z".utf8
            case (UInt8(ascii: "\\"), _) where index + 1 < bytes.count: result += [byte, next]
            case (UInt8(ascii: "{"), UInt8(ascii: ",")): result += "{0,".utf8
            default:
                result.append(byte)
                index -= 1
            }
            index += 2
        }
        return String(decoding: result, as: UTF8.self)
    }
}
