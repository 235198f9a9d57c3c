/// Text broken between words, for paragraphs.
enum Wrapping {
    /// The lines of a text, none wider than the screen; those after the first are indented further.
    ///
    /// - Parameters:
    ///   - indent: columns before the first line.
    ///   - hanging: columns before the others.
    static func lines(_ text: String, indent: Int = 0, hanging: Int? = nil, on screen: Screen) -> [String] {
        let text = text.printable
        guard let width = screen.columns else { return [String(repeating: " ", count: indent) + text] }
        // On a very narrow screen words count more than their place.
        let first = String(repeating: " ", count: min(indent, width / 4))
        let other = String(repeating: " ", count: min(hanging ?? indent, width / 4))
        var lines: [String] = []
        var line = first
        var isEmpty = true
        for word in text.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            if !isEmpty, line.columns + 1 + word.columns > width {
                lines.append(line)
                (line, isEmpty) = (other, true)
            }
            line += isEmpty ? word : " " + word
            isEmpty = false
        }
        lines.append(line)
        return lines.map { $0.fitting(width, isUnicode: screen.isUnicode) }
    }
}
