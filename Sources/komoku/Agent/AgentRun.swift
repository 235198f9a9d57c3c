internal import Dispatch
internal import Glibc
internal import Komoku
internal import KomokuAgent
internal import KomokuSystem

/// Collects for as long as nobody ends it.
enum AgentRun {
    typealias Taker = ([HostReading], Timestamp) throws -> Void

    /// Runs until SIGTERM or SIGINT, which are no failures.
    static func untilEnded(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await body() }
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { task.cancel() }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        do { try await task.value } catch is CancellationError {}
    }

    /// - Parameter least: a pass at least this often, though it may have nothing to tell.
    static func collect(
        _ settings: AgentSettings, _ host: String, atLeast least: Komoku.Duration? = nil, _ take: Taker
    ) async throws {
        var collector = Collector(settings)
        var schedule = CollectionSchedule(settings, host: host, at: now)
        let all = Set(settings.periods.filter { $0.value > .zero }.keys)
        var last = now
        try take(collector.collect(all, report: Terminal.complain), LocalTime.now)
        while true {
            let longest = last + (least?.microseconds ?? .max / 2)
            let due = min(schedule.next ?? longest, longest)
            try await Task.sleep(for: .microseconds(max(0, due - now)))
            last = now
            try take(collector.collect(schedule.take(at: last), report: Terminal.complain), LocalTime.now)
        }
    }

    /// Two looks, because shares of processors are of the time between them.
    static func readOnce(_ settings: AgentSettings, _ take: Taker) async throws {
        var collector = Collector(settings)
        _ = collector.collect([.cpu])
        try await Task.sleep(for: .milliseconds(250))
        let all = Set(settings.periods.filter { $0.value > .zero }.keys)
        try take(collector.collect(all, isAlone: true, report: Terminal.complain), LocalTime.now)
    }

    /// A machine that slept catches up once.
    private static var now: Int64 { MonotonicClock.sinceBoot }
}
