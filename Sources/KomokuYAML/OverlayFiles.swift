/// The files of the disk with one of them as it is to become: what a configuration would be.
package struct OverlayFiles: SettingsFiles {
    private let disk = DiskFiles()
    private let folder: String
    private let name: String
    private let content: [UInt8]?

    /// - Parameter content: nil where the file is to go.
    package init(_ name: String, in folder: String, content: [UInt8]?) {
        (self.folder, self.name, self.content) = (folder, name, content)
    }

    package func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        guard path.utf8.elementsEqual("\(folder)/\(name)".utf8) else { return try disk.read(path, limit: limit) }
        guard let content else { throw FileFailure("No such file or directory") }
        guard content.count <= limit else { throw FileFailure("it has more than \(limit) bytes") }
        return content
    }

    package func names(in directory: String) -> [String] {
        let names = disk.names(in: directory)
        guard directory.utf8.elementsEqual(folder.utf8) else { return names }
        return names.filter { !$0.utf8.elementsEqual(name.utf8) } + (content == nil ? [] : [name])
    }
}
