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
        noteLateFailures(of: deliveries, id, in: hub)
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
                report(id, number, in: hub) { $0.failed(OutputFault("\(first.key): \(fault.description)")) }
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
        if case .live(let live)? = runs[run.id]?.form { live.commanded = deliveries.map(\.key) }
        awaitReport(deliveries[...], run.id, number, in: hub)
    }

    private func awaitReport(
        _ deliveries: ArraySlice<CommandDelivery>, _ id: Int64, _ number: UInt32, in hub: isolated Hub
    ) {
        guard let first = deliveries.first else { return report(id, number, in: hub) { $0.succeeded() } }
        first.whenEnded { [weak self, weak hub] outcome in
            hub?.enqueue { [weak self] hub in
                guard let fault = outcome.fault else {
                    return self?.awaitReport(deliveries.dropFirst(), id, number, in: hub) ?? ()
                }
                guard let self, !outputs.isEnding else { return }
                report(id, number, in: hub) { $0.failed(OutputFault("\(first.key): \(fault)")) }
            }
        }
    }

    /// A command that fails after the run went on is told where its run is told of.
    func noteFailures(of deliveries: [CommandDelivery], _ id: Int64, in hub: isolated Hub) {
        for delivery in deliveries {
            delivery.whenKnown { [weak self, weak hub] fault in
                guard let fault else { return }
                hub?.enqueue { [weak self] hub in
                    self?.note("\(delivery.key) failed: \(fault.description)", on: id, in: hub)
                }
            }
        }
        noteLateFailures(of: deliveries, id, in: hub)
    }

    /// The same, of what fails though the broker has it.
    private func noteLateFailures(of deliveries: [CommandDelivery], _ id: Int64, in hub: isolated Hub) {
        for delivery in deliveries {
            delivery.whenFailedLater { [weak self, weak hub] fault in
                hub?.enqueue { [weak self] hub in
                    self?.note("\(delivery.key) failed later: \(fault.description)", on: id, in: hub)
                }
            }
        }
    }

    private func note(_ text: String, on id: Int64, in hub: isolated Hub) {
        if let live = live(id) {
            live.run.note(text)
            runs[id]?.isWritten = false
            return unwritten.append(id)
        }
        let text = hidden.masked(text)
        guard let record = recent.update(id, { $0.note(text) }) else { return }
        log?.amend(record, in: hub)
    }
}

extension CommandOutcome {
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
    /// Notes what became of it after it ended.
    fileprivate mutating func note(_ text: String) {
        let text = text.cut(to: EffectLog.maximumText)
        if effects.count >= Self.maximumEffects { effects.removeLast() }
        effects.append(text)
        if reason == nil { reason = text }
    }
}

extension Run {
    /// Notes what became of something that it did.
    fileprivate mutating func note(_ text: String) { log.add(text) }
}
