package import Komoku
package import KomokuHub
package import KomokuStore
internal import KomokuSystem
package import Logging

/// Takes notes over from rules and sees to it that they arrive: each is a cell, for some days beyond its end. At least once: a
/// delivery that was not confirmed when the hub ended is repeated.
package final class Notifier: RuleNotifier, CellBehaviour {
    /// Told of each attempt; the note's target is the one that is told.
    package typealias Listener = @Sendable (Notification) -> Void

    package let name = "notification"
    package let wantsBoot = true
    package let takesMessages = false

    private let outputs: any RuleOutputs
    private let listener: Listener?
    private let zones: ZoneFiles
    private let logger: Logger
    // Every method that touches it takes the hub as isolated parameter, so only the hub's thread does.
    nonisolated(unsafe) private var state: State

    private struct State {
        var configuration: NotifyConfiguration
        var courier: TargetCourier
        /// By the name of the target.
        var others: [String: any NotifyCourier] = [:]
        var outbox = NoteOutbox()
        weak var cells: CellHost?
        var zone: (name: String, zone: Zone)?
        var lastNumber: Int64?

        init(_ configuration: NotifyConfiguration, _ courier: TargetCourier) {
            (self.configuration, self.courier) = (configuration, courier)
        }
    }

    /// - Parameter delivered: is told what goes where, for tests.
    package init(
        _ configuration: NotifyConfiguration, outputs: any RuleOutputs, delivered: Listener? = nil,
        zones: ZoneFiles = ZoneFiles(), logger: Logger
    ) {
        self.outputs = outputs
        self.zones = zones
        self.logger = logger
        listener = delivered
        state = State(configuration, TargetCourier(configuration.targets, outputs: outputs))
    }

    /// Where notes are kept; before the hub starts. The host has to know the notifier as a behaviour.
    package func attach(to cells: CellHost) {
        state.cells = cells
    }

    /// Uses another configuration from now on, for notes that wait, too.
    package func reload(_ configuration: NotifyConfiguration, in hub: isolated Hub) {
        state.configuration = configuration
        state.courier = TargetCourier(configuration.targets, outputs: outputs)
        state.zone = nil
    }

    /// Lets a target be told in another way than the section says; nil ends that.
    package func add(_ courier: (any NotifyCourier)?, for target: String, in hub: isolated Hub) {
        state.others[target] = courier
    }
}

// MARK: - Taking over

extension Notifier {
    package func notify(_ notification: Notification, run: Int64, in hub: isolated Hub) throws(OutputFailure) {
        let now = hub.clock.now
        let due = notification.isUrgent ? now : quietEnd(at: now, in: hub) ?? now
        for number in state.outbox.makeRoom(at: now) { state.cells?.forget(name, String(number), in: hub) }
        let next = nextNumber(in: hub)
        let acceptance = try state.outbox.accept(
            notification, number: next, run: run, at: now, due: due)
        switch acceptance {
        case .repeated(let number): write(number, in: hub)
        case .new(let number):
            state.lastNumber = number
            if let fault = state.outbox[number]?.coded.storageFault() {
                state.outbox.remove(number)
                throw OutputFailure("the notification cannot be stored: \(fault)", isTransient: false)
            }
            step(number, at: now, in: hub)
            write(number, in: hub)
        }
    }

    /// Somebody has seen the note of a number.
    ///
    /// - Returns: false where there is none.
    @discardableResult
    package func acknowledge(number: Int64, in hub: isolated Hub) -> Bool {
        let now = hub.clock.now
        guard let isNews = state.outbox.change(number, { $0.acknowledge(at: now) }) else { return false }
        if isNews { write(number, in: hub) }
        return true
    }

    /// Somebody has seen the notes of a topic.
    ///
    /// - Returns: how many there were that nobody had acknowledged.
    @discardableResult
    package func acknowledge(_ topic: String, in hub: isolated Hub) -> Int {
        let wanted = state.outbox.all.filter {
            $0.acknowledged == nil && $0.notification.topic.utf8.elementsEqual(topic.utf8)
        }
        return wanted.count { acknowledge(number: $0.number, in: hub) }
    }

    /// Those that wait for delivery or for somebody to acknowledge them, oldest first.
    package func open(in hub: isolated Hub) -> [Note] {
        let now = hub.clock.now
        return state.outbox.all.filter { $0.isOpen(at: now) }
    }

    /// With those that have ended of late, oldest first.
    package func all(in hub: isolated Hub) -> [Note] { state.outbox.all }

    private func nextNumber(in hub: isolated Hub) -> Int64 {
        let last = state.lastNumber ?? state.cells?.ids(of: name, in: hub).compactMap { Int64($0) }.max() ?? 0
        return last + 1
    }
}

// MARK: - Delivering

extension Notifier {
    private func quietEnd(at time: Timestamp, in hub: isolated Hub) -> Timestamp? {
        guard let quiet = state.configuration.quiet else { return nil }
        return quiet.end(at: time, in: currentZone(in: hub))
    }

    private func currentZone(in hub: isolated Hub) -> Zone {
        let name = hub.configuration.timeZone ?? "local"
        if let zone = state.zone, zone.name.utf8.elementsEqual(name.utf8) { return zone.zone }
        let found = (try? zones.zone(named: name)) ?? .utc
        state.zone = (name, found)
        return found
    }

    private func step(_ number: Int64, at now: Timestamp, in hub: isolated Hub) {
        // Reading the zone's file is not for each note.
        let zone = state.configuration.quiet == nil ? .utc : currentZone(in: hub)
        let quiet = state.configuration.quiet
        let before = state.outbox[number]
        let tries = state.outbox.change(number) { note in note.step(at: now) { quiet?.end(at: $0, in: zone) } }
        report(before, state.outbox[number])
        guard let note = state.outbox[number] else { return }
        for index in tries ?? [] { deliver(note, index, in: hub) }
    }

    private func deliver(_ note: Note, _ index: Int, in hub: isolated Hub) {
        var notification = note.notification
        let delivery = note.deliveries[index]
        notification.target = delivery.target
        listener?(notification)
        let (number, attempt) = (note.number, delivery.attempts)
        let courier: any NotifyCourier = state.others[delivery.target] ?? state.courier
        courier.deliver(notification, number: number) { [weak self, weak hub] fault in
            // Also where it is told at once: what was accepted is written first.
            hub?.enqueue { [weak self] in self?.answered(number, index, attempt, fault, in: $0) }
        }
    }

    private func answered(
        _ number: Int64, _ index: Int, _ attempt: Int, _ fault: OutputFailure?, in hub: isolated Hub
    ) {
        let (before, now) = (state.outbox[number], hub.clock.now)
        guard state.outbox.change(number, { $0.answered(index, attempt: attempt, fault, at: now) }) == true else {
            return
        }
        report(before, state.outbox[number])
        write(number, in: hub)
    }

    /// Says what has failed: the first time, and when it is given up.
    private func report(_ before: Note?, _ after: Note?) {
        guard let before, let after else { return }
        for (old, new) in zip(before.deliveries, after.deliveries) where old.stage == .sending {
            let metadata: Logger.Metadata = [
                "rule.name": "\(after.notification.rule)", "notification.id": "\(after.number)",
                "notification.to": "\(new.target)", "notification.reason": "\(new.reason ?? "")",
            ]
            switch new.stage {
            case .failed: logger.error("a notification could not be delivered", metadata: metadata)
            case .waiting where new.attempts == 1:
                logger.warning("a notification is not delivered yet, and is tried again", metadata: metadata)
            case .waiting, .sending, .delivered: break
            }
        }
    }
}

// MARK: - Cells

extension Notifier {
    /// Writes a note down, or forgets it where it is over.
    private func write(_ number: Int64, in hub: isolated Hub) {
        let now = hub.clock.now
        _ = state.outbox.change(number) { if $0.hasEnded(at: now) { $0.shorten() } }
        guard let note = state.outbox[number] else { return }
        if note.isOver(at: now) {
            state.outbox.remove(number)
            state.cells?.forget(name, String(number), in: hub)
        } else {
            state.cells?.set(name, String(number), data: note.coded, after: note.nextMoment - now, in: hub)
        }
    }

    package func boot(_ cell: inout CellCall, in hub: isolated Hub) throws {
        guard let number = Int64(cell.id), let data = cell.data, var note = Note(coding: data, number: number) else {
            throw OutputFailure("the notification is damaged", isTransient: false)
        }
        note.restarted(at: hub.clock.now)
        state.outbox.add(note)
        cell.data = note.coded
        cell.nextTimeout = note.nextMoment - hub.clock.now
    }

    package func message(_ message: JSON, _ cell: inout CellCall, in hub: isolated Hub) throws {}

    package func left(_ id: String, in hub: isolated Hub) {
        if let number = Int64(id) { state.outbox.remove(number) }
    }

    package func timeout(_ cell: inout CellCall, in hub: isolated Hub) throws {
        guard let number = Int64(cell.id), let moment = state.outbox[number]?.nextMoment else {
            cell.data = nil
            return
        }
        // Lengths of time are not those of a clock that was set back.
        let now = max(hub.clock.now, moment)
        step(number, at: now, in: hub)
        guard let note = state.outbox[number], !note.isOver(at: now) else {
            state.outbox.remove(number)
            cell.data = nil
            return
        }
        cell.data = note.coded
        cell.nextTimeout = note.nextMoment - now
    }
}
