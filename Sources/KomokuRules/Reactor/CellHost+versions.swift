internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// What happens to the cells of a behaviour when it is there.
extension CellHost {
    /// The cells that say which version of its behaviour a cell was written by: their id is the behaviour's name. Version 1 has
    /// none.
    static let versions = "behaviours"

    /// Brings the cells into the form of this version, starts their timeouts, and has the living ones told.
    func adopt(_ number: Int32, _ slots: [CellShelf.Slot], in hub: isolated Hub) {
        guard let behaviour = state.behaviours[number] else { return }
        migrate(slots, behaviour, in: hub)
        let now = hub.clock.now
        for slot in slots where state.shelf.failure(at: slot) == nil {
            guard let due = state.shelf.due(at: slot) else { continue }
            wait(for: slot, Timestamp(microseconds: due) - now, in: hub)
        }
        if behaviour.wantsBoot { state.booting += slots.filter { state.shelf.failure(at: $0) == nil } }
    }

    private func migrate(_ slots: [CellShelf.Slot], _ behaviour: any CellBehaviour, in hub: isolated Hub) {
        let number = state.shelf.number(of: Self.versions)
        let stored = state.shelf.find(number, behaviour.name).flatMap { try? JSON(parsing: state.shelf.data(at: $0)) }?
            .number
        let old = stored.flatMap { Int(exactly: $0) } ?? 1
        // An older program than the last one cannot know its form.
        guard behaviour.version > old else { return }
        for slot in slots { migrate(slot, behaviour, from: old, in: hub) }
        let version = JSON.number(Double(behaviour.version))
        store(version, version.bytes, number, behaviour.name, due: .none, in: hub)
    }

    private func migrate(
        _ slot: CellShelf.Slot, _ behaviour: any CellBehaviour, from old: Int, in hub: isolated Hub
    ) {
        do {
            let data = try behaviour.migrate(JSON(parsing: state.shelf.data(at: slot)), from: old)
            if let fault = data.storageFault() { throw CellFault(fault) }
            store(data, data.bytes, state.shelf.behaviour(at: slot), state.shelf.id(at: slot), due: .kept, in: hub)
        } catch {
            let reason = (error as? CellFault)?.reason ?? "\(error)"
            fail(slot, "not migrated from version \(old): \(reason)", in: hub)
        }
    }
}
