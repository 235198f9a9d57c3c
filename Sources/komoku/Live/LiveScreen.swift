internal import Glibc
internal import Synchronization

/// A terminal that is drawn anew again and again, and is as before afterwards, however the program ends.
final class LiveScreen: Sendable {
    /// What is drawn on: columns and rows.
    struct Size: Hashable, Sendable {
        var columns: Int
        var rows: Int
    }

    /// Whether the standard output can be drawn on.
    static var isThere: Bool {
        isatty(STDOUT_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } ?? "dumb" != "dumb"
    }

    // The second screen of the terminal, without a cursor; and back (xterm's control sequences).
    private static let begin = "\u{1B}[?1049h\u{1B}[?25l"
    private static let end: StaticString = "\u{1B}[?25h\u{1B}[?1049l"

    init() {
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in LiveScreen.leave(0) } }
        // `exit` of an error that is reported comes after `close`; this is for ends that nobody foresaw.
        atexit { LiveScreen.restore() }
        Self.isOpen.store(true, ordering: .sequentiallyConsistent)
        Terminal.write(Array(Self.begin.utf8))
    }

    private static let isOpen = Atomic(false)

    /// Safe in a handler of signals.
    private static func restore() {
        guard isOpen.exchange(false, ordering: .sequentiallyConsistent) else { return }
        _ = write(STDOUT_FILENO, end.utf8Start, end.utf8CodeUnitCount)
    }

    private static func leave(_ code: Int32) -> Never {
        restore()
        _exit(code)
    }

    /// What was drawn is gone, and the cursor is back.
    func close() { Self.restore() }

    var size: Size {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// - Parameter lines: no longer and no more than fit.
    func draw(_ lines: [String]) {
        let text = "\u{1B}[H" + lines.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
        Terminal.write(Array(text.utf8))
    }
}
