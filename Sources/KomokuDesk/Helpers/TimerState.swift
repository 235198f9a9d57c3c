internal import Komoku
internal import KomokuWire

/// How far a timer is: it runs by the monotonic clock, and over the end of the process by the wall clock.
struct TimerState: Hashable, Sendable {
    enum Phase: String, Hashable, Sendable, CaseIterable {
        case idle, running, paused, finished
    }

    var phase = Phase.idle
    /// While it runs: when it ends, by the wall clock, and by the monotonic one of this process.
    var ends = Timestamp.distantPast
    var deadline: Int64 = 0
    /// While it is paused.
    var left = Duration.zero

    /// What a put says that should become of it.
    enum Order: Hashable, Sendable {
        case start, pause, cancel, finish

        /// Nil for what means nothing.
        init?(_ word: String) {
            switch word {
            case "start", "running": self = .start
            case "pause", "paused": self = .pause
            case "cancel", "idle": self = .cancel
            case "finished": self = .finish
            default: return nil
            }
        }
    }

    /// - Returns: whether anything changed.
    mutating func obey(_ order: Order, length: Duration, wall: Timestamp, monotonic: Int64) -> Bool {
        switch (order, phase) {
        case (.start, .paused): run(for: left, wall, monotonic)
        case (.start, _): run(for: length, wall, monotonic)
        case (.pause, .running):
            left = max(.zero, Duration(microseconds: deadline &- monotonic))
            phase = .paused
        case (.pause, _): return false
        case (.cancel, .idle): return false
        case (.cancel, _): phase = .idle
        case (.finish, .finished): return false
        case (.finish, _): finish(at: wall)
        }
        return true
    }

    private mutating func run(for length: Duration, _ wall: Timestamp, _ monotonic: Int64) {
        phase = .running
        ends = wall + length
        let (deadline, isTooFar) = monotonic.addingReportingOverflow(length.microseconds)
        self.deadline = isTooFar ? .max : deadline
    }

    private mutating func finish(at time: Timestamp) {
        phase = .finished
        ends = min(ends == .distantPast ? time : ends, time)
    }

    /// Its time is over.
    ///
    /// - Returns: whether it was.
    mutating func passed(wall: Timestamp, monotonic: Int64) -> Bool {
        guard phase == .running, deadline <= monotonic else { return false }
        phase = .finished
        return true
    }

    /// The wall clock was set: it ends when its length is over, whatever clocks show then.
    ///
    /// - Returns: whether that is told otherwise now.
    mutating func follow(wall: Timestamp, monotonic: Int64) -> Bool {
        guard phase == .running else { return false }
        let end = wall + Duration(microseconds: max(0, deadline &- monotonic))
        guard abs((end - ends).microseconds) > 1_000_000 else { return false }
        ends = end
        return true
    }
}

extension TimerState {
    /// As it is kept.
    var json: JSON {
        ["phase": .string(phase.rawValue), "ends": .number(ends.seconds), "left": .number(left.seconds)]
    }

    /// What an earlier process left: a timer that ran goes on by the wall clock.
    init(_ json: JSON, wall: Timestamp, monotonic: Int64) {
        phase = json["phase"]?.string.flatMap(Phase.init(rawValue:)) ?? .idle
        ends = json["ends"]?.number.flatMap(Timestamp.init(seconds:)) ?? .distantPast
        left = json["left"]?.number.flatMap(Duration.init(seconds:)) ?? .zero
        let (deadline, isTooFar) = monotonic.addingReportingOverflow(max(0, (ends - wall).microseconds))
        self.deadline = isTooFar ? .max : deadline
    }
}
