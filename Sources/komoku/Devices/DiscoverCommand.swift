internal import ArgumentParser
internal import Glibc
internal import Komoku

/// Listens at a broker. The hub's program does it, so that what it finds is what the hub would find.
struct DiscoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Listen at a broker and print the configuration that its devices suggest.",
        discussion: "Needs no running hub, but its program komokud, which does the listening. Nothing is published.")

    @Argument(help: "The broker.")
    var broker = "mqtt://127.0.0.1:1883"

    @Option(name: .customLong("for"), help: "How long to listen: 90s, 5m.")
    var time = "1m"

    func validate() throws {
        guard broker.hasPrefix("mqtt://") || broker.hasPrefix("mqtts://") else {
            throw ValidationError("'\(broker)' is no broker; write mqtt://192.168.1.2")
        }
        guard let time = try? Komoku.Duration(parsing: time), time > .zero else {
            throw ValidationError("'\(time)' is no length of time; write 90s or 5m")
        }
    }

    func run() throws {
        let program = try Self.program()
        let words = [program, "--discover", broker, "--for", time]
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        execv(program, &arguments)
        let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
        throw Failure(message: "komoku: \(program.printable) cannot be run: \(reason)")
    }

    /// The hub's program: beside this one, else in `PATH`.
    static func program(beside path: String = ownPath, path folders: String? = environment("PATH")) throws -> String {
        let own = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let others = (folders ?? "").split(separator: ":").map(String.init)
        guard let found = ([own] + others).map({ $0 + "/komokud" }).first(where: { access($0, X_OK) == 0 }) else {
            throw Failure(
                message: "komoku: 'discover' needs the hub's program komokud beside \(path.printable) or in PATH")
        }
        return found
    }

    private static var ownPath: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, length)), as: UTF8.self)
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
