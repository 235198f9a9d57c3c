package import Komoku
package import KomokuHub

/// What cells of one name do. Called on the hub's thread; must not block.
///
/// A callback that throws leaves the cell as it was, but failed: what it asked of its `CellCall` does not happen. What it did to
/// the hub directly stays.
package protocol CellBehaviour: AnyObject, Sendable {
    var name: String { get }
    /// Raised when the data has a new form, or to give failed cells another chance.
    var version: Int { get }
    /// Whether `boot` is called for each living cell; if not, its data is not even parsed until it is needed.
    var wantsBoot: Bool { get }

    /// Whether `message` is called at all; a message to one that takes none is a dead letter, and the cell stays as it is.
    var takesMessages: Bool { get }

    /// The data of a cell of an older version in the form of this one. Each cell, a failed one too, is migrated once.
    func migrate(_ data: JSON, from version: Int) throws -> JSON

    /// The hub has started, and the cell lives. Its pending timeout stands unless this sets `nextTimeout`.
    func boot(_ cell: inout CellCall, in hub: isolated Hub) throws

    /// A message for this cell; `cell.data` is nil where it is dead.
    func message(_ message: JSON, _ cell: inout CellCall, in hub: isolated Hub) throws

    /// Somebody has stopped or deleted the cell: what is known of it beside its data is to go.
    func left(_ id: String, in hub: isolated Hub)

    /// The time that was asked for has come.
    func timeout(_ cell: inout CellCall, in hub: isolated Hub) throws
}

extension CellBehaviour {
    package var version: Int { 1 }
    package var wantsBoot: Bool { false }
    package var takesMessages: Bool { true }
    package func migrate(_ data: JSON, from version: Int) throws -> JSON { data }
    package func boot(_ cell: inout CellCall, in hub: isolated Hub) throws {}
    package func timeout(_ cell: inout CellCall, in hub: isolated Hub) throws {}
    package func left(_ id: String, in hub: isolated Hub) {}
}

/// What a cell is. A dead one has no row.
package enum CellState: Hashable, Sendable {
    case dead
    case alive
    /// Keeps its data until it is revived or forgotten.
    case failed(error: String)
}
