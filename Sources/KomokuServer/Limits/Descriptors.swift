internal import Glibc

/// How many files and sockets this process may have open.
package enum Descriptors {
    /// Kept from clients: the broker, the database with its readers, the rules' programs and requests, a backup, a log.
    static let reserve = 128

    /// With so many all clients may connect that can.
    package static let wanted = 1024 + reserve + 16

    /// Asks for all that the system allows: the soft limit is usually 1,024, whatever the hard one is.
    ///
    /// - Returns: what there is now.
    @discardableResult
    package static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return self.limit
    }

    static var limit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }
}

extension ConnectionRegistry.Capacity {
    /// - Parameter descriptors: how many the process may have.
    init(_ limits: ServerLimits, descriptors: Int) {
        let reserve = min(Descriptors.reserve, descriptors / 2)
        // A small capacity has none beside them: a guest is one in 64.
        let guests = min(limits.guests, min(limits.connections, descriptors) / 64)
        all = max(1, min(limits.connections, descriptors - reserve - guests))
        ofAddress = max(1, min(limits.connectionsOfAddress, all))
        halfOpen = max(1, min(limits.halfOpen, all))
        self.guests = guests
        guestTime = .init(limits.guestTime)
    }
}
