internal import CPage
internal import Komoku
internal import KomokuSystem

/// The files of the web page. They are in the program; who works on them has them read from a folder.
struct PageFiles: Sendable {
    /// By their paths.
    private let files: [String: [UInt8]]
    /// What the addresses of this version's files begin with: a browser keeps those for ever.
    let version: String

    static let embedded: PageFiles = {
        var files: [String: [UInt8]] = [:]
        for index in 0..<page_file_count() {
            let file = page_file_at(index)
            files[String(cString: file.path)] = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
        }
        return PageFiles(files)
    }()

    init(_ files: [String: [UInt8]]) {
        self.files = files
        let all = files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.flatMap {
            Array($0.key.utf8) + $0.value
        }
        version = EntityTag(all).opaque
    }

    var paths: [String] { files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    subscript(path: String) -> [UInt8]? { files[path] }
}

extension MediaType {
    /// What a file of the page is, by the end of its name.
    init?(file name: String) {
        let end = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).last.map {
            String($0)
        }
        switch end ?? nil {
        case "html": self = .html
        case "js": self = .script
        case "css": self = .style
        case "svg": self = .svg
        case "png": self = .png
        case "webmanifest": self = .manifest
        case "json": self = .json
        default: return nil
        }
    }
}
