import Glibc

/// A thread that runs one function. Whoever makes it waits for it with `join`, or says `detach`.
package final class NamedThread: Sendable {
    private let handle: pthread_t

    /// - Parameter name: seen in `ps -L` and in debuggers; the first 15 bytes of it.
    /// - Throws: where no thread can be made.
    package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let box = Unmanaged.passRetained(
            Body {
                Self.show(name)
                body()
            })
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
            throw SystemError(
                subject: "the thread \(name)", message: "cannot be made: \(String(cString: strerror(status)))",
                remedy: "raise the limit of threads or of memory")
        }
        self.handle = handle
    }

    package var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }

    package func join() { pthread_join(handle, nil) }

    /// Leaves the thread to itself: it may hang in a call of the system, and nobody will wait for it.
    package func detach() { pthread_detach(handle) }

    /// The call for it is not in Swift's C library.
    private static func show(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, min(name.utf8.count, 15))
        close(file)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
