internal import Glibc
internal import Komoku
internal import KomokuSystem
internal import Synchronization

/// A file that is there whole or not at all, readable by nobody else: written beside its name and renamed at the end.
struct OutputFile: ~Copyable {
    private let path: String
    /// Nil where it is written directly: a device or a pipe.
    private var part: PartFile?
    private var file: Int32 = -1
    private var buffer: [UInt8] = []
    private(set) var bytes = 0

    private static let bufferSize = 256 << 10

    /// - Throws: `Failure` where it cannot be written there.
    init(_ path: String) throws {
        var status = stat()
        let isOrdinary = stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
        self.path = path
        guard isOrdinary else {
            file = open(path, O_WRONLY | O_CLOEXEC)
            if file < 0 { throw Self.failure("write", path) }
            return
        }
        do {
            let part = try PartFile(for: path)
            Interruption.guardFile(part.path)
            file = part.descriptor
            self.part = part
        } catch {
            throw Self.failure("write", path, error.code)
        }
    }

    mutating func write(_ more: [UInt8]) throws {
        buffer.append(contentsOf: more)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    private mutating func flush() throws {
        do {
            try writeWhole(buffer, to: file)
        } catch {
            throw Self.failure("write", path, error.code)
        }
        bytes += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Makes the file appear under its name, once it is on disk.
    mutating func finish() throws {
        try flush()
        guard let part else { return }
        do { try part.publish(replacing: true) } catch { throw Self.failure("write", path, error.code) }
        Interruption.release()
    }

    deinit {
        if part != nil { Interruption.release() } else if file >= 0 { close(file) }
    }

    private static func failure(_ verb: String, _ path: String, _ code: Int32 = errno) -> Failure {
        Failure(message: "cannot \(verb) \(path.printable): \(String(cString: strerror(code)))", code: 2)
    }
}

/// Removes an unfinished file when the user has had enough.
enum Interruption {
    /// The bits of a C string, because a signal handler may take no lock and allocate nothing.
    private static let path = Atomic<UInt>(0)

    static func guardFile(_ file: String) {
        path.store(UInt(bitPattern: strdup(file)), ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                let bits = Interruption.path.load(ordering: .sequentiallyConsistent)
                if let path = UnsafePointer<CChar>(bitPattern: bits) { unlink(path) }
                _exit(128 + number)
            }
        }
    }

    /// - Returns: whether there was a file to guard.
    @discardableResult
    static func release() -> Bool {
        let bits = path.exchange(0, ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
        free(UnsafeMutableRawPointer(bitPattern: bits))
        return bits != 0
    }
}
