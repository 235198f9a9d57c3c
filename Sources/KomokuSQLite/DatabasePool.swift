import Dispatch

/// The connections to one database: one that writes, and some that read beside it.
///
/// A database in memory, or one without readers, has the one that writes for both. `@unchecked`: the connection is used on
/// its queue only, and `readers` is set once.
package final class DatabasePool: @unchecked Sendable {
    private let writer: Database
    private let queue = DispatchQueue(label: "komoku.write")
    private var readers: ReaderPool?

    /// - Parameters:
    ///   - path: nil is a database in memory.
    ///   - readers: how many.
    ///   - prepare: each connection before it is used.
    package init(
        path: String?, readers: Int = 0, patience: Duration = .seconds(5),
        prepare: (Database) throws -> Void = { _ in }
    ) throws {
        writer = try Database(path: path, patience: patience, prepare: prepare)
        guard let path, readers > 0 else { return }
        self.readers = try ReaderPool(count: readers) {
            try Database(path: path, isReadOnly: true, patience: patience, prepare: prepare)
        }
    }

    package func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try queue.sync { try writer.inTransaction { try body(writer) } }
    }

    package func writeWithoutTransaction<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try queue.sync { try body(writer) }
    }

    /// Waits for a reader that is free. All that `body` reads is of one moment.
    package func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        guard let readers else { return try queue.sync { try writer.inTransaction(.snapshot) { try body(writer) } } }
        let reader = readers.take()
        defer { readers.give(back: reader) }
        return try reader.queue.sync {
            let database = try reader.open()
            return try database.inTransaction(.snapshot) { try body(database) }
        }
    }

    /// Never waits.
    ///
    /// - Parameters:
    ///   - isShort: there is a reader that long ones do not get.
    ///   - body: runs on a thread of the readers; gets the error where there is no reader.
    package func asyncRead(
        isShort: Bool = false, _ body: @escaping @Sendable (Result<Database, any Error>) -> Void
    ) {
        guard let readers else { return queue.async { Self.run(body) { [self] in writer } } }
        readers.take(isShort: isShort) { reader in
            reader.queue.async {
                Self.run(body, reader.open)
                readers.give(back: reader)
            }
        }
    }

    private static func run(_ body: (Result<Database, any Error>) -> Void, _ open: () throws -> Database) {
        do {
            let database = try open()
            try database.beginTransaction(.snapshot)
            // What it meets is its own affair.
            body(.success(database))
            database.rollback()
        } catch {
            body(.failure(error))
        }
    }

    /// Waits for those that read; who reads later gets an error.
    package func closeReaders() { readers?.close() }
    package func close() throws {
        closeReaders()
        try queue.sync { try writer.close() }
    }
}
