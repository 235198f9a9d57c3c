import Glibc

/// A thread that runs one function and can be waited for.
final class WriterThread: Sendable {
    private let handle: pthread_t

    /// - Throws: the error number where no thread can be made.
    init(_ body: @escaping @Sendable () -> Void) throws(Store.Error) {
        let box = Unmanaged.passRetained(Body(body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw Store.Error(
                subject: "the store's thread", message: "cannot be made: \(String(cString: strerror(status)))",
                remedy: "raise the limit of threads or of memory")
        }
        self.handle = handle
    }

    var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }

    func join() { pthread_join(handle, nil) }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
