internal import Glibc

/// The files in which a kernel tells of its machine, below a root: `/`, or a folder of another machine's.
package struct HostFiles: Sendable {
    private let root: String
    /// The most bytes of one file: /proc/stat of a machine with a thousand cores has some 200 KiB.
    private static let most = 4 << 20

    package init(root: String = "/") { self.root = root.hasSuffix("/") ? root : root + "/" }

    /// Whether what the system tells elsewhere is of the same machine.
    var isThisMachine: Bool { root == "/" }

    package func path(_ name: String) -> String { root + name }

    func exists(_ name: String) -> Bool { access(path(name), F_OK) == 0 }

    /// What a file says; nil where it cannot be read. What is too long is cut.
    package func read(_ name: String) -> [UInt8]? {
        let file = open(path(name), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var size = 4 << 10
        while bytes.count < Self.most {
            var count = 0
            let part = [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
                repeat { count = Glibc.read(file, buffer.baseAddress, size) } while count < 0 && errno == EINTR
                used = max(0, count)
            }
            // A sensor that is not there any more answers with an error in the middle.
            if count < 0 { return nil }
            if count == 0 { break }
            bytes = bytes.isEmpty ? part : bytes + part
            size = min(size * 4, 256 << 10)
        }
        return bytes
    }

    package func lines(_ name: String) -> [Substring]? {
        // By bytes: characters are looked for in each text here a hundred times more slowly.
        read(name).map {
            String(decoding: $0, as: UTF8.self).utf8.split(separator: UInt8(ascii: "\n")).map(Substring.init)
        }
    }

    /// The first word of a file of one line.
    package func word(_ name: String) -> String? {
        lines(name)?.first.map { String($0.trimmed) }
    }

    package func number(_ name: String) -> Double? {
        word(name).flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
    }

    /// The names in a folder, in order; empty where it cannot be read.
    package func names(_ folder: String) -> [String] {
        guard let handle = opendir(path(folder)) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle), names.count < 4096 {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}

extension Substring {
    var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// The words of a line.
    var words: [Substring] {
        utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map(Substring.init)
    }
}
