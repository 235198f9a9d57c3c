internal import Glibc
internal import Komoku

/// The hub's own program, which does what needs its engine: what it says then is what the hub would do.
enum HubProgram {
    /// Beside this program, else in `PATH`.
    ///
    /// - Parameter command: of this program; for the message where there is none.
    static func find(
        for command: String, beside path: String = ownPath, path folders: String? = environment("PATH")
    ) throws -> String {
        let own = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let others = (folders ?? "").split(separator: ":").map(String.init)
        guard let found = ([own] + others).map({ $0 + "/komokud" }).first(where: { access($0, X_OK) == 0 }) else {
            throw Failure(
                message: "'\(command)' needs the hub's program komokud beside \(path.printable) or in PATH")
        }
        return found
    }

    static var ownPath: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, length)), as: UTF8.self)
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Goes on as the program; returns only by throwing.
    static func become(_ program: String, _ arguments: [String]) throws {
        // It says what goes wrong in this program's name.
        var words = (["komoku"] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        execv(program, &words)
        throw failure(program, errno)
    }

    static func failure(_ program: String, _ code: Int32) -> Failure {
        let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return Failure(message: "\(program.printable) cannot be run: \(reason)")
    }

    /// Two ends that the program gets only where they are given to it.
    static func pipe(for program: String) throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw failure(program, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Runs it to its end.
    ///
    /// - Returns: what it printed.
    /// - Throws: `Failure` with its exit code where that is not 0; it has said why.
    static func output(_ program: String, _ arguments: [String]) throws -> String {
        let ends = try pipe(for: program)
        defer { close(ends.reading) }
        let child: ChildProgram
        do {
            defer { close(ends.writing) }
            child = try ChildProgram(program, arguments, output: ends.writing)
        }
        var (output, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while true {
            let count = read(ends.reading, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            output += bytes.prefix(count)
        }
        let code = child.waitForEnd()
        guard code == 0 else { throw Failure(message: "", code: code) }
        return String(decoding: output, as: UTF8.self)
    }
}

/// A program that runs beside this one, with this one's other files.
struct ChildProgram {
    private let process: pid_t

    /// - Parameters:
    ///   - input: becomes its standard input.
    ///   - output: becomes its standard output.
    init(_ program: String, _ arguments: [String], input: Int32? = nil, output: Int32? = nil) throws {
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input { posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        // Threads of a pool may block signals, and a program that inherits that cannot be ended by Ctrl-C.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, &attributes, &words, environ)
        guard code == 0 else { throw HubProgram.failure(program, code) }
        self.process = process
    }

    /// - Returns: its exit code; 128 and more for a signal.
    func waitForEnd() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
