import Komoku
import KomokuExpression
import KomokuHub
import Logging
import KomokuSystem

/// What a run demands, done on the hub or outside.
extension RuleEngine {
    /// Lets a run go on until it waits or ends.
    func drive(_ given: Run, at rule: Int, in hub: isolated Hub) {
        var run = given
        while true {
            let demand = run.advance(
                { value(of: $0, in: hub) }, now: hub.clock.now, keyCount: hub.keyBound,
                nextKey: { hub.key(matching: $0, after: $1, before: $2) }, script: { script($0) })
            switch demand {
            case .put, .toggle, .increment, .publish, .notify, .log, .call:
                var deliveries: [CommandDelivery] = []
                if let fault = perform(demand, of: run, &deliveries, in: hub) {
                    run.refused(fault)
                } else if waitsForBroker(demand) {
                    return publish(demand, run, at: rule, in: hub)
                } else if !deliveries.isEmpty, run.waitsForReport {
                    return awaitReports(of: deliveries, run, at: rule, in: hub)
                } else if deliveries.contains(where: \.waitsForConnection) {
                    return stand(by: deliveries, run, at: rule, in: hub)
                } else {
                    noteFailures(of: deliveries, run, in: hub)
                    run.succeeded()
                }
            case .http, .launch: return request(demand, run, at: rule, in: hub)
            case .wait(let duration):
                stand(run, at: rule, due: hub.clock.monotonic.adding(duration), in: hub)
                return
            case .waitUntil(let timeout):
                stand(run, at: rule, due: timeout.map(hub.clock.monotonic.adding), in: hub)
                return watch(run.id, in: hub)
            case .history(let calls):
                let demand = stand(run, at: rule, due: runs[run.id]?.due, in: hub)
                return ask(calls, for: run.id, demand, in: hub)
            case .stand:
                stand(run, at: rule, due: runs[run.id]?.due ?? dueAgain(run, in: hub), in: hub)
                return
            case .pause:
                let demand = stand(run, at: rule, due: nil, in: hub)
                return resumeLater(run.id, demand, in: hub)
            case .end: return finish(run, at: rule, in: hub)
            }
        }
    }

    /// - Returns: why it came to nothing.
    private func perform(
        _ demand: Run.Demand, of run: Run, _ deliveries: inout [CommandDelivery], in hub: isolated Hub
    ) -> OutputFault? {
        let origin = Echoes.Origin(depth: nextDepth(of: run, in: hub), run: run.id)
        let cause = Cause.rule(name: run.rule.name, run: run.id, depth: origin.depth)
        switch demand {
        case .put(let key, let json):
            note(json, commandedTo: key, origin, in: hub)
            return refusal(key, json, &deliveries, in: hub) { () throws(CommandError) in
                try hub.put(key, json, cause: cause)
            }
        case .toggle(let key):
            guard let value = hub.last(key)?.value.flatMap(\.boolean) else {
                return OutputFault("\(key) is neither true nor false", isTransient: false)
            }
            note(.bool(!value), commandedTo: key, origin, in: hub)
            return refusal(key, .bool(!value), &deliveries, in: hub) { () throws(CommandError) in
                try hub.put(key, .bool(!value), cause: cause)
            }
        case .increment(let key, let step):
            return refusal(key, .number(step), &deliveries, in: hub) { () throws(CommandError) in
                try hub.increment(key, by: step, cause: cause)
            }
        case .publish(let message):
            echoes.sent(message, origin, at: hub.clock.monotonic)
            if message.qos == 0, outputs.isBrokerReady { outputs.publish(message, then: nil) }
        case .log(let text, let level):
            if mayLog(run.rule, in: hub) {
                outputs.log(rule: run.rule.name, level: level, text: hidden.masked(text))
            }
        case .notify(let note):
            guard let notifier else { return OutputFault("nobody delivers notes", isTransient: false) }
            do throws(OutputFault) { try notifier.notify(note, run: run.id, in: hub) } catch { return error }
        case .call(let name, let arguments): return call(name, arguments, run, in: hub)
        default: break
        }
        return nil
    }

    /// Whether one more line of a rule goes to the log: a rule that runs 10,000 times a second would fill the disk.
    func mayLog(_ rule: Rule, in hub: isolated Hub) -> Bool {
        guard let place = places[rule.name] else { return true }
        if rules[place].logRation == nil { rules[place].logRation = RunRation(at: hub.clock.monotonic) }
        let isFirst = rules[place].unlogged == 0
        guard rules[place].logRation?.take(at: hub.clock.monotonic) ?? true else {
            rules[place].unlogged += 1
            if isFirst {
                logger.warning(
                    "a rule logs too much; its lines are only counted for now", metadata: ["rule": "\(rule.name)"])
            }
            return false
        }
        if !isFirst {
            logger.warning(
                "lines of a rule were left out",
                metadata: ["rule": "\(rule.name)", "lines": "\(rules[place].unlogged)"])
            rules[place].unlogged = 0
        }
        return true
    }

    /// How many changes led to what a run does now: where it comes long after what fired it, none.
    private func nextDepth(of run: Run, in hub: isolated Hub) -> Int {
        let passed = (hub.clock.now - run.started).microseconds.magnitude
        return passed < Self.chainTime.microseconds.magnitude ? run.occasion.depth + 1 : 1
    }

    private func note(
        _ json: JSON, commandedTo key: KeyName, _ origin: Echoes.Origin, in hub: isolated Hub
    ) {
        guard hub.key(key)?.isWritable == true else { return }
        echoes.commanded(key, json, origin, at: hub.clock.monotonic)
    }

    private func refusal(
        _ key: KeyName, _ json: JSON, _ deliveries: inout [CommandDelivery], in hub: isolated Hub,
        _ body: () throws(CommandError) -> Void
    ) -> OutputFault? {
        do throws(CommandError) {
            deliveries = try hub.sending(body)
            return nil
        } catch {
            let reason =
                hub.putFault(key, json) ?? "the hub refused \(json.text.prefix(64)) for \(key): \(error.rawValue)"
            return OutputFault(reason, isTransient: false)
        }
    }

    /// Begins a run that nobody waits for.
    private func call(
        _ name: String, _ arguments: [String: Value], _ caller: Run, in hub: isolated Hub
    ) -> OutputFault? {
        guard let rule = places[name] else { return OutputFault("there is no rule '\(name)'", isTransient: false) }
        var occasion = Occasion("call", at: hub.clock.now)
        occasion.arguments = arguments
        occasion.depth = nextDepth(of: caller, in: hub)
        occasion.parent = caller.id
        occasion.source = "rule \(caller.rule.name)"
        let generation = generation
        perform(in: hub) { [self, occasion] hub in
            if generation == self.generation { begin(rule, occasion, in: hub) }
        }
        return nil
    }

    // MARK: Outside

    private func waitsForBroker(_ demand: Run.Demand) -> Bool {
        if case .publish(let message) = demand { message.qos > 0 || !outputs.isBrokerReady } else { false }
    }

    private func publish(_ demand: Run.Demand, _ run: Run, at rule: Int, in hub: isolated Hub) {
        guard case .publish(var message) = demand else { return }
        let (id, timeout) = (run.id, run.timeout ?? (message.qos > 0 ? options.publishTimeout : hub.commandTimeout))
        message.timeout = timeout
        // Where the broker is away it is said first that it is.
        let grace = outputs.isBrokerReady ? Duration.zero : Self.grace
        let number = stand(run, at: rule, due: hub.clock.monotonic.adding(timeout).adding(grace), in: hub)
        outputs.publish(message) { [weak self, weak hub] fault in
            hub?.enqueue { [weak self] hub in
                self?.report(id, number, in: hub) { run in
                    if let fault { run.failed(fault) } else { run.succeeded() }
                }
            }
        }
    }

    /// Whoever publishes keeps the same time and says more about it, a little later.
    private static let grace = Duration.seconds(5)

    private func request(_ demand: Run.Demand, _ run: Run, at rule: Int, in hub: isolated Hub) {
        let id = run.id
        let timeout =
            switch demand {
            case .http(let request): request.timeout
            case .launch(let call): call.timeout
            default: Duration.zero
            }
        let due = outputs.grace.map { hub.clock.monotonic.adding(timeout).adding($0) }
        let number = stand(run, at: rule, due: due, in: hub)
        let then: @Sendable (Result<OutputAnswer, OutputFault>) -> Void = { [weak self, weak hub] result in
            hub?.enqueue { [weak self] hub in
                self?.report(id, number, in: hub) { run in
                    switch result {
                    case .success(let answer): run.answered(answer)
                    case .failure(let fault): run.failed(fault)
                    }
                }
            }
        }
        let cancellation: OutputCancellation? =
            switch demand {
            case .http(let request): outputs.request(request, then: then)
            case .launch(let call): outputs.launch(call, then: then)
            default: nil
            }
        if case .live(let live)? = runs[id]?.form { live.cancellation = cancellation }
    }

    private func ask(_ calls: [HistoryCall], for id: Int64, _ demand: UInt32, in hub: isolated Hub) {
        ask(calls, in: hub) { [self] answers, hub in
            report(id, demand, in: hub) { $0.answer(answers) }
        }
    }

    private func resumeLater(_ id: Int64, _ demand: UInt32, in hub: isolated Hub) {
        hub.enqueue { [weak self] hub in self?.report(id, demand, in: hub) { _ in } }
    }

    /// Takes what became of what a run demanded, unless it has gone on since.
    func report(
        _ id: Int64, _ demand: UInt32, in hub: isolated Hub, _ take: @escaping @Sendable (inout Run) -> Void
    ) {
        perform(in: hub) { [self] hub in
            guard let standing = runs[id], standing.demand == demand, let live = live(id) else { return }
            live.cancellation = nil
            var run = live.run
            take(&run)
            drive(run, at: Int(standing.rule), in: hub)
        }
    }
}
