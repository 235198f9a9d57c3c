internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import Logging

/// The callbacks of cells and what follows from them.
extension CellHost {
    /// What becomes of a cell's timeout.
    enum Due {
        case none
        case kept
        /// From now; below 0 is 0.
        case after(Duration)
    }

    func deliver(_ message: CellMessage, in hub: isolated Hub) {
        guard let number = state.shelf.known(message.behaviour), let behaviour = state.behaviours[number] else {
            return refuse(message, "no behaviour is called '\(message.behaviour.prefix(64))'", in: hub)
        }
        guard behaviour.takesMessages else {
            return refuse(message, "cells of '\(behaviour.name)' take no messages", in: hub)
        }
        let slot = state.shelf.find(number, message.id)
        if let failure = slot.flatMap(state.shelf.failure) {
            return refuse(message, "the cell has failed: \(failure)", in: hub)
        }
        state.counters.messages += 1
        do {
            try run(number, message.id, at: slot, asks: .none, in: hub) { call in
                try behaviour.message(message.message, &call, in: hub)
            }
        } catch {
            if let slot, state.shelf.contains(slot) { fail(slot, error.reason, in: hub) }
            refuse(message, error.reason, in: hub)
        }
    }

    private func refuse(_ message: CellMessage, _ reason: String, in hub: isolated Hub) {
        state.counters.deadLetters += 1
        hub.record(
            DeadLetter(
                topic: "cells/\(message.behaviour.prefix(128))/\(message.id.prefix(128))",
                payload: message.message.bytes, reason: reason, time: hub.clock.now))
    }

    func timeOut(_ slot: CellShelf.Slot, in hub: isolated Hub) {
        guard let behaviour = state.behaviours[state.shelf.behaviour(at: slot)] else { return }
        state.counters.timeouts += 1
        attempt(slot, asks: .none, in: hub) { call in try behaviour.timeout(&call, in: hub) }
    }

    func bootCell(at slot: CellShelf.Slot, in hub: isolated Hub) {
        guard state.shelf.contains(slot), state.shelf.failure(at: slot) == nil,
            let behaviour = state.behaviours[state.shelf.behaviour(at: slot)]
        else { return }
        state.counters.boots += 1
        attempt(slot, asks: .kept, in: hub) { call in try behaviour.boot(&call, in: hub) }
    }

    private func attempt(
        _ slot: CellShelf.Slot, asks: Due, in hub: isolated Hub, _ body: (inout CellCall) throws -> Void
    ) {
        do {
            try run(state.shelf.behaviour(at: slot), state.shelf.id(at: slot), at: slot, asks: asks, in: hub, body)
        } catch {
            if state.shelf.contains(slot) { fail(slot, error.reason, in: hub) }
        }
    }

    /// Runs one callback and does what it asked for.
    ///
    /// - Parameter asks: `.kept` where the pending timeout stands unless the callback sets another.
    private func run(
        _ number: Int32, _ id: String, at slot: CellShelf.Slot?, asks: Due, in hub: isolated Hub,
        _ body: (inout CellCall) throws -> Void
    ) throws(CellFault) {
        let left = slot.flatMap { timeLeft($0, in: hub) }
        var keeps = false
        if case .kept = asks { keeps = true }
        var call = CellCall(
            behaviour: state.shelf.names[Int(number)], id: id, data: try slot.map(parse),
            nextTimeout: keeps ? left : nil,
            pendingTimeout: left)
        let outer = state.running
        state.running = Running(behaviour: number, id: id)
        defer { state.running = outer }
        do { try body(&call) } catch { throw CellFault("\(error)") }
        if state.running?.isOverruled == false {
            let due: Due = keeps && call.nextTimeout == left ? .kept : call.nextTimeout.map { .after($0) } ?? .none
            try finish(call, number, at: slot, due, in: hub)
        }
        perform(call, in: hub)
    }

    private func parse(_ slot: CellShelf.Slot) throws(CellFault) -> JSON {
        do { return try JSON(parsing: state.shelf.data(at: slot)) } catch { throw CellFault("its data is \(error)") }
    }

    private func finish(
        _ call: CellCall, _ number: Int32, at slot: CellShelf.Slot?, _ due: Due, in hub: isolated Hub
    ) throws(CellFault) {
        guard let data = call.data else {
            if let slot { remove(slot, in: hub) }
            return
        }
        if let fault = data.storageFault() { throw CellFault("its data cannot be stored: \(fault)") }
        store(data, data.bytes, number, call.id, due: due, in: hub)
    }

    private func perform(_ call: CellCall, in hub: isolated Hub) {
        state.running = nil
        for effect in call.effects {
            do {
                switch effect {
                case .put(let key, let value):
                    try hub.put(key, value, cause: .rule(name: call.behaviour, run: 0, depth: 1))
                case .push(let message): try state.reactor?.push(message, in: hub)
                case .inject(let message): try state.reactor?.inject(message, in: hub)
                }
            } catch {
                logger.warning(
                    "a cell asked for what was refused",
                    metadata: ["behaviour": "\(call.behaviour)", "cell": "\(call.id)", "reason": "\(error)"])
            }
        }
    }

    /// - Parameter bytes: `data` as text.
    func store(
        _ data: JSON, _ bytes: [UInt8], _ number: Int32, _ id: String, due: Due, in hub: isolated Hub
    ) {
        let found = state.shelf.find(number, id)
        let slot = found ?? state.shelf.add(number, id, bytes)
        var isNews = found == nil
        if found != nil, state.shelf.setData(bytes, at: slot) { isNews = true }
        if state.shelf.failure(at: slot) != nil {
            state.shelf.setFailure(nil, at: slot)
            isNews = true
        }
        if setTimeout(due, at: slot, in: hub) { isNews = true }
        guard isNews else { return }
        hub.append(
            cell: CellWrite(
                behaviour: state.shelf.names[Int(number)], id: id, data: data,
                due: state.shelf.due(at: slot).map(Timestamp.init(microseconds:)), failure: nil))
    }

    /// - Returns: whether the row has to be written.
    private func setTimeout(_ due: Due, at slot: CellShelf.Slot, in hub: isolated Hub) -> Bool {
        let before = state.shelf.due(at: slot)
        switch due {
        case .kept: return false
        case .none:
            state.shelf.setDue(nil, at: slot)
            state.shelf.setWake(nil, at: slot)
            return before != nil
        case .after(let duration):
            let duration = max(duration, .zero)
            let wall = (hub.clock.now + duration).microseconds
            state.shelf.setDue(wall, at: slot)
            // Of a behaviour that is away nobody waits.
            if state.behaviours[state.shelf.behaviour(at: slot)] != nil { wait(for: slot, duration, in: hub) }
            return wall != before
        }
    }

    /// - Parameter duration: negative for what is overdue, so that the order stays.
    func wait(for slot: CellShelf.Slot, _ duration: Duration, in hub: isolated Hub) {
        let (sum, overflow) = hub.clock.monotonic.addingReportingOverflow(duration.microseconds)
        let wake = overflow ? (duration < .zero ? .min + 1 : .max) : sum
        state.shelf.setWake(wake, at: slot)
        state.timers.add(slot, wake, state.shelf)
    }

    func timeLeft(_ slot: CellShelf.Slot, in hub: isolated Hub) -> Duration? {
        if let wake = state.shelf.wake(at: slot) {
            let (left, overflow) = wake.subtractingReportingOverflow(hub.clock.monotonic)
            return Duration(microseconds: overflow ? (wake < 0 ? .min : .max) : left)
        }
        return state.shelf.due(at: slot).map { Timestamp(microseconds: $0) - hub.clock.now }
    }

    func remove(_ slot: CellShelf.Slot, in hub: isolated Hub) {
        hub.append(
            cell: CellWrite(
                behaviour: state.shelf.names[Int(state.shelf.behaviour(at: slot))], id: state.shelf.id(at: slot),
                data: nil, due: nil,
                failure: nil))
        state.shelf.remove(slot)
    }

    func fail(_ slot: CellShelf.Slot, _ error: String, in hub: isolated Hub) {
        state.counters.failures += 1
        let error = String(error.prefix(Self.maximumError))
        logger.warning(
            "a cell failed",
            metadata: [
                "behaviour": "\(state.shelf.names[Int(state.shelf.behaviour(at: slot))])",
                "cell": "\(state.shelf.id(at: slot))",
                "error": "\(error)",
            ])
        state.shelf.setFailure(error, at: slot)
        state.shelf.setDue(nil, at: slot)
        state.shelf.setWake(nil, at: slot)
        write(slot, in: hub)
    }

    private static let maximumError = 1024

    func revive(_ slot: CellShelf.Slot, in hub: isolated Hub) {
        state.shelf.setFailure(nil, at: slot)
        write(slot, in: hub)
    }

    private func write(_ slot: CellShelf.Slot, in hub: isolated Hub) {
        // A row that is damaged stays as it is.
        guard let data = try? parse(slot) else { return }
        hub.append(
            cell: CellWrite(
                behaviour: state.shelf.names[Int(state.shelf.behaviour(at: slot))], id: state.shelf.id(at: slot),
                data: data,
                due: state.shelf.due(at: slot).map(Timestamp.init(microseconds:)),
                failure: state.shelf.failure(at: slot)))
    }
}

/// Why a callback came to nothing.
struct CellFault: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
