extension Unicode.Scalar {
    /// Whether a terminal would obey it: controls, ends of lines, and marks that turn the direction of text. A message of a
    /// device may hold any.
    var isObeyed: Bool {
        switch value {
        case 0x20..<0x7F: false
        case 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: properties.generalCategory == .control
        }
    }
}

extension String {
    /// Lines without anything that a terminal would obey.
    var printableLines: String {
        func isWanted(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\t" || !scalar.isObeyed }
        if unicodeScalars.allSatisfy(isWanted) { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { isWanted($0) ? $0 : "\u{FFFD}" }))
    }
}
