internal import Glibc
package import KomokuHub
internal import KomokuStore
package import KomokuWire

extension Desk {
    /// A copy of the whole database, a piece at a time. It is written beside the database, and its name is gone before the first
    /// byte leaves.
    ///
    /// - Parameter then: called once, on any thread.
    package func download(
        for caller: Caller, in hub: isolated Hub, then: @escaping @Sendable (Result<PieceSource, Refusal>) -> Void
    ) {
        guard caller.rights.isAdmin else {
            return then(.failure(.notAllowed("a backup is for those who may do everything")))
        }
        guard let path = hub.store.path else { return then(.failure(.store("a store in memory has no backup"))) }
        let target = "\(path).download-\(UInt64.random(in: 0 ... .max))"
        hub.store.backup(to: target) { result in
            switch result {
            case .failure(let error): then(.failure(.store(error)))
            case .success:
                let file = open(target, O_RDONLY | O_CLOEXEC)
                let reason = String(cString: strerror(errno))
                unlink(target)
                guard file >= 0 else { return then(.failure(.store("the copy cannot be read: \(reason)"))) }
                then(.success(DownloadedFile(file).source))
            }
        }
    }
}

/// An open file that is sent; it is closed when nobody wants more of it.
private final class DownloadedFile: Sendable {
    private let file: Int32

    init(_ file: Int32) { self.file = file }

    deinit { close(file) }

    var source: PieceSource {
        PieceSource { [self] then in
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: PieceSource.size) { space, filled in
                count = read(file, space.baseAddress, space.count)
                filled = max(0, count)
            }
            guard count >= 0 else { return then(.failed(.store(String(cString: strerror(errno))))) }
            then(count == 0 ? .last([]) : .some(bytes, rest: source))
        }
    }
}
