internal import Glibc
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOSSL

/// The certificate that a port shows, which may change while the port is open: a connection keeps what it began with.
final class TLSContext: Sendable {
    private struct State {
        var material: TLSMaterial
        /// How the files looked when they were read last, well or in vain.
        var read: [FileMark?]
        /// How they looked at the last check, where that was another way.
        var seen: [FileMark?]
    }

    let files: TLSFiles
    private let state: NIOLockedValueBox<State>
    private let logger: Logger

    init(_ files: TLSFiles, logger: Logger) throws(TLSFault) {
        let marks = files.marks
        let material = try TLSMaterial(files)
        self.files = files
        self.logger = logger
        state = NIOLockedValueBox(State(material: material, read: marks, seen: marks))
        tell(material, "certificate loaded")
    }

    /// When the certificate ends to be valid, in seconds since 1970.
    var end: Int { state.withLockedValue { $0.material.validity.upperBound } }

    /// Puts TLS below everything else that a new connection has.
    func addHandler(to channel: any Channel) throws {
        let context = state.withLockedValue { $0.material.context }
        let operations = channel.pipeline.syncOperations
        try operations.addHandler(NIOSSLServerHandler(context: context), position: .first)
        try operations.addHandler(PlainRequestHint(), position: .first)
    }

    /// Reads the files again, for connections from now on.
    ///
    /// - Throws: and what was read before stays in force.
    func reload() throws(TLSFault) {
        let marks = files.marks
        state.withLockedValue { ($0.read, $0.seen) = (marks, marks) }
        let material = try TLSMaterial(files)
        state.withLockedValue { $0.material = material }
        tell(material, "certificate reloaded")
    }

    /// Reads the files again where they have changed, and rest since the last check: who renews them writes one after another.
    func reloadIfChanged() {
        let marks = files.marks
        let isDue = state.withLockedValue { state in
            defer { state.seen = marks }
            return marks != state.read && marks == state.seen
        }
        guard isDue else { return }
        do throws(TLSFault) {
            try reload()
        } catch {
            logger.error(
                "the new certificate cannot be used; the previous one stays in force",
                metadata: ["tls.file": "\(error.file)", "reason": "\(error.reason)", "remedy": "\(error.remedy)"])
        }
    }

    /// Says where the certificate is of no use now, or soon.
    func tellExpiry() { tell(state.withLockedValue { $0.material }, nil) }

    private func tell(_ material: TLSMaterial, _ event: Logger.Message?) {
        let now = Int(time(nil))
        let days = (material.validity.upperBound - now) / 86_400
        var metadata: Logger.Metadata = ["tls.certificate": "\(files.certificate)"]
        if now > material.validity.upperBound {
            metadata["remedy"] = "renew it; clients refuse it"
            logger.error("the certificate has expired", metadata: metadata)
        } else if now < material.validity.lowerBound {
            metadata["remedy"] = "is this machine's clock right?"
            logger.error("the certificate is not valid yet", metadata: metadata)
        } else if days < Self.warningDays {
            metadata["days"] = "\(days)"
            metadata["remedy"] = "renew it; the hub takes the new file by itself"
            logger.warning("the certificate expires soon", metadata: metadata)
        } else if let event {
            metadata["days"] = "\(days)"
            logger.info(event, metadata: metadata)
        }
    }

    private static let warningDays = 14
}

/// How a file looks from outside: it changes with what is in it.
struct FileMark: Hashable, Sendable {
    private let numbers: [Int64]

    /// Nil where there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        numbers = [
            Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_size), Int64(status.st_mtim.tv_sec),
            Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec),
        ]
    }
}

extension TLSFiles {
    fileprivate var marks: [FileMark?] { [certificate, key, clientCA].compactMap(\.self).map { FileMark($0) } }
}
