package import KomokuStore

extension Hub {
    /// Puts the new state of a cell into the batch of this turn.
    package func append(cell: CellWrite) { batch.cells.append(cell) }

    /// Puts an event that has to survive until it is handled into the batch of this turn.
    package func append(event: QueuedEvent) { batch.events.append(event) }

    /// The batch of this turn holds the effects of that event.
    package func append(handled id: Int64) { batch.handledEvents.append(id) }
}
