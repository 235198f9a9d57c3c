internal import Komoku

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
        for whole in text.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            var word = whole
            if !isEmpty, line.columns + 1 + word.columns > width {
                lines.append(line)
                (line, isEmpty) = (other, true)
            }
            // A word that is longer than a line, such as the address of a page, is broken where it has to be.
            while isEmpty, line.columns + word.columns > width, width > line.columns {
                let front = word.front(columns: width - line.columns)
                lines.append(line + front)
                word.removeFirst(front.count)
                line = other
                if front.isEmpty { break }
            }
            line += isEmpty ? word : " " + word
            isEmpty = false
        }
        lines.append(line)
        return lines.map { $0.fitting(width, isUnicode: screen.isUnicode) }
    }
}

extension String {
    /// As much of the front as takes no more columns.
    fileprivate func front(columns width: Int) -> String {
        var text = ""
        var used = 0
        for character in self {
            used += String(character).columns
            if used > width { break }
            text.append(character)
        }
        return text
    }
}
