internal import Glibc
internal import Komoku

/// How far a long command is, in one line of the standard error output that is written over; only for people.
struct Progress {
    private let isShown = Screen.showsProgress
    private var last = Timestamp(microseconds: 0)

    /// - Parameter text: made only when it is shown, some five times a second.
    mutating func show(_ text: () -> String) {
        guard isShown else { return }
        let now = LocalTime.now
        guard (now - last).microseconds.magnitude > 200_000 else { return }
        last = now
        let width = Screen.width(of: STDERR_FILENO)
        Terminal.note("\r\u{1B}[K" + text().fitting(width - 1))
    }

    /// Removes the line.
    func clear() {
        if isShown { Terminal.note("\r\u{1B}[K") }
    }
}
