package import Komoku
package import KomokuHub
internal import KomokuStore
internal import Logging

/// What parts of the daemon do to cells without a message. In the batch of the hub's turn, as everything.
///
/// Inside a callback of that very cell it counts instead of what the callback ends with.
extension CellHost {
    /// Gives a cell its data and its timeout; a failed one lives again.
    ///
    /// - Parameters:
    ///   - data: nil forgets the cell.
    ///   - after: nil is no timeout, below 0 is 0.
    /// - Returns: false where the data cannot be stored; then nothing happens but a log line.
    @discardableResult
    package func set(
        _ behaviour: String, _ id: String, data: JSON?, after: Duration?, in hub: isolated Hub
    ) -> Bool {
        guard let data else {
            forget(behaviour, id, in: hub)
            return true
        }
        let number = state.shelf.number(of: behaviour)
        overrule(number, id)
        guard let bytes = storable(data, behaviour, id) else { return false }
        store(data, bytes, number, id, due: after.map { .after($0) } ?? .none, in: hub)
        state.reactor?.dueChanged(in: hub)
        return true
    }

    /// Gives a cell other data; its timeout stays.
    ///
    /// - Returns: false where it does not live, or the data cannot be stored.
    @discardableResult
    package func update(_ behaviour: String, _ id: String, data: JSON, in hub: isolated Hub) -> Bool {
        guard let slot = find(behaviour, id), state.shelf.failure(at: slot) == nil,
            let bytes = storable(data, behaviour, id)
        else { return false }
        overrule(state.shelf.behaviour(at: slot), id)
        store(data, bytes, state.shelf.behaviour(at: slot), id, due: .kept, in: hub)
        return true
    }

    /// Deletes a cell, whatever its state and also of an unknown behaviour.
    ///
    /// - Parameter isAsked: whether a person does it, so that the behaviour does not know.
    /// - Returns: false where there is none.
    @discardableResult
    package func forget(_ behaviour: String, _ id: String, isAsked: Bool = false, in hub: isolated Hub) -> Bool {
        guard let slot = find(behaviour, id) else { return false }
        if isAsked { state.behaviours[state.shelf.behaviour(at: slot)]?.left(id, in: hub) }
        overrule(state.shelf.behaviour(at: slot), id)
        remove(slot, in: hub)
        state.reactor?.dueChanged(in: hub)
        return true
    }

    /// Lets a living cell fail: it keeps its data and loses its timeout.
    ///
    /// - Parameter isAsked: whether a person does it, so that the behaviour does not know.
    @discardableResult
    package func fail(
        _ behaviour: String, _ id: String, error: String, isAsked: Bool = false, in hub: isolated Hub
    ) -> Bool {
        guard let slot = find(behaviour, id), state.shelf.failure(at: slot) == nil else { return false }
        if isAsked { state.behaviours[state.shelf.behaviour(at: slot)]?.left(id, in: hub) }
        overrule(state.shelf.behaviour(at: slot), id)
        fail(slot, error, in: hub)
        state.reactor?.dueChanged(in: hub)
        return true
    }

    /// Lets a failed cell live again, with the data that it has and without a timeout. It is booted next, where its
    /// behaviour wants that.
    ///
    /// - Returns: false where it has not failed.
    @discardableResult
    package func revive(_ behaviour: String, _ id: String, in hub: isolated Hub) -> Bool {
        guard let slot = find(behaviour, id), state.shelf.failure(at: slot) != nil else { return false }
        overrule(state.shelf.behaviour(at: slot), id)
        revive(slot, in: hub)
        if state.hasBooted, state.behaviours[state.shelf.behaviour(at: slot)]?.wantsBoot == true {
            state.booting.append(slot)
            state.reactor?.dueChanged(in: hub)
        }
        return true
    }

    /// Pushes a message to a cell.
    package func send(_ message: JSON, to behaviour: String, _ id: String, in hub: isolated Hub) throws(Reactor.Refusal)
    {
        try state.reactor?.push(CellMessage(behaviour: behaviour, id: id, message: message).json, in: hub)
    }

    /// Whether there is a behaviour of that name.
    package func knows(_ behaviour: String, in hub: isolated Hub) -> Bool {
        state.shelf.known(behaviour).map { state.behaviours[$0] != nil } ?? false
    }

    /// Whether there is a behaviour of that name whose cells take messages.
    package func takesMessages(_ behaviour: String, in hub: isolated Hub) -> Bool {
        state.shelf.known(behaviour).flatMap { state.behaviours[$0] }?.takesMessages ?? false
    }

    /// The data of a living or failed cell; nil for a dead one, and where a damaged row holds none.
    package func data(_ behaviour: String, _ id: String, in hub: isolated Hub) -> JSON? {
        find(behaviour, id).flatMap { try? JSON(parsing: state.shelf.data(at: $0)) }
    }

    package func state(_ behaviour: String, _ id: String, in hub: isolated Hub) -> CellState {
        guard let slot = find(behaviour, id) else { return .dead }
        return state.shelf.failure(at: slot).map { .failed(error: $0) } ?? .alive
    }

    /// What is left of the pending timeout; negative where it is overdue.
    package func timeLeft(_ behaviour: String, _ id: String, in hub: isolated Hub) -> Duration? {
        find(behaviour, id).flatMap { timeLeft($0, in: hub) }
    }

    /// The living and the failed cells of a behaviour, in the order of their bytes.
    package func ids(of behaviour: String, in hub: isolated Hub) -> [String] {
        state.shelf.known(behaviour).map(state.shelf.ordered)?.map(state.shelf.id) ?? []
    }

    /// Living cells of a behaviour.
    package func count(of behaviour: String, in hub: isolated Hub) -> Int {
        state.shelf.known(behaviour).map(state.shelf.counts)?.alive ?? 0
    }

    private func find(_ behaviour: String, _ id: String) -> CellShelf.Slot? {
        state.shelf.known(behaviour).flatMap { state.shelf.find($0, id) }
    }

    private func overrule(_ behaviour: Int32, _ id: String) {
        guard let running = state.running, running.behaviour == behaviour, running.id.utf8.elementsEqual(id.utf8) else {
            return
        }
        state.running?.isOverruled = true
    }

    private func storable(_ data: JSON, _ behaviour: String, _ id: String) -> [UInt8]? {
        guard let fault = data.storageFault() else { return data.bytes }
        logger.error(
            "the data of a cell cannot be stored",
            metadata: ["behaviour": "\(behaviour)", "cell": "\(id)", "reason": "\(fault)"])
        return nil
    }
}
