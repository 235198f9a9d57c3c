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
        let place = state.shelf.find(number, message.id)
        if let failure = place.flatMap(state.shelf.failure) {
            return refuse(message, "the cell has failed: \(failure)", in: hub)
        }
        state.counters.messages += 1
        do {
            try run(number, message.id, at: place, asks: .none, in: hub) { step in
                try behaviour.message(message.message, &step, in: hub)
            }
        } catch {
            if let place, state.shelf.contains(place) { fail(place, error.reason, in: hub) }
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

    func timeOut(_ place: CellShelf.Place, in hub: isolated Hub) {
        guard let behaviour = state.behaviours[state.shelf.behaviour(at: place)] else { return }
        state.counters.timeouts += 1
        attempt(place, asks: .none, in: hub) { step in try behaviour.timeout(&step, in: hub) }
    }

    func bootCell(at place: CellShelf.Place, in hub: isolated Hub) {
        guard state.shelf.contains(place), state.shelf.failure(at: place) == nil,
            let behaviour = state.behaviours[state.shelf.behaviour(at: place)]
        else { return }
        state.counters.boots += 1
        attempt(place, asks: .kept, in: hub) { step in try behaviour.boot(&step, in: hub) }
    }

    private func attempt(
        _ place: CellShelf.Place, asks: Due, in hub: isolated Hub, _ body: (inout CellStep) throws -> Void
    ) {
        do {
            try run(state.shelf.behaviour(at: place), state.shelf.id(at: place), at: place, asks: asks, in: hub, body)
        } catch {
            if state.shelf.contains(place) { fail(place, error.reason, in: hub) }
        }
    }

    /// Runs one callback and does what it asked for.
    ///
    /// - Parameter asks: `.kept` where the pending timeout stands unless the callback sets another.
    private func run(
        _ number: Int32, _ id: String, at place: CellShelf.Place?, asks: Due, in hub: isolated Hub,
        _ body: (inout CellStep) throws -> Void
    ) throws(CellFault) {
        let left = place.flatMap { timeLeft($0, in: hub) }
        var keeps = false
        if case .kept = asks { keeps = true }
        var step = CellStep(
            behaviour: state.shelf.names[Int(number)], id: id, data: try place.map(parse),
            nextTimeout: keeps ? left : nil,
            pendingTimeout: left)
        let outer = state.running
        state.running = Running(behaviour: number, id: id)
        defer { state.running = outer }
        do { try body(&step) } catch { throw CellFault("\(error)") }
        if state.running?.isOverruled == false {
            let due: Due = keeps && step.nextTimeout == left ? .kept : step.nextTimeout.map { .after($0) } ?? .none
            try finish(step, number, at: place, due, in: hub)
        }
        perform(step, in: hub)
    }

    private func parse(_ place: CellShelf.Place) throws(CellFault) -> JSON {
        do { return try JSON(parsing: state.shelf.data(at: place)) } catch { throw CellFault("its data is \(error)") }
    }

    private func finish(
        _ step: CellStep, _ number: Int32, at place: CellShelf.Place?, _ due: Due, in hub: isolated Hub
    ) throws(CellFault) {
        guard let data = step.data else {
            if let place { remove(place, in: hub) }
            return
        }
        if let fault = data.storageFault() { throw CellFault("its data cannot be stored: \(fault)") }
        store(data, data.bytes, number, step.id, due: due, in: hub)
    }

    private func perform(_ step: CellStep, in hub: isolated Hub) {
        state.running = nil
        for effect in step.effects {
            do {
                switch effect {
                case .put(let key, let value):
                    try hub.put(key, value, cause: .rule(name: step.behaviour, run: 0, depth: 1))
                case .push(let message): try state.reactor?.push(message, in: hub)
                case .inject(let message): try state.reactor?.inject(message, in: hub)
                }
            } catch {
                logger.warning(
                    "a cell asked for what was refused",
                    metadata: ["behaviour": "\(step.behaviour)", "cell": "\(step.id)", "reason": "\(error)"])
            }
        }
    }

    /// - Parameter bytes: `data` as text.
    func store(
        _ data: JSON, _ bytes: [UInt8], _ number: Int32, _ id: String, due: Due, in hub: isolated Hub
    ) {
        let found = state.shelf.find(number, id)
        let place = found ?? state.shelf.add(number, id, bytes)
        var isNews = found == nil
        if found != nil, state.shelf.setData(bytes, at: place) { isNews = true }
        if state.shelf.failure(at: place) != nil {
            state.shelf.setFailure(nil, at: place)
            isNews = true
        }
        if setTimeout(due, at: place, in: hub) { isNews = true }
        guard isNews else { return }
        hub.append(
            cell: CellWrite(
                behaviour: state.shelf.names[Int(number)], id: id, data: data,
                due: state.shelf.due(at: place).map(Timestamp.init(microseconds:)), failure: nil))
    }

    /// - Returns: whether the row has to be written.
    private func setTimeout(_ due: Due, at place: CellShelf.Place, in hub: isolated Hub) -> Bool {
        let before = state.shelf.due(at: place)
        switch due {
        case .kept: return false
        case .none:
            state.shelf.setDue(nil, at: place)
            state.shelf.setWake(nil, at: place)
            return before != nil
        case .after(let duration):
            let duration = max(duration, .zero)
            let wall = (hub.clock.now + duration).microseconds
            state.shelf.setDue(wall, at: place)
            // Of a behaviour that is away nobody waits.
            if state.behaviours[state.shelf.behaviour(at: place)] != nil { wait(for: place, duration, in: hub) }
            return wall != before
        }
    }

    /// - Parameter duration: negative for what is overdue, so that the order stays.
    func wait(for place: CellShelf.Place, _ duration: Duration, in hub: isolated Hub) {
        let (sum, overflow) = hub.clock.monotonic.addingReportingOverflow(duration.microseconds)
        let wake = overflow ? (duration < .zero ? .min + 1 : .max) : sum
        state.shelf.setWake(wake, at: place)
        state.timers.add(place, wake, state.shelf)
    }

    func timeLeft(_ place: CellShelf.Place, in hub: isolated Hub) -> Duration? {
        if let wake = state.shelf.wake(at: place) {
            let (left, overflow) = wake.subtractingReportingOverflow(hub.clock.monotonic)
            return Duration(microseconds: overflow ? (wake < 0 ? .min : .max) : left)
        }
        return state.shelf.due(at: place).map { Timestamp(microseconds: $0) - hub.clock.now }
    }

    func remove(_ place: CellShelf.Place, in hub: isolated Hub) {
        hub.append(
            cell: CellWrite(
                behaviour: state.shelf.names[Int(state.shelf.behaviour(at: place))], id: state.shelf.id(at: place),
                data: nil, due: nil,
                failure: nil))
        state.shelf.remove(place)
    }

    func fail(_ place: CellShelf.Place, _ error: String, in hub: isolated Hub) {
        state.counters.failures += 1
        let error = String(error.prefix(Self.maximumError))
        logger.warning(
            "a cell failed",
            metadata: [
                "behaviour": "\(state.shelf.names[Int(state.shelf.behaviour(at: place))])",
                "cell": "\(state.shelf.id(at: place))",
                "error": "\(error)",
            ])
        state.shelf.setFailure(error, at: place)
        state.shelf.setDue(nil, at: place)
        state.shelf.setWake(nil, at: place)
        write(place, in: hub)
    }

    private static let maximumError = 1024

    func revive(_ place: CellShelf.Place, in hub: isolated Hub) {
        state.shelf.setFailure(nil, at: place)
        write(place, in: hub)
    }

    private func write(_ place: CellShelf.Place, in hub: isolated Hub) {
        // A row that is damaged stays as it is.
        guard let data = try? parse(place) else { return }
        hub.append(
            cell: CellWrite(
                behaviour: state.shelf.names[Int(state.shelf.behaviour(at: place))], id: state.shelf.id(at: place),
                data: data,
                due: state.shelf.due(at: place).map(Timestamp.init(microseconds:)),
                failure: state.shelf.failure(at: place)))
    }
}

/// Why a callback came to nothing.
struct CellFault: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
