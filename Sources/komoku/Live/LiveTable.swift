internal import Glibc
internal import Komoku
internal import KomokuWire
internal import Synchronization

/// A table on the terminal that is drawn anew when something changed, at most five times a second, and each second for its ages.
final class LiveTable: Sendable {
    private struct State {
        var table: WatchTable
        var isNew = true
    }

    private let state: Mutex<State>
    private let screen = LiveScreen()

    init(_ table: WatchTable) { state = Mutex(State(table: table)) }

    func begin(_ keys: [KeyDescription]) {
        state.withLock { state in for key in keys { state.table.begin(key) } }
    }

    /// - Returns: whether the key is a new one, of which the unit is not known.
    func take(_ change: KeyChange) -> Bool {
        state.withLock { state in
            defer { state.isNew = true }
            let isKnown = state.table.knows(change.key)
            state.table.take(change, at: LocalTime.now)
            return !isKnown
        }
    }

    func set(unit: String??, of key: String) {
        if let unit = unit ?? nil { state.withLock { $0.table.set(unit: unit, of: key) } }
    }

    func set(trouble: String?) { state.withLock { ($0.table.trouble, $0.isNew) = (trouble, true) } }

    /// Draws until its task is cancelled.
    func run() async {
        var (drawn, size) = (LocalTime.now - .seconds(9), LiveScreen.Size(columns: 0, rows: 0))
        while !Task.isCancelled {
            let now = LocalTime.now
            let present = screen.size
            let lines = state.withLock { state -> [String]? in
                guard state.isNew || now - drawn >= .seconds(1) || present != size || now < drawn else { return nil }
                state.isNew = false
                return state.table.lines(present, isUnicode: Screen.standard.isUnicode, at: now)
            }
            if let lines {
                (drawn, size) = (now, present)
                screen.draw([Terminal.bold(lines.first ?? "")] + lines.dropFirst())
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    func close() { screen.close() }
}
