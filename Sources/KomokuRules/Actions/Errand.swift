import Komoku
import KomokuHub
import KomokuSystem

/// What a run has done outside of it; each action that does so has one in its file.
protocol Errand: Sendable {
    /// Does it, or begins to.
    ///
    /// - Parameters:
    ///   - run: that stands at the step; where the errand only begins, `engine` keeps it.
    ///   - rule: the place of its rule.
    func perform(_ run: Run, at rule: Int, by engine: RuleEngine, in hub: isolated Hub) -> Performance
}

/// What became of an errand.
enum Performance {
    /// It is done; commands to devices may be under way.
    case done([CommandDelivery] = [])
    case refused(OutputFault)
    /// The run stands, and is told of the end.
    case begun
}

extension RuleEngine {
    /// Changes a key, or commands its device.
    ///
    /// - Parameter value: that the hub is asked to take; what it refuses is told with it.
    func command(
        _ key: KeyName, _ value: JSON, _ run: Run, isEchoed: Bool = true, in hub: isolated Hub,
        _ body: (Cause) throws(CommandError) -> Void
    ) -> Performance {
        let origin = origin(of: run, in: hub)
        if isEchoed, hub.key(key)?.isWritable == true {
            machine.echoes.commanded(key, value, origin, at: hub.clock.monotonic)
        }
        let cause = Cause.rule(name: run.rule.name, run: run.id, depth: origin.depth)
        do throws(CommandError) {
            return .done(try hub.sending { () throws(CommandError) in try body(cause) })
        } catch {
            let reason =
                hub.putFault(key, value) ?? "the hub refused \(value.text.prefix(64)) for \(key): \(error.rawValue)"
            return .refused(OutputFault(reason, isTransient: false))
        }
    }

    /// The run as the origin of what comes back because of it.
    func origin(of run: Run, in hub: isolated Hub) -> Echoes.Origin {
        Echoes.Origin(depth: nextDepth(of: run, in: hub), run: run.id)
    }

    /// How many changes led to what a run does now: where it comes long after what fired it, none.
    func nextDepth(of run: Run, in hub: isolated Hub) -> Int {
        let passed = (hub.clock.now - run.started).microseconds.magnitude
        return passed < Self.chainTime.microseconds.magnitude ? run.occasion.depth + 1 : 1
    }

    /// The run stands until it is reported what became of what was begun, or its time is over.
    ///
    /// - Parameters:
    ///   - due: when that is, on the monotonic clock; nil where whoever does it keeps the time.
    ///   - begin: gets what to call with the report, on any thread.
    func stand(
        _ run: Run, at rule: Int, until due: Int64?, in hub: isolated Hub,
        _ begin: (@escaping Report) -> OutputCancellation?
    ) -> Performance {
        let id = run.id
        let number = stand(run, at: rule, due: due, in: hub)
        let cancellation = begin { [weak self, weak hub] take in
            hub?.enqueue { [weak self] hub in self?.report(id, number, in: hub, take) }
        }
        if case .live(let live)? = machine.runs[id]?.form, let cancellation { live.cancellation = cancellation }
        return .begun
    }

    typealias Report = @Sendable (@escaping @Sendable (inout Run) -> Void) -> Void

    /// The same for what a server or a program is asked, which has `timeout` to answer.
    func ask(
        _ run: Run, at rule: Int, _ timeout: Duration, in hub: isolated Hub,
        _ begin: (@escaping @Sendable (Result<OutputAnswer, OutputFault>) -> Void) -> OutputCancellation?
    ) -> Performance {
        let due = outputs.grace.map { hub.clock.monotonic.adding(timeout).adding($0) }
        return stand(run, at: rule, until: due, in: hub) { report in
            begin { result in
                report { run in
                    switch result {
                    case .success(let answer): run.answered(answer)
                    case .failure(let fault): run.failed(fault)
                    }
                }
            }
        }
    }
}
