import Komoku
import KomokuHub
import KomokuSystem

/// What a run has done outside of it; each action that does so has one in its file.
protocol Errand: Sendable {
    /// Does it, or begins to.
    ///
    /// - Parameters:
    ///   - run: that stands at the step; where the errand only begins, `performer` keeps it.
    ///   - rule: the place of its rule.
    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance
}

/// What became of an errand.
enum Performance {
    /// It is done; commands to devices may be under way.
    case done([CommandDelivery] = [])
    /// The same, with effects of its own.
    case did([RunEffect], [CommandDelivery])
    case refused(OutputFailure)
    /// The run stands, and is told of the end.
    case begun
}

/// What errands are done with: the engine, on the hub's thread.
protocol Performer: AnyObject, Sendable {
    var outputs: any RuleOutputs { get }
    var notifier: (any RuleNotifier)? { get }
    /// How long a publication may wait for the broker, where the rule says nothing.
    var publishTimeout: Duration { get }

    /// Changes a key, or commands its device.
    ///
    /// - Parameters:
    ///   - value: that the hub is asked to take; what it refuses is told with it.
    ///   - isEchoed: whether the device tells the value back.
    func command(
        _ key: KeyName, _ value: JSON, _ run: Run, isEchoed: Bool, in hub: isolated Hub,
        _ body: (Cause) throws(CommandError) -> Void
    ) -> Performance

    /// Begins a run of a script that nobody waits for.
    ///
    /// - Returns: false where there is no such rule.
    func call(_ name: String, _ arguments: [String: Value], by run: Run, in hub: isolated Hub) -> Bool

    /// Fills a line of the log, if the rule may.
    func log(_ text: String, _ level: LogLevel, by run: Run, in hub: isolated Hub)

    /// Remembers the values of the keys that match, in the place of an older snapshot of the name.
    func takeSnapshot(_ name: String, of patterns: [KeyPattern], in hub: isolated Hub) -> Performance

    /// Puts back what a snapshot remembers, where it is something else now.
    func restoreSnapshot(_ name: String, by run: Run, in hub: isolated Hub) -> Performance

    /// What comes back because of a message follows from the run.
    func expectEcho(of message: RulePublication, _ run: Run, in hub: isolated Hub)

    /// The run stands until it is reported what became of what was begun, or its time is over.
    ///
    /// - Parameters:
    ///   - due: when that is, on the monotonic clock; nil where whoever does it keeps the time.
    ///   - begin: gets what to call with the report, on any thread.
    func stand(
        _ run: Run, at rule: Int, until due: Int64?, in hub: isolated Hub,
        _ begin: (@escaping Report) -> OutputCancellation?
    ) -> Performance

    /// The same for what a server or a program is asked, which has `timeout` to answer.
    func ask(
        _ run: Run, at rule: Int, _ timeout: Duration, in hub: isolated Hub,
        _ begin: (@escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void) -> OutputCancellation?
    ) -> Performance
}

extension Performer {
    typealias Report = @Sendable (@escaping @Sendable (inout Run) -> Void) -> Void
}
