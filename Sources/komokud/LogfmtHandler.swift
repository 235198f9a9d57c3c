import Komoku
import Glibc
import Logging

/// Writes one line an event to standard error: `level=info msg="connected" mqtt.host=127.0.0.1`.
///
/// Under journald, which stamps each line by itself, there is no time.
struct LogfmtHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let showsTime = getenv("JOURNAL_STREAM") == nil

    init(level: Logger.Level) {
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = showsTime ? "time=\(Self.time()) " : ""
        line += "level=\(event.level) msg=\(Self.quoted(event.message.description))"
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(Self.quoted(value.description))"
        }
        line += "\n"
        // One write a line, so that lines of several threads do not mix.
        _ = line.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" && !$0.isObeyed }
        if isPlain, !text.isEmpty { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case _ where scalar.isObeyed: result += "\\x" + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Local time to the millisecond, ISO 8601 with the offset.
    private static func time() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        localtime_r(&now.tv_sec, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let stamp = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let zoneLength = strftime(&buffer, buffer.count, "%z", &parts)
        let zone = String(decoding: buffer[..<zoneLength].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let milliseconds = String(now.tv_nsec / 1_000_000 + 1000).dropFirst()
        return "\(stamp).\(milliseconds)\(zone)"
    }
}
