/// The files of one folder alone, for texts of somebody who may not read the disk.
package struct FolderFiles: SettingsFiles {
    private let folder: String
    private let disk = DiskFiles()

    package init(in folder: String) { self.folder = folder }

    /// - Parameter path: of a file in the folder.
    package init(beside path: String) {
        self.init(in: path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
    }

    package func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        guard isInside(path) else {
            throw FileFailure("only what was given is read here, no files of the hub's machine")
        }
        return try disk.read(path, limit: limit)
    }

    package func names(in directory: String) -> [String] {
        directory.utf8.elementsEqual(folder.utf8) ? disk.names(in: directory) : []
    }

    private func isInside(_ path: String) -> Bool {
        guard !folder.isEmpty, path.utf8.starts(with: (folder + "/").utf8) else { return false }
        return !path.dropFirst(folder.count + 1).contains("/")
    }
}
