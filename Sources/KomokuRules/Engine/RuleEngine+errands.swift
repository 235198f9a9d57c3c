import Komoku
import KomokuHub
import KomokuSystem

/// What actions do outside of their runs.
extension RuleEngine: Performer {
    var publishTimeout: Duration { options.publishTimeout }

    func command(
        _ key: KeyName, _ value: JSON, _ run: Run, isEchoed: Bool, in hub: isolated Hub,
        _ body: (Cause) throws(CommandError) -> Void
    ) -> Performance {
        let origin = origin(of: run, in: hub)
        if isEchoed, hub.key(key)?.isWritable == true {
            machine.echoes.commanded(key, value, origin, at: hub.clock.monotonic)
        }
        let cause = Cause.rule(name: run.rule.name, run: run.root, depth: origin.depth)
        do throws(CommandError) {
            return .done(try hub.sending { () throws(CommandError) in try body(cause) })
        } catch {
            let reason =
                hub.putFault(key, value) ?? "the hub refused \(value.text.prefix(64)) for \(key): \(error.rawValue)"
            return .refused(OutputFailure(reason, isTransient: false))
        }
    }

    func call(_ name: String, _ arguments: [String: Value], by run: Run, in hub: isolated Hub) -> Bool {
        guard let callee = machine.rules.offset(of: name) else { return false }
        var occasion = Occasion("call", at: hub.clock.now)
        occasion.arguments = arguments
        occasion.depth = nextDepth(of: run, in: hub)
        occasion.parent = run.root
        occasion.source = "rule \(run.rule.name)"
        let generation = machine.rules.generation
        perform(in: hub) { [self, occasion] hub in
            if generation == machine.rules.generation { begin(callee, occasion, in: hub) }
        }
        return true
    }

    func log(_ text: String, _ level: LogLevel, by run: Run, in hub: isolated Hub) {
        guard mayLog(run.rule, in: hub) else { return }
        outputs.log(rule: run.rule.name, level: level, text: machine.rules.hidden.masked(text))
    }

    func expectEcho(of message: RulePublication, _ run: Run, in hub: isolated Hub) {
        machine.echoes.sent(message, origin(of: run, in: hub), at: hub.clock.monotonic)
    }

    /// The run as the origin of what comes back because of it.
    func origin(of run: Run, in hub: isolated Hub) -> Echoes.Origin {
        Echoes.Origin(depth: nextDepth(of: run, in: hub), run: run.root)
    }

    /// How many changes led to what a run does now: where it comes long after what fired it, none.
    func nextDepth(of run: Run, in hub: isolated Hub) -> Int {
        let passed = (hub.clock.now - run.started).microseconds.magnitude
        return passed < Self.chainTime.microseconds.magnitude ? run.occasion.depth + 1 : 1
    }

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

    func ask(
        _ run: Run, at rule: Int, _ timeout: Duration, in hub: isolated Hub,
        _ begin: (@escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void) -> OutputCancellation?
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
