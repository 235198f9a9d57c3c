/// Where each line of a text starts.
struct LineIndex {
    private let text: [UInt8]
    private let starts: [Int]

    init(_ text: [UInt8]) {
        self.text = text
        var starts = [0]
        for (index, byte) in text.enumerated() {
            let isLoneReturn = byte == 0x0D && (index + 1 >= text.count || text[index + 1] != 0x0A)
            if byte == 0x0A || isLoneReturn { starts.append(index + 1) }
        }
        self.starts = starts
    }

    /// The bytes of a line (from 1) with its line break.
    func text(ofLine line: Int) -> ArraySlice<UInt8> {
        guard line >= 1, line <= starts.count else { return [] }
        let end = line < starts.count ? starts[line] : text.count
        return text[starts[line - 1]..<end]
    }

    /// The spaces before the first line below `line` that has more than spaces: the indentation of a `|` block.
    func indent(below line: Int) -> Int? {
        var next = line + 1
        while next <= starts.count {
            let content = text(ofLine: next)
            let rest = content.drop { $0 == UInt8(ascii: " ") }
            if let first = rest.first, first != 0x0A, first != 0x0D { return content.count - rest.count }
            next += 1
        }
        return nil
    }
}
