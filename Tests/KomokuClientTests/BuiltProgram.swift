import Glibc
import KomokuTesting

/// The program as the build left it: beside the test runner.
enum BuiltProgram {
    static var path: String {
        var path = [UInt8](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count)
        let runner = String(decoding: path.prefix(max(0, length)), as: UTF8.self)
        return runner.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/komoku"
    }

    struct Ended {
        let code: Int32
        /// Without what it complained about.
        let output: String
        let complaint: String
    }

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - zone: that of the machine.
    ///   - environment: `NAME=VALUE`, on top of the test's own.
    static func run(_ arguments: [String], zone: String = "UTC", environment: [String] = []) throws -> Ended {
        let settings = (["TZ=\(zone)"] + environment).joined(separator: " ")
        let script = "/usr/bin/env \(settings) \"$@\" 2>&1 1>&3 3>&- | sed 's/^/!/'; exit ${PIPESTATUS[0]}"
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 else {
            return Ended(code: -1, output: "", complaint: "")
        }
        defer { close(ends[0]) }
        let child = try ChildProcess(
            ["/bin/bash", "-c", "exec 3>&1; " + script, "komoku", path] + arguments, output: ends[1])
        close(ends[1])
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = read(ends[0], &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return Ended(
            code: child.waitForEnd(), output: lines.filter { !$0.hasPrefix("!") }.joined(separator: "\n"),
            complaint: lines.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }.joined(separator: "\n"))
    }

    /// Runs a script of bash, in which `$0` is the program.
    ///
    /// - Returns: what it printed.
    static func shell(_ script: String, _ arguments: [String]) throws -> String {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 else { return "" }
        defer { close(ends[0]) }
        let child = try ChildProcess(["/bin/bash", "-c", script, path] + arguments, output: ends[1])
        close(ends[1])
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = read(ends[0], &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        _ = child.waitForEnd()
        return String(decoding: bytes, as: UTF8.self)
    }
}
