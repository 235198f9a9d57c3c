import Glibc
import Komoku
import KomokuTesting

/// A program that a test started, with the lines that it printed.
final class RunningProcess: Sendable {
    let lines = Collector<String>()
    /// Stands behind the last line.
    static let end = "(end of output)"
    private let child: ChildProcess
    private let closed = Collector<Bool>()

    /// - Parameters:
    ///   - program: the name of a product of this package, or a path.
    ///   - environment: on top of the test's own.
    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        var ends: [Int32] = [0, 0]
        // At once: a child of another test that held an end would hide that this one has ended.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw ChildProcess.Failure(description: "no socket") }
        let path = program.contains("/") ? program : Self.product(program)
        let settings = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        child = try ChildProcess(["/usr/bin/env"] + settings + [path] + arguments, output: ends[1])
        close(ends[1])
        read(ends[0])
    }

    /// Where the build left a product: beside the test runner.
    static func product(_ name: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let runner = String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
        return runner.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/"
            + name
    }

    var pid: Int32 { child.pid }

    /// The first line that holds `text`.
    @discardableResult
    func line(_ text: String, within limit: Int64 = 60) async throws -> String {
        let all = try await lines.wait(within: .seconds(limit)) { lines in
            lines.last == Self.end || lines.contains { $0.contains(text) }
        }
        guard let line = all.first(where: { $0.contains(text) }) else {
            throw ChildProcess.Failure(description: "ended without '\(text)':\n\(all.joined(separator: "\n"))")
        }
        return line
    }

    func signal(_ number: Int32) { child.signal(number) }

    /// - Returns: the exit code; negative where a signal ended it.
    @discardableResult
    func end(_ number: Int32 = SIGTERM) -> Int32 {
        child.signal(number)
        return child.waitForEnd()
    }

    /// Waits until the program ends by itself and everything it printed is there.
    func waitForEnd() async throws -> (code: Int32, output: [String]) {
        try await closed.wait(for: 1, within: .seconds(60))
        return (child.waitForEnd(), lines.elements.dropLast())
    }

    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (code: Int32, output: [String]) {
        try await RunningProcess(program, arguments, environment: environment).waitForEnd()
    }

    /// Reads on a thread of its own: a program must never wait for its reader.
    private func read(_ descriptor: Int32) {
        let reader = LineReader(descriptor: descriptor, lines: lines, closed: closed)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                context.map { Unmanaged<LineReader>.fromOpaque($0).takeRetainedValue() }?.run()
                return nil
            }, Unmanaged.passRetained(reader).toOpaque())
        pthread_detach(thread)
    }
}

private final class LineReader: Sendable {
    let descriptor: Int32
    let lines: Collector<String>
    let closed: Collector<Bool>

    init(descriptor: Int32, lines: Collector<String>, closed: Collector<Bool>) {
        self.descriptor = descriptor
        self.lines = lines
        self.closed = closed
    }

    func run() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var rest: [UInt8] = []
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
            var parts = (rest + buffer.prefix(count)).split(separator: 0x0A, omittingEmptySubsequences: false)
            rest = Array(parts.removeLast())
            lines.append(contentsOf: parts.map { String(decoding: $0, as: UTF8.self) })
        }
        if !rest.isEmpty { lines.append(String(decoding: rest, as: UTF8.self)) }
        close(descriptor)
        lines.append(RunningProcess.end)
        closed.append(true)
    }
}
