import Dispatch
import Synchronization

/// A connection that reads. `@unchecked`: it is used on its queue only.
final class Reader: @unchecked Sendable {
    let queue = DispatchQueue(label: "komoku.read")
    private var database: Database?

    init(_ database: Database) { self.database = database }

    func open() throws -> Database {
        guard let database else { throw DatabaseError.closed }
        return database
    }

    func close() { queue.sync { database = nil } }
}

/// The connections that read. One of several is for what is short, which so never waits for what takes long.
final class ReaderPool: Sendable {
    private struct State {
        var free: [Reader]
        var short: [@Sendable (Reader) -> Void] = []
        var long: [@Sendable (Reader) -> Void] = []
    }

    private let state: Mutex<State>
    private let readers: [Reader]

    /// Opens all of them: later the disk may refuse it.
    init(count: Int, _ make: () throws -> Database) throws {
        readers = try (0..<count).map { _ in Reader(try make()) }
        state = Mutex(State(free: readers))
    }

    private func isForAll(_ reader: Reader) -> Bool { readers.count == 1 || reader !== readers[0] }

    /// - Parameter then: gets a reader, at once or later, and gives it back.
    func take(isShort: Bool, _ then: @escaping @Sendable (Reader) -> Void) {
        let reader = state.withLock { state -> Reader? in
            let index = state.free.firstIndex { isShort || isForAll($0) }
            if let index { return state.free.remove(at: index) }
            if isShort { state.short.append(then) } else { state.long.append(then) }
            return nil
        }
        if let reader { then(reader) }
    }

    /// Waits for a reader.
    func take() -> Reader {
        let isFound = DispatchSemaphore(value: 0)
        // Written before the signal and read after it.
        nonisolated(unsafe) var found = readers[0]
        take(isShort: true) { reader in
            found = reader
            isFound.signal()
        }
        isFound.wait()
        return found
    }

    func give(back reader: Reader) {
        let next = state.withLock { state -> (@Sendable (Reader) -> Void)? in
            if !state.short.isEmpty { return state.short.removeFirst() }
            if !state.long.isEmpty, isForAll(reader) { return state.long.removeFirst() }
            state.free.append(reader)
            return nil
        }
        next?(reader)
    }

    /// Waits for those that read.
    func close() { for reader in readers { reader.close() } }
}
