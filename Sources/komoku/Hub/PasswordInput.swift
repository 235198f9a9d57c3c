internal import ArgumentParser
internal import Glibc
internal import Komoku

/// Where a password comes from: never from the command line, which others on the machine can read.
struct PasswordOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the password from this file ('-' is standard input) instead of asking for it.", valueName: "file"))
    var passwordFile: String?

    /// A new one; at a terminal it is asked for twice.
    func newPassword(of name: String) throws -> String {
        if let passwordFile { return try PasswordInput.read(passwordFile) }
        let first = try PasswordInput.ask("New password of \(name.printable): ")
        guard try PasswordInput.ask("Repeat it: ").utf8.elementsEqual(first.utf8) else {
            throw Failure(message: "the passwords differ; nothing was changed")
        }
        return first
    }
}

enum PasswordInput {
    private static let longest = 4096

    /// The first line of a file.
    static func read(_ path: String) throws -> String {
        let file = try InputFile(path)
        var bytes: [UInt8] = []
        while bytes.count < longest, case let more = try file.read(), !more.isEmpty { bytes += more }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        guard let password = String(validating: text, as: UTF8.self), !password.isEmpty else {
            throw Failure(message: "\(file.name.printable) has no password in its first line", code: 2)
        }
        return password
    }

    /// Asks at the terminal, where nothing of it is seen.
    static func ask(_ question: String) throws -> String {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else {
            throw Failure.usage("there is no terminal to ask for a password on; use --password-file")
        }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else {
            throw Failure.usage("the terminal cannot hide what is typed; use --password-file")
        }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO)
        // Otherwise Ctrl-C would leave a terminal that shows nothing.
        hidden.c_lflag &= ~tcflag_t(ISIG)
        tcsetattr(terminal, TCSAFLUSH, &hidden)
        defer { tcsetattr(terminal, TCSAFLUSH, &before) }
        put(question, to: terminal)
        let bytes = line(from: terminal)
        put("\n", to: terminal)
        guard let bytes, let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(message: "cancelled; nothing was changed")
        }
        return text
    }

    /// - Returns: nil where it was cancelled.
    private static func line(from terminal: Int32) -> [UInt8]? {
        var (bytes, byte): ([UInt8], UInt8) = ([], 0)
        while bytes.count < longest {
            let count = Glibc.read(terminal, &byte, 1)
            if count < 0, errno == EINTR { continue }
            // Ctrl-C, Ctrl-\.
            guard count == 1, byte != 3, byte != 28 else { return nil }
            if byte == UInt8(ascii: "\n") { return bytes }
            bytes.append(byte)
        }
        return nil
    }

    private static func put(_ text: String, to terminal: Int32) {
        var bytes = Array(text.utf8)
        _ = write(terminal, &bytes, bytes.count)
    }
}
