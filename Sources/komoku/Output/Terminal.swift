internal import Glibc
internal import Komoku
internal import KomokuSystem

/// What the user sees. Every line is written at once, so that a pipe gets it when it happens.
enum Terminal {
    /// Writes a line to the standard output.
    static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Writes a line to the standard error output, with the program's name before it.
    static func complain(_ text: String) { tell("komoku: " + text) }

    /// The same for what needs no name before it, such as a finding in a file.
    static func tell(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes rows with their columns aligned.
    static func say(rows: [[String]]) {
        guard !rows.isEmpty else { return }
        write(Table.lines(rows).map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
    }

    static func say(lines: [String]) {
        guard !lines.isEmpty else { return }
        write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
    }

    /// The first line is a heading.
    static func say(table lines: [String]) {
        say(lines: lines.prefix(1).map(dim) + lines.dropFirst())
    }

    /// Writes without the end of a line.
    static func note(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Asks whoever sits at the terminal; where nobody does, the answer is yes.
    static func confirms(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return true }
        note(question)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    /// Whether colours are wanted: on a terminal, unless `NO_COLOR` (no-color.org) or `--no-color` refuses them.
    static let hasColor = hasColor(on: STDOUT_FILENO)

    private static func hasColor(on file: Int32) -> Bool {
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return isatty(file) == 1 && !refused && !isDumb
    }

    /// Whether the terminal knows nothing but lines.
    static var isDumb: Bool { getenv("TERM").map { String(cString: $0) } == "dumb" }

    static func dim(_ text: String) -> String { hasColor ? dimmed(text) : text }
    /// The same for the standard error output.
    static func dimError(_ text: String) -> String { hasColor(on: STDERR_FILENO) ? dimmed(text) : text }
    static func bold(_ text: String) -> String { hasColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    private static func dimmed(_ text: String) -> String { "\u{1B}[2m\(text)\u{1B}[0m" }

    /// Ends the program once what reads its output is gone: `komoku watch | head -1` shall not wait for the next change.
    static func endWhenNobodyReads() {
        var thread = pthread_t()
        // A thread of its own, because the wait never ends on a terminal or a file.
        pthread_create(
            &thread, nil,
            { _ in
                // No event is asked for: the system tells of a closed end without that.
                var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
                while poll(&output, 1, -1) < 0 && errno == EINTR {}
                if output.revents & Int16(POLLERR | POLLHUP) != 0 { _exit(0) }
                return nil
            }, nil)
    }

    /// Writes bytes to the standard output.
    static func write(_ bytes: [UInt8]) { write(bytes[...], to: STDOUT_FILENO) }

    private static func write(_ text: String, to file: Int32) { write(Array(text.utf8)[...], to: file) }

    private static func write(_ bytes: ArraySlice<UInt8>, to file: Int32) {
        do {
            try writeWhole(bytes, to: file)
        } catch {
            // `komoku keys | head`: nobody reads on, and nobody wants to hear about it.
            if error.isClosedPipe { _exit(0) }
            fail(file, error.description)
        }
    }
}

extension Terminal {
    /// A full disk behind `>` must not pass for an answer.
    private static func fail(_ file: Int32, _ reason: String) -> Never {
        if file != STDERR_FILENO {
            try? writeWhole("komoku: cannot write to the standard output: \(reason)\n".utf8, to: STDERR_FILENO)
        }
        _exit(1)
    }

    /// Says it too where a library wrote through the buffer of C, which is emptied only at the end: `komoku --help > /dev/full`.
    static func watchBuffer() {
        atexit {
            guard fflush(nil) != 0, errno != EPIPE else { return }
            Terminal.fail(STDOUT_FILENO, String(cString: strerror(errno)))
        }
    }
}

/// Columns of equal width.
enum Table {
    static func lines(_ rows: [[String]]) -> [String] {
        let cells = rows.map { $0.map(\.printable) }
        var widths: [Int] = []
        for row in cells {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.columns)
            }
        }
        return cells.map { row in
            let padded = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.columns)
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
