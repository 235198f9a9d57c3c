import Foundation

/// The sources that the tests were built from.
enum Repository {
    static func path(_ relative: String, file: String = #filePath) -> String {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return root.joined(separator: "/") + "/" + relative
    }

    static func text(of relative: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path(relative))), as: UTF8.self)
    }
}
