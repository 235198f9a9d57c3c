package import Komoku
internal import Synchronization

/// A part of the daemon that the hub wakes at a moment, on the hub's own thread.
package protocol AlarmHandler: AnyObject, Sendable {
    /// The moment that was set has come; it is no longer set.
    ///
    /// What is done here is in the batch of the turn. Must not block.
    func alarm(in hub: isolated Hub)
}

/// When handlers want to be woken. Belongs to the hub.
struct Alarms {
    private struct Alarm {
        let handler: any AlarmHandler
        /// `HubClock.monotonic`.
        var monotonic: Int64?
        var wall: Timestamp?
    }

    private var alarms: [Alarm] = []

    mutating func set(monotonic time: Int64?, for handler: any AlarmHandler) {
        set(handler, isSet: time != nil) { $0.monotonic = time }
    }

    mutating func set(wall time: Timestamp?, for handler: any AlarmHandler) {
        set(handler, isSet: time != nil) { $0.wall = time }
    }

    private mutating func set(_ handler: any AlarmHandler, isSet: Bool, _ change: (inout Alarm) -> Void) {
        var index = alarms.firstIndex { $0.handler === handler }
        if index == nil, isSet {
            index = alarms.count
            alarms.append(Alarm(handler: handler))
        }
        guard let index else { return }
        change(&alarms[index])
        dropUnset(index)
    }

    private mutating func dropUnset(_ index: Int) {
        if alarms[index].monotonic == nil, alarms[index].wall == nil { alarms.remove(at: index) }
    }

    /// Whose moment has come; it is no longer set. In the order in which they were first set.
    mutating func takeDue(_ clock: any HubClock) -> [any AlarmHandler] {
        guard !alarms.isEmpty else { return [] }
        let (monotonic, wall) = (clock.monotonic, clock.now)
        var due: [any AlarmHandler] = []
        for index in alarms.indices.reversed() {
            let alarm = alarms[index]
            let (first, second) = (alarm.monotonic.map { $0 <= monotonic }, alarm.wall.map { $0 <= wall })
            guard first ?? false || second ?? false else { continue }
            due.append(alarm.handler)
            if first ?? false { alarms[index].monotonic = nil }
            if second ?? false { alarms[index].wall = nil }
            dropUnset(index)
        }
        return due.reversed()
    }

    /// Until the next one; not negative.
    func timeUntilNext(_ clock: any HubClock) -> Duration? {
        guard !alarms.isEmpty else { return nil }
        let (monotonic, wall) = (clock.monotonic, clock.now)
        let times = alarms.flatMap { alarm in
            [
                alarm.monotonic.map { time in
                    let (left, overflow) = time.subtractingReportingOverflow(monotonic)
                    return Duration(microseconds: overflow ? (time < monotonic ? 0 : .max) : left)
                },
                alarm.wall.map { $0 - wall },
            ].compactMap(\.self)
        }
        return times.min().map { max($0, .zero) }
    }
}

extension Hub {
    /// Wakes `handler` when the monotonic clock comes to `time`, instead of what was set before; nil is not at all.
    ///
    /// A moment that is past already rings at the end of the turn, of each turn once: what sets such moments again and again
    /// keeps nobody else waiting.
    package func setAlarm(at time: Int64?, for handler: some AlarmHandler) { alarms.set(monotonic: time, for: handler) }

    /// Wakes `handler` when the wall clock shows `time` or later, beside the monotonic alarm; nil is not at all. Where the
    /// clock is set forward, within a minute.
    package func setAlarm(wall time: Timestamp?, for handler: some AlarmHandler) {
        alarms.set(wall: time, for: handler)
    }

    /// Wakes each handler whose moment has come, once.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func ring() -> Bool {
        let due = alarms.takeDue(clock)
        for handler in due { handler.alarm(in: self) }
        return !due.isEmpty
    }

    /// For whoever moved the clock and wants everything that is due to have happened; bounded, as alarms may be set to the
    /// present for ever.
    func ringUntilQuiet() {
        var rounds = 10_000
        while rounds > 0, ring() {
            turn += 1
            rounds -= 1
        }
    }

    /// Until the next alarm; not negative.
    var timeUntilAlarm: Duration? { alarms.timeUntilNext(clock) }
}

/// What runs at start once the keys are there, before anything else is handled.
final class BootTasks: Sendable {
    typealias Task = @Sendable (isolated Hub) -> Void

    private let tasks = Mutex<[Task]>([])

    func append(_ task: @escaping Task) { tasks.withLock { $0.append(task) } }

    func take() -> [Task] {
        tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
    }
}

extension Hub {
    /// Adds what runs at `start`, on the hub's thread: the keys and the devices are restored, nothing else has happened, not
    /// even the fall of a key that ran out meanwhile. Call it before `start`; in the order of the calls.
    package nonisolated func addBootTask(_ task: @escaping @Sendable (isolated Hub) -> Void) {
        bootTasks.append(task)
    }
}
