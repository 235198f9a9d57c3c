package import Komoku

/// A rule as it is written: its lines of a file's text.
package enum RuleExcerpt {
    /// - Parameter position: of the rule's mapping.
    /// - Returns: its lines, with the dash of the list, without the indent of that; nil where there is no such line.
    package static func text(at position: SourcePosition, of file: String) -> String? {
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(position.line - 1) else { return nil }
        let first = lines[position.line - 1]
        var indent = first.prefix { $0 == " " }.count
        // In a list within braces it shares its line with others: that line is told.
        var start = position.line - 1
        if first.dropFirst(indent).first != "-", position.line > 1 {
            // The dash alone stands on the line before.
            let before = lines[position.line - 2]
            if before.allSatisfy({ $0 == " " || $0 == "-" }), before.contains("-") {
                (start, indent) = (position.line - 2, before.prefix { $0 == " " }.count)
            }
        }
        var end = start + 1
        while end < lines.count, isInside(lines[end], indent) { end += 1 }
        while end > start + 1, isNothing(lines[end - 1]) { end -= 1 }
        return lines[start..<end].map { $0.dropFirst(min(indent, $0.prefix { $0 == " " }.count)) }
            .joined(separator: "\n") + "\n"
    }

    private static func isInside(_ line: Substring, _ indent: Int) -> Bool {
        isNothing(line) || line.prefix { $0 == " " }.count > indent
    }

    /// Empty, or a comment: at the end it belongs to what follows.
    private static func isNothing(_ line: Substring) -> Bool {
        let text = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        return text.isEmpty || text.hasPrefix("#")
    }
}
