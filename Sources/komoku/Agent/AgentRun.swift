internal import Dispatch
internal import Glibc
internal import Komoku
internal import KomokuAgent
internal import KomokuSystem
internal import KomokuWire

/// Collects for as long as nobody ends it.
enum AgentRun {
    /// - Parameters:
    ///   - host: what tells its phase from that of others.
    ///   - others: the readings of facts that the machine does not tell of.
    static func loop(
        host: String, others: @escaping @Sendable (AgentFact) -> [HostReading] = { _ in [] }
    ) -> AgentLoop {
        // A machine that slept catches up once.
        AgentLoop(host: host, now: { MonotonicClock.sinceBoot }, time: { LocalTime.now }, others: others)
    }

    /// Runs a loop on a thread of its own until SIGTERM or SIGINT, which are no failures.
    static func collect(
        by loop: AgentLoop, _ settings: AgentSettings,
        _ take: @escaping @Sendable ([HostReading], Timestamp) throws -> Void
    ) async throws {
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { loop.end() }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        let result = await withCheckedContinuation { continuation in
            let thread = try? NamedThread("collector") {
                continuation.resume(
                    returning: Result { try loop.run(settings, report: Terminal.complain, take: take) })
            }
            if let thread { return thread.detach() }
            continuation.resume(returning: .failure(Failure(message: "the system has no thread left")))
        }
        try result.get()
    }
}
