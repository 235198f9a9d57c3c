internal import Glibc
internal import Komoku

/// Reads lines at a terminal, with the keys of `LineEditor`. Between lines the terminal is as it was.
struct ShellTerminal {
    private let prompt: String

    init(prompt: String) { self.prompt = prompt }

    enum Line {
        case text(String)
        case cancelled
        case ended
    }

    /// - Parameter complete: the words that may stand where the text ends, and how much of each is typed already.
    func line(
        _ history: [String], complete: (String) async -> ShellCompletion
    ) async throws -> Line {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return .ended }
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        defer { tcsetattr(STDIN_FILENO, TCSADRAIN, &before) }
        var (editor, decoder) = (LineEditor(history: history), KeyDecoder())
        draw(editor)
        while let byte = Self.byte() {
            guard let key = decoder.take(byte) else { continue }
            switch editor.handle(key) {
            case .nothing: break
            case .submit(let text):
                leave(editor)
                return .text(text)
            case .cancel:
                leave(editor)
                return .cancelled
            case .leave:
                leave(editor)
                return .ended
            case .clearScreen: Terminal.note("\u{1B}[H\u{1B}[2J")
            case .complete(let text):
                let found = await complete(text)
                if found.addition.isEmpty, found.choices.count > 1 {
                    leave(editor)
                    Terminal.note(found.listed(width: Screen.width(of: STDERR_FILENO)))
                }
                editor.insert(found.addition)
            }
            draw(editor)
        }
        return .ended
    }

    private static func byte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }

    private func leave(_ editor: LineEditor) {
        draw(editor)
        Terminal.note("\r\n")
    }

    /// One row: of a longer line the part around the cursor.
    private func draw(_ editor: LineEditor) {
        let front = editor.wanted.map { "(search '\(String($0).printable)') " } ?? prompt
        let room = max(8, Screen.width(of: STDERR_FILENO) - front.columns - 1)
        let shown = Self.part(of: editor.text, around: editor.cursor, room: room)
        let back = shown.text.columns - shown.cursor
        let move = back > 0 ? "\u{1B}[\(back)D" : ""
        Terminal.note("\r" + front + shown.text + "\u{1B}[K" + move)
    }

    /// - Returns: the part that has room, and the columns of it before the cursor.
    static func part(of text: [Character], around cursor: Int, room: Int) -> (text: String, cursor: Int) {
        let cells = text.map { String($0).printable }
        var start = 0
        while cells[start..<cursor].reduce(0, { $0 + $1.columns }) > room { start += 1 }
        let before = cells[start..<cursor].joined()
        var line = before
        for cell in cells[cursor...] {
            if line.columns + cell.columns > room { break }
            line += cell
        }
        return (line, before.columns)
    }
}
