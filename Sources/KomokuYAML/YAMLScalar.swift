/// The text of a scalar and what decides its type.
package struct YAMLScalar: Hashable, Sendable {
    package enum Style: Hashable, Sendable {
        case plain, singleQuoted, doubleQuoted
        /// `|`, with the spaces before each line of it, where they are known.
        case literal(indent: Int?)
        /// `>`.
        case folded
    }

    /// After unescaping, and after `${NAME}` was replaced.
    package var text: String
    /// With `${NAME}` as it was written, where something was replaced: the only form that may be shown to anybody.
    package var written: String?
    /// The values that `${NAME}` stood for, in their order.
    package var substituted: [String] = []
    package var style: Style
    /// The full name of an explicit tag: `tag:yaml.org,2002:str`, or `!` for "text, whatever it looks like".
    package var tag: String?
    /// Columns from the first to behind the last character, quotes included; 0 when it spans lines.
    package var width: Int

    package init(_ text: String, style: Style = .plain, tag: String? = nil, width: Int = 0) {
        self.text = text
        self.style = style
        self.tag = tag
        self.width = width
    }

    /// Whether the text came, wholly or partly, from the environment.
    package var isSubstituted: Bool { written != nil }

    package var isQuoted: Bool { style != .plain }
}

extension YAMLScalar {
    private static let shownLength = 60

    /// How a diagnostic names this scalar: quoted, shortened, without control characters, and without any value that
    /// came from the environment.
    package var shown: String {
        if let written { return "the value of '\(Self.printable(written))'" }
        if value == .null { return "nothing" }
        return "'\(Self.printable(text))'"
    }

    /// The text between the quotes of `shown`.
    package var shownName: String { Self.printable(written ?? text) }

    private static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(shownLength) {
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            result += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return text.unicodeScalars.count > shownLength ? result + "…" : result
    }
}

extension YAMLScalar {
    /// Lines below the scalar's first line and columns from its start (in the first line) or from the line's start.
    func place(ofOffset offset: Int) -> (line: Int, column: Int)? {
        guard !isSubstituted, offset >= 0, offset <= text.utf8.count else { return nil }
        let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self).unicodeScalars
        if case .literal(let indent) = style {
            guard let indent else { return nil }
            let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
            return (lines.count, indent + (lines.last?.count ?? 0))
        }
        let quotes = style == .plain ? 0 : 1
        // Only when the sum is right do the assumptions about how each character was written hold.
        guard width > 0, columns(of: text.unicodeScalars) + 2 * quotes == width else { return nil }
        return (0, quotes + columns(of: before))
    }

    private func columns(of scalars: String.UnicodeScalarView) -> Int {
        scalars.reduce(0) { $0 + (isEscaped($1) ? 2 : 1) }
    }

    private func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch style {
        case .singleQuoted: scalar == "'"
        case .doubleQuoted: scalar == "\"" || scalar == "\\" || scalar == "\n" || scalar == "\t" || scalar == "\r"
        default: false
        }
    }
}
