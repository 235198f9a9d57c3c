internal import Glibc
internal import Synchronization

/// A program that a test started; ended by its pid.
package final class ChildProcess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    package let pid: Int32
    private let status = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - arguments: the program, looked up in `PATH` and `/usr/sbin`, and what it is given.
    ///   - output: takes its standard output and error; nil throws them away.
    package init(_ arguments: [String], output: Int32? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }
        // Threads of a pool block signals, and a child would inherit that: it could not be ended in good order.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: Int32 = 0
        var code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &pointers, environ)
        if code == ENOENT {
            code = posix_spawnp(&pid, "/usr/sbin/" + arguments[0], &actions, &attributes, &pointers, environ)
        }
        guard code == 0 else {
            throw Failure(description: "cannot start \(arguments[0]): \(String(cString: strerror(code)))")
        }
        self.pid = pid
    }

    deinit {
        end(SIGKILL)
    }

    package func signal(_ number: Int32) {
        status.withLock { if $0 == nil { _ = kill(pid, number) } }
    }

    /// Sends a signal and waits until the program has ended.
    package func end(_ number: Int32 = SIGTERM) {
        signal(number)
        waitForEnd()
    }

    /// - Returns: the exit code; negative where a signal ended it.
    @discardableResult
    package func waitForEnd() -> Int32 {
        status.withLock { known in
            if let known { return known }
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
            let result = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
            known = result
            return result
        }
    }

    /// Runs a program to its end.
    package static func run(_ arguments: String...) throws {
        let code = try ChildProcess(arguments).waitForEnd()
        if code != 0 { throw Failure(description: "\(arguments.joined(separator: " ")) ended with \(code)") }
    }
}
