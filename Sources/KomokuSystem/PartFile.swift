import Glibc
import Komoku

/// A file that is being written beside the one that it will be, `TARGET.komoku-….part`: readable by nobody else, and locked by `flock`.
///
/// The name was nobody's before. One that is there without a lock was left by a process that was killed; who next writes the same
/// target removes it.
package final class PartFile {
    package let path: String
    package let descriptor: CInt
    private let target: String

    private static let suffix = Array(".part".utf8)
    private static let digits = 16

    /// - Throws: the error number where no file can be made there.
    package init(for target: String) throws(Failure) {
        Self.removeLeftovers(of: target)
        while true {
            let number = String(UInt64.random(in: 0 ... .max), radix: 16)
            let name = String(repeating: "0", count: Self.digits - number.utf8.count) + number
            let path = "\(target).komoku-\(name).part"
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if descriptor >= 0 {
                flock(descriptor, LOCK_EX | LOCK_NB)
                (self.path, self.descriptor, self.target) = (path, descriptor, target)
                return
            }
            guard errno == EEXIST else { throw Failure(code: errno) }
        }
    }

    package struct Failure: Error {
        package let code: CInt
        package var reason: String { String(cString: strerror(code)) }
    }

    /// Gives it its name, once it is on the disk.
    ///
    /// - Parameter replacing: whether a file of that name may go.
    package func publish(replacing: Bool) throws(Failure) {
        guard fsync(descriptor) == 0, (replacing ? rename(path, target) : link(path, target)) == 0 else {
            throw Failure(code: errno)
        }
        if !replacing { unlink(path) }
        let directory = open(Self.split(target).directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    /// The file goes unless it was published.
    deinit {
        unlink(path)
        close(descriptor)
    }

    private static func removeLeftovers(of target: String) {
        let (directory, name) = split(target)
        guard let stream = opendir(directory) else { return }
        defer { closedir(stream) }
        let start = Array("\(name).komoku-".utf8)
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard bytes.count == start.count + digits + suffix.count, bytes.starts(with: start),
                bytes.suffix(suffix.count).elementsEqual(suffix)
            else { continue }
            remove("\(directory)/\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    private static func remove(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let name = String(path[path.utf8.index(after: slash)...])
        return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
    }
}
