internal import Glibc
internal import Komoku
internal import KomokuSystem

/// The bytes of a file or of the standard input, in pieces.
final class InputFile {
    /// As messages name it.
    let name: String
    /// Of the whole, where that is known.
    let size: Int?
    /// Read so far.
    private(set) var consumed = 0
    private let file: Int32
    private var pushedBack: [UInt8] = []

    static let pieceSize = 256 << 10

    /// - Parameter path: `-` is the standard input.
    /// - Throws: `Failure` where it cannot be read.
    init(_ path: String) throws {
        name = path == "-" ? "standard input" : path
        file = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard file >= 0, fstat(file, &status) == 0 else { throw Self.failure("read", name) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(file)
            throw Failure(message: "\(name.printable) is a folder", code: 2)
        }
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { close(file) }

    /// The next bytes; none at the end.
    func read() throws -> [UInt8] {
        if !pushedBack.isEmpty {
            defer { pushedBack = [] }
            consumed += pushedBack.count
            return pushedBack
        }
        while true {
            let bytes = try Self.read(from: file, name)
            guard let bytes else { continue }
            consumed += bytes.count
            return bytes
        }
    }

    /// The bytes at the front, which `read` will bring again.
    func peek() throws -> [UInt8] {
        if pushedBack.isEmpty {
            pushedBack = try read()
            consumed -= pushedBack.count
        }
        return pushedBack
    }

    private static func read(from file: Int32, _ name: String) throws -> [UInt8]? {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: pieceSize) { buffer, count in
            let read = Glibc.read(file, buffer.baseAddress, buffer.count)
            code = read < 0 ? errno : 0
            count = max(0, read)
        }
        if code == EINTR { return nil }
        errno = code
        if code != 0 { throw failure("read", name) }
        return bytes
    }

    /// Back to the front. What cannot be read twice, such as a pipe, has to be `kept` first.
    func rewind() {
        lseek(file, 0, SEEK_SET)
        pushedBack = []
        consumed = 0
    }

    /// The same bytes as something that can be rewound.
    func kept() throws -> InputFile {
        if size != nil { return self }
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        var template = Array((folder + "/komoku-import-XXXXXX").utf8CString)
        let copy = mkstemp(&template)
        guard copy >= 0 else { throw Self.failure("write to", folder) }
        // Nobody else shall find it, and it goes by itself.
        unlink(template)
        while case let bytes = try read(), !bytes.isEmpty {
            do { try writeWhole(bytes, to: copy) } catch { throw Self.failure("write to", folder) }
        }
        let kept = InputFile(copy, name: name, size: consumed)
        kept.rewind()
        return kept
    }

    private init(_ file: Int32, name: String, size: Int) {
        self.file = file
        self.name = name
        self.size = size
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(message: "cannot \(verb) \(path.printable): \(String(cString: strerror(errno)))", code: 2)
    }
}
