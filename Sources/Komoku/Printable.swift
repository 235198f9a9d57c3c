extension Unicode.Scalar {
    /// Whether a terminal would obey it: controls, ends of lines, and marks that turn the direction of text. A message of a
    /// device may hold any.
    package var isObeyed: Bool {
        switch value {
        case 0x20..<0x7F: false
        case 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: properties.generalCategory == .control
        }
    }

    fileprivate func mayBePrinted(inLines: Bool) -> Bool {
        !isObeyed || (inLines && (self == "\n" || self == "\t"))
    }
}

extension String {
    /// One line without anything that a terminal would obey; U+FFFD stands for it.
    package var printable: String { printable(inLines: false) }

    /// The same, with ends of lines and tabs.
    package var printableLines: String { printable(inLines: true) }

    private func printable(inLines: Bool) -> String {
        if unicodeScalars.allSatisfy({ $0.mayBePrinted(inLines: inLines) }) { return self }
        return String(
            String.UnicodeScalarView(unicodeScalars.map { $0.mayBePrinted(inLines: inLines) ? $0 : "\u{FFFD}" }))
    }
}
