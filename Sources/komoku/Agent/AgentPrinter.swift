internal import Glibc
internal import Komoku
internal import KomokuAgent
internal import KomokuSystem

/// Readings as JSON Lines: `{"time":"2026-01-31T08:30:12+01:00","key":"hosts.attic.cpu.usage","value":3.5,"unit":"%"}`.
struct AgentPrinter: Sendable {
    private let prefix: String
    private let file: Int32
    private let format: AgentTimeFormat

    /// - Parameters:
    ///   - host: nil prints keys as they are below `hosts.NAME`: the hub gives the name.
    ///   - output: nil is the standard output.
    init(host: String?, output: String?, _ format: AgentTimeFormat) throws {
        (prefix, self.format) = (host.map { "hosts.\($0)." } ?? "", format)
        guard let output else {
            file = STDOUT_FILENO
            return
        }
        file = open(output, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw Failure(message: "'\(output.printable)' cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// - Throws: where nothing can be written any more.
    func take(_ readings: [HostReading], at time: Timestamp) throws {
        var text = ""
        for reading in readings {
            var members = [
                JSON.Member("time", format.json(time)), JSON.Member("key", .string(prefix + reading.key)),
                JSON.Member("value", reading.value),
            ]
            if let unit = reading.unit { members.append(JSON.Member("unit", .string(unit))) }
            text += JSON.object(members).text + "\n"
        }
        do throws(WriteFailure) { try writeWhole(text.utf8, to: file) } catch {
            throw Failure(message: "the readings cannot be written: \(String(cString: strerror(error.code)))")
        }
    }
}
