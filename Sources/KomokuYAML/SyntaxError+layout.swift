/// Mistakes of indentation and of brackets that stay open: what libyaml says of them is true, and helps only those who know how a
/// parser works.
extension EventParser.SyntaxError {
    struct Finding {
        let message: String
        var remedy: String?
    }

    private static let column = "begin it in the same column as the lines that it belongs with"

    /// - Returns: nil where the mistake is another one.
    func layoutFinding(in lines: LineIndex) -> Finding? {
        openBracket ?? (context?.hasPrefix("while parsing a block") ?? false ? strayLine(in: lines) : nil)
            ?? deeperLine(in: lines)
    }

    /// `{a: 1` and on the next line something else.
    private var openBracket: Finding? {
        guard let context, contextMark.line > 0, contextMark.line < mark.line else { return nil }
        let bracket: (open: String, close: String)
        switch context {
        case "while parsing a flow mapping": bracket = ("{", "}")
        case "while parsing a flow sequence": bracket = ("[", "]")
        default: return nil
        }
        let place = "line \(contextMark.line), column \(contextMark.column)"
        return Finding(
            message: "the '\(bracket.open)' at \(place) is not closed before this",
            remedy: "close it with '\(bracket.close)', or write a ',' before this")
    }

    /// A line that is in no column in which one of the lines above begins.
    private func strayLine(in lines: LineIndex) -> Finding? {
        let isPlace = ["did not find expected key", "did not find expected '-' indicator"].contains(problem)
        guard isPlace, contextMark.line < mark.line, lines.indentation(ofLine: mark.line) == mark.column - 1 else {
            return nil
        }
        let isItem = lines.text(ofLine: mark.line).dropFirst(mark.column - 1).first == UInt8(ascii: "-")
        let isList = context == "while parsing a block collection"
        if isList, !isItem, mark.column == contextMark.column {
            return Finding(
                message: "this line belongs to no item of the list that begins at line \(contextMark.line)",
                remedy: "indent it further, to where its item's other lines begin")
        }
        return Finding(
            message: "the indentation of this line fits nothing above it",
            remedy: isItem ? "put its '-' below the '-' of the other items" : Self.column)
    }

    /// A line that is indented further than the one above, which has a value already.
    private func deeperLine(in lines: LineIndex) -> Finding? {
        guard problem == "mapping values are not allowed in this context", mark.line > 1,
            let indentation = lines.indentation(ofLine: mark.line)
        else { return nil }
        let before = lines.text(ofLine: mark.line).prefix(mark.column - 1).dropFirst(indentation)
        let isKey = !before.isEmpty && !before.contains { [0x20, 0x22, 0x27, 0x3A].contains($0) }
        let above = (1..<mark.line).reversed().lazy.compactMap { lines.indentation(ofLine: $0) }.first
        guard isKey, let above, above < indentation else { return nil }
        return Finding(
            message: "this line is indented further than the one above, which has a value already", remedy: Self.column)
    }
}

extension LineIndex {
    /// The spaces before a line; nil where there is nothing else, or a comment.
    fileprivate func indentation(ofLine line: Int) -> Int? {
        let text = text(ofLine: line)
        let rest = text.drop { $0 == UInt8(ascii: " ") }
        guard let first = rest.first, ![0x0A, 0x0D, UInt8(ascii: "#")].contains(first) else { return nil }
        return text.count - rest.count
    }
}
