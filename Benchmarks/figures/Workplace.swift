package import ArgumentParser
import FoundationEssentials
import Glibc

/// Where the database is made.
package struct DatabaseOptions: ParsableArguments {
    @Option(help: "The database to make; it must not exist. Without it a temporary one, removed at the end.")
    package var database: String?

    package init() {}
}

/// A database in a folder of its own, or where it was asked for.
package struct Workplace {
    package let database: String
    private let folder: String?

    /// - Parameter database: nil for a temporary folder, which `remove` removes.
    package init(_ database: String? = nil) throws {
        if let path = database {
            (self.database, folder) = (path, nil)
            return
        }
        var template = Array((FileManager.default.temporaryDirectory.path + "/komoku-bench-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchError("no temporary folder could be made") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        (self.database, folder) = (path + "/komoku.db", path)
    }

    package func remove() {
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }
}

package struct BenchError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
