internal import CFaultVFS

/// A folder whose SQLite files are recorded write by write, and can be made to fail.
///
/// Watch the folder before a database in it is opened. What another process or plain file calls write there is not seen.
package final class FaultDisk: Sendable {
    /// `@unchecked`-free: the disk behind it has a lock of its own.
    private nonisolated(unsafe) let disk: OpaquePointer

    /// - Throws: where there is no such folder.
    package init(watching folder: String) throws {
        guard let disk = fault_disk_watch(folder) else { throw NoFolder(path: folder) }
        self.disk = disk
    }

    package struct NoFolder: Error { package let path: String }

    deinit { fault_disk_retire(disk) }

    /// How many operations were recorded: the moment after which a power cut can be asked for.
    package var operationCount: Int { Int(fault_disk_count(disk)) }

    /// How many operations were made to fail.
    package var failureCount: Int { Int(fault_disk_failures(disk)) }

    /// Bytes that the files hold.
    package var size: Int { Int(fault_disk_size(disk)) }

    /// The disk is as full as it is now, plus `room` bytes.
    package func limit(room: Int) { fault_disk_limit(disk, Int64(size + room)) }

    /// Lets operations fail from now on.
    package func fail(_ fault: Fault) { _ = fault_disk_fail(disk, fault.rule) }

    /// Ends all faults and limits.
    package func heal() { fault_disk_heal(disk) }

    func operation(_ index: Int) -> Operation {
        let record = fault_disk_record(disk, Int64(index))
        return Operation(
            kind: Operation.Kind(rawValue: record.kind) ?? .sync, file: Int(record.file), offset: Int(record.offset),
            bytes: UnsafeRawBufferPointer(start: record.bytes, count: Int(record.length)))
    }

    func name(_ file: Int) -> String { fault_disk_name(disk, Int32(file)).map { String(cString: $0) } ?? "" }

    /// One line for each of the last operations before a moment, for the report of a failure.
    package func log(before count: Int, last: Int = 12) -> String {
        (max(0, count - last)..<min(count, operationCount)).map { index in
            let found = operation(index)
            let name = found.file < 0 ? "directory" : name(found.file)
            return "\(index) \(found.kind) \(name) \(found.offset)+\(found.bytes.count)"
        }.joined(separator: "\n")
    }
}

extension FaultDisk {
    /// An operation as it was recorded. `bytes` live as long as the disk.
    struct Operation {
        enum Kind: Int32 {
            case found = 1
            case create, delete, write
            /// `offset` is the new size.
            case truncate
            case sync, syncFailed, syncDirectory
        }

        let kind: Kind
        let file: Int
        let offset: Int
        let bytes: UnsafeRawBufferPointer
    }
}
