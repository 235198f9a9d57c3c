internal import CFaultVFS

extension FaultDisk {
    /// What fails, where, when and how.
    package struct Fault: Sendable {
        package struct Operations: OptionSet, Sendable {
            package let rawValue: Int32

            package init(rawValue: Int32) { self.rawValue = rawValue }

            package static let read = Operations(rawValue: 1)
            package static let write = Operations(rawValue: 2)
            package static let sync = Operations(rawValue: 4)
            package static let truncate = Operations(rawValue: 8)
            /// Of files that are there already; of new ones only without a suffix.
            package static let open = Operations(rawValue: 16)
            package static let delete = Operations(rawValue: 32)
            /// Growing the shared memory of the write-ahead log.
            package static let map = Operations(rawValue: 64)
        }

        /// SQLite's result codes.
        package enum Result: Int32, Sendable, CaseIterable {
            /// No room: SQLITE_FULL.
            case full = 13
            /// SQLITE_IOERR_READ, _WRITE, _FSYNC: a disk that fails.
            case readError = 266
            case writeError = 778
            case syncError = 1034
            /// SQLITE_READONLY.
            case readOnly = 8
        }

        package var operations: Operations
        package var result: Result
        /// How the name of the file ends: `-wal`, `.db`; empty is all files.
        package var suffix = ""
        /// For reads and writes: the bytes of the file that they touch.
        package var bytes: ClosedRange<Int> = 0...Int.max
        /// So many succeed before.
        package var skipped = 0
        /// So many fail; nil is all from then on.
        package var failing: Int?
        /// Bytes that a failing write writes nonetheless.
        package var shortWrite = 0

        package init(_ operations: Operations, _ result: Result, _ change: (inout Fault) -> Void = { _ in }) {
            self.operations = operations
            self.result = result
            change(&self)
        }

        var rule: fault_rule {
            var rule = fault_rule()
            rule.operations = operations.rawValue
            rule.result = result.rawValue
            rule.first_byte = Int64(bytes.lowerBound)
            rule.last_byte = Int64(bytes.upperBound)
            rule.skipped = Int64(skipped)
            rule.failing = failing.map(Int64.init) ?? -1
            rule.short_write = Int32(clamping: shortWrite)
            withUnsafeMutableBytes(of: &rule.suffix) { buffer in
                for (place, byte) in zip(0..<(buffer.count - 1), suffix.utf8) { buffer[place] = byte }
            }
            return rule
        }
    }
}
