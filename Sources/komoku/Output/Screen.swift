internal import Glibc

/// What the output goes to, as far as the look depends on it.
struct Screen: Hashable, Sendable {
    /// Columns of a terminal; nil where the output is a file or a pipe, which get plain columns.
    var columns: Int?
    /// Whether characters beyond ASCII can be shown.
    var isUnicode = true

    static let plain = Screen(columns: nil)

    /// The standard output of this program.
    static let standard: Screen = {
        setlocale(LC_CTYPE, "")
        let isUnicode = String(cString: nl_langinfo(Int32(CODESET))).uppercased() == "UTF-8"
        guard isatty(STDOUT_FILENO) == 1 else { return Screen(columns: nil, isUnicode: isUnicode) }
        return Screen(columns: width(of: STDOUT_FILENO), isUnicode: isUnicode)
    }()

    /// Whether the standard error output is a terminal: progress is for people only.
    static var showsProgress: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// What the terminal says of itself, else `COLUMNS`, else 80.
    static func width(of file: Int32) -> Int {
        var size = winsize()
        if ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return getenv("COLUMNS").flatMap { Int(String(cString: $0)) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
    }
}

extension String {
    /// Columns that the text takes on a terminal.
    var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

    /// The front of the text that fits into so many columns, with `…` where something was left out.
    func fitting(_ width: Int, isUnicode: Bool = true) -> String {
        guard columns > width else { return self }
        let mark = isUnicode ? "…" : "~"
        var text = ""
        var used = 0
        for character in self {
            let next = String(character).columns
            if used + next > width - 1 { break }
            text.append(character)
            used += next
        }
        return width > 0 ? text + mark : ""
    }
}

extension Unicode.Scalar {
    /// 0 for marks on the letter before, 2 for the wide letters of East Asia and pictures, else 1 (Unicode TR 11).
    fileprivate var columns: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return Self.wide.contains { $0.contains(value) } ? 2 : 1
        }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}
