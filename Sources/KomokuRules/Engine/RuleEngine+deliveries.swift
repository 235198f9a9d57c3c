import Komoku
import KomokuHub
import KomokuSystem

/// What puts of runs send to devices.
extension RuleEngine {
    /// Before the broker is there a step that commands a device waits for it, and fails where it does not come in time.
    func stand(by deliveries: [CommandDelivery], _ run: Run, at rule: Int, in hub: isolated Hub) {
        let id = run.id
        let timeout = run.timeout ?? hub.commandTimeout
        let due = hub.clock.monotonic.adding(timeout).adding(Self.patience)
        let number = stand(run, at: rule, due: due, in: hub)
        noteLateFailures(of: deliveries, run, in: hub)
        awaitFirst(deliveries[...], id, number, in: hub)
    }

    /// The hub tells first what became of a command.
    private static let patience = Duration.seconds(5)

    private func awaitFirst(
        _ deliveries: ArraySlice<CommandDelivery>, _ id: Int64, _ number: UInt32, in hub: isolated Hub
    ) {
        guard let first = deliveries.first else {
            return report(id, number, in: hub) { $0.succeeded() }
        }
        first.whenKnown { [weak self, weak hub] fault in
            hub?.enqueue { [weak self] hub in
                guard let fault else { return self?.awaitFirst(deliveries.dropFirst(), id, number, in: hub) ?? () }
                guard let self, !outputs.isEnding else { return }
                report(id, number, in: hub) { $0.failed(OutputFailure("\(first.key): \(fault.description)")) }
            }
        }
    }

    /// The step is done when the devices have reported what they were told.
    func awaitReports(of deliveries: [CommandDelivery], _ run: Run, at rule: Int, in hub: isolated Hub) {
        // Each command ends by itself, after `command_timeout` and some grace at the latest.
        let longest =
            run.timeout.map(hub.clock.monotonic.adding)
            ?? hub.clock.monotonic.adding(hub.commandTimeout).adding(hub.commandTimeout).adding(Self.patience)
        let number = stand(run, at: rule, due: longest, in: hub)
        if case .live(let live)? = machine.runs[run.id]?.form { live.commanded = deliveries.map(\.key) }
        awaitReport(deliveries[...], run.id, number, in: hub)
    }

    /// - Parameter isReported: so far all of them have.
    private func awaitReport(
        _ deliveries: ArraySlice<CommandDelivery>, _ id: Int64, _ number: UInt32, isReported: Bool = true,
        in hub: isolated Hub
    ) {
        guard let first = deliveries.first else {
            return report(id, number, in: hub) { if isReported { $0.reported() } else { $0.succeeded() } }
        }
        first.whenEnded { [weak self, weak hub] outcome in
            hub?.enqueue { [weak self] hub in
                guard let fault = outcome.fault else {
                    let isReported = isReported && outcome.isReported
                    self?.awaitReport(deliveries.dropFirst(), id, number, isReported: isReported, in: hub)
                    return
                }
                guard let self, !outputs.isEnding else { return }
                report(id, number, in: hub) { $0.failed(OutputFailure("\(first.key): \(fault)")) }
            }
        }
    }

    /// A command that fails after the run went on is told where its run is told of.
    func noteFailures(of deliveries: [CommandDelivery], _ run: Run, in hub: isolated Hub) {
        for delivery in deliveries {
            let note = noting(.failed, of: delivery, run)
            delivery.whenKnown { [weak hub] fault in
                if let fault { hub?.enqueue { note(fault, $0) } }
            }
        }
        noteLateFailures(of: deliveries, run, in: hub)
    }

    /// The same, of what fails though the broker has it.
    private func noteLateFailures(of deliveries: [CommandDelivery], _ run: Run, in hub: isolated Hub) {
        for delivery in deliveries {
            let note = noting(.failedLater, of: delivery, run)
            delivery.whenFailedLater { [weak hub] fault in hub?.enqueue { note(fault, $0) } }
        }
    }

    /// What notes a fault on the effect that the run has added last.
    private func noting(
        _ outcome: RunEffect.Outcome, of delivery: CommandDelivery, _ run: Run
    ) -> @Sendable (CommandRefusal, isolated Hub) -> Void {
        let (id, effect, index, key) = (run.root, run.newestEffect, run.effectCount - 1, delivery.key)
        return { [weak self] fault, hub in
            self?.note(
                LateFailure(effect: effect, index: index, key: key, outcome: outcome, reason: fault.description),
                on: id,
                in: hub)
        }
    }

    private func note(_ fault: LateFailure, on id: Int64, in hub: isolated Hub) {
        if let live = live(id) {
            live.run.note(fault)
            return machine.runs.setUnwritten(id)
        }
        let hidden = machine.rules.hidden
        guard let record = machine.recent.update(id, { $0 = hidden.masked($0.noting(fault)) }) else { return }
        log?.amend(record, in: hub)
    }
}

extension CommandOutcome {
    fileprivate var isReported: Bool { if case .reported = self { true } else { false } }

    /// Why a device has not done what it was told; nil where it has, or never says.
    fileprivate var fault: String? {
        switch self {
        case .reported, .sent: nil
        case .differs(let value): "the device reports \(value.json.text.cut(to: 40)) instead"
        case .failed(let reason): reason
        }
    }
}

extension RunRecord {
    /// With what became of an effect after the run had ended.
    fileprivate func noting(_ fault: LateFailure) -> RunRecord {
        var record = self
        record.omitted += record.effects.note(fault)
        if reason == nil { record.reason = fault.text.cut(to: EffectLog.maximumText) }
        return record
    }
}

extension Run {
    /// Notes what became of something that it did.
    fileprivate mutating func note(_ fault: LateFailure) { log.note(fault) }

    /// That of the step at which it stands.
    fileprivate var newestEffect: RunEffect { placed(RunEffect(verb: instruction?.operation.word ?? "")) }

    fileprivate var effectCount: Int { log.count }
}
