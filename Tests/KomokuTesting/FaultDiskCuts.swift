internal import Glibc

/// Goes through what a disk recorded and says what its folder would hold after a power cut at each moment.
///
/// The model, its source and its limits are in `docs/reliability.md`.
package struct PowerCuts {
    /// What becomes of writes that were not synced.
    package enum Loss: String, CaseIterable, Sendable {
        case everything, nothing
        /// Up to some moment all is kept, nothing after it.
        case tail
        /// Each is dropped, kept, or kept in part, whatever came after it; entries of the directory likewise.
        case torn
    }

    private let disk: FaultDisk
    private var next = 0
    private var files: [Int: FaultDiskImage] = [:]
    /// The files by name as the directory on the disk has them.
    private var directory: [String: Int] = [:]
    /// Operations on entries since the directory was synced.
    private var entries: [Int] = []
    /// Decides what a sync that failed left behind.
    private var doubt: SplitMix

    package init(of disk: FaultDisk, seed: UInt64) {
        self.disk = disk
        doubt = SplitMix(seed: seed)
    }

    /// The files after a cut that comes when `count` operations were made.
    ///
    /// - Parameter count: not lower than in the call before.
    package mutating func cut(after count: Int, _ loss: Loss, seed: UInt64) -> [String: [UInt8]] {
        while next < count { advance() }
        var random = SplitMix(seed: seed)
        let first = (files.values.compactMap(\.pending.first) + entries.prefix(1)).min() ?? count
        let boundary = first < count ? Int.random(in: first...count, using: &random) : count
        let names = entriesKept(loss, boundary, &random)
        var found: [String: [UInt8]] = [:]
        for (name, file) in names.sorted(by: { $0.value < $1.value }) {
            found[name] = files[file]?.content(disk, loss, keeping: boundary, &random) ?? []
        }
        return found
    }

    private mutating func advance() {
        let operation = disk.operation(next)
        let file = operation.file
        switch operation.kind {
        case .found:
            directory[disk.name(file)] = file
            files[file, default: FaultDiskImage()].begin(operation.bytes)
        case .create, .delete: entries.append(next)
        case .write, .truncate: files[file, default: FaultDiskImage()].add(next)
        case .sync: files[file]?.sync(disk)
        case .syncFailed: files[file]?.lose(disk, &doubt)
        case .syncDirectory:
            for index in entries { change(&directory, index) }
            entries = []
        }
        next += 1
    }

    private func change(_ directory: inout [String: Int], _ index: Int) {
        let operation = disk.operation(index)
        directory[disk.name(operation.file)] = operation.kind == .create ? operation.file : nil
    }

    /// Of each name, the changes up to some moment of its own.
    private func entriesKept(_ loss: Loss, _ boundary: Int, _ random: inout SplitMix) -> [String: Int] {
        var kept = directory
        var torn: Set<String> = []
        for index in entries {
            let name = disk.name(disk.operation(index).file)
            switch loss {
            case .everything: continue
            case .nothing: change(&kept, index)
            case .tail: if index < boundary { change(&kept, index) }
            case .torn:
                if Bool.random(using: &random) { torn.insert(name) }
                if !torn.contains(name) { change(&kept, index) }
            }
        }
        return kept
    }
}

extension PowerCuts {
    /// Puts files into a folder.
    package static func write(_ files: [String: [UInt8]], to folder: String) throws {
        for (name, bytes) in files {
            let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw CannotWrite(name: name) }
            defer { close(descriptor) }
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written == bytes.count else { throw CannotWrite(name: name) }
        }
    }

    package struct CannotWrite: Error {
        package let name: String
        package init(name: String) { self.name = name }
    }
}
