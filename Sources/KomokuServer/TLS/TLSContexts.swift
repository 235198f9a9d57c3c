internal import Glibc
internal import KomokuSystem
internal import Logging
internal import NIOConcurrencyHelpers

/// The certificates of all ports: one for each set of files, however many ports name it.
final class TLSContexts: Sendable {
    private struct State {
        var contexts: [TLSFiles: TLSContext] = [:]
        /// When it was looked last whether a certificate has to be renewed, in seconds of the monotonic clock.
        var renewed: Int64?
    }

    private let state = NIOLockedValueBox(State())
    /// Only one looks at a time: it may take long.
    private let looking = NIOLockedValueBox(false)
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    subscript(files: TLSFiles?) -> TLSContext? {
        files.flatMap { files in state.withLockedValue { $0.contexts[files] } }
    }

    /// Reads the files, those that are known again.
    ///
    /// - Throws: and what was read before stays in force.
    func prepare(_ files: TLSFiles) throws(TLSFault) {
        if let known = self[files] { return try known.reload() }
        let context = try TLSContext(files, logger: logger)
        state.withLockedValue { $0.contexts[files] = context }
    }

    /// Forgets all but these.
    func keep(_ files: [TLSFiles]) {
        state.withLockedValue { state in state.contexts = state.contexts.filter { files.contains($0.key) } }
    }

    /// Takes files that have changed, and renews what the house's own authority has signed.
    func look() {
        let isFirst = looking.withLockedValue { isLooking in
            defer { isLooking = true }
            return !isLooking
        }
        guard isFirst else { return }
        defer { looking.withLockedValue { $0 = false } }
        let contexts = state.withLockedValue { $0.contexts.values.map(\.self) }
        for context in contexts { context.reloadIfChanged() }
        guard isTimeToRenew() else { return }
        for context in contexts { renew(context) }
    }

    private static let renewalCheck: Int64 = 6 * 3600 * 1_000_000

    private func isTimeToRenew() -> Bool {
        let now = MonotonicClock.now
        return state.withLockedValue { state in
            if let renewed = state.renewed, now - renewed < Self.renewalCheck { return false }
            state.renewed = now
            return true
        }
    }

    private func renew(_ context: TLSContext) {
        guard let authority = HouseAuthority(ofCertificate: context.files.certificate),
            context.end - Int(time(nil)) < HouseAuthority.renewalDays * 86_400
        else { return context.tellExpiry() }
        do throws(HouseAuthority.Failure) {
            try authority.renew()
            logger.info("certificate renewed", metadata: ["tls.certificate": "\(context.files.certificate)"])
        } catch {
            logger.error(
                "the certificate could not be renewed",
                metadata: [
                    "tls.certificate": "\(context.files.certificate)", "reason": "\(error.reason)",
                    "remedy": "\(error.remedy)",
                ])
            context.tellExpiry()
        }
    }
}
