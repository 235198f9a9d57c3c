extension EventParser.SyntaxError {
    /// libyaml's words, with the place where the construct began.
    var message: String {
        guard let context else { return problem }
        let isElsewhere = contextMark != mark && contextMark.line > 0
        return isElsewhere
            ? "\(problem) \(context) that begins at line \(contextMark.line), column \(contextMark.column)"
            : "\(problem) \(context)"
    }

    /// What most often causes the message, judged by the line on which it came.
    func remedy(line: ArraySlice<UInt8>) -> String? {
        if ["UTF-8", "UTF-16"].contains(where: problem.contains) {
            return "save the file as UTF-8 text"
        }
        let spaces = line.drop { $0 == UInt8(ascii: " ") }
        if spaces.first == UInt8(ascii: "\t") || problem.contains("tab") { return "indent with spaces, not with tabs" }
        if context == "while scanning an alias" { return "put text that starts with '*' in quotes" }
        if context == "while scanning an anchor" { return "put text that starts with '&' in quotes" }
        if problem == "mapping values are not allowed in this context" {
            return "put text that holds ': ' in quotes"
        }
        if problem == "found character that cannot start any token" {
            return "put text that starts with '@', '`' or '%' in quotes"
        }
        if Self.contains("{", in: line) { return "put text with '{' or '${' in quotes" }
        return nil
    }

    private static func contains(_ character: Unicode.Scalar, in line: ArraySlice<UInt8>) -> Bool {
        line.contains(UInt8(ascii: character))
    }
}
