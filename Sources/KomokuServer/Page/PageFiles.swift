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
            let (path, bytes) = (String(cString: file.path), UnsafeBufferPointer(start: file.bytes, count: file.count))
            files[path] = path.hasSuffix(".js") || path.hasSuffix(".css") ? uncommented(bytes) : Array(bytes)
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

    /// Without the comments that have lines of their own, which are a fifth of all; the lines keep their numbers.
    static func uncommented(_ file: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(file.count)
        var isInside = false
        for line in file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let words = line.drop { $0 == UInt8(ascii: " ") }
            let isComment = isInside || words.starts(with: "//".utf8) || words.starts(with: "/*".utf8)
            if words.starts(with: "/*".utf8) { isInside = true }
            // What stands behind the end of a comment, nothing does in these files.
            if isInside, line.reversed().drop(while: { $0 == UInt8(ascii: " ") }).starts(with: "/*".utf8) {
                isInside = false
            }
            if !isComment { text += line }
            text.append(UInt8(ascii: "\n"))
        }
        text.removeLast()
        return text
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
