/// Why a program did not run to its end.
package struct ProgramFailure: Error, Hashable, Sendable {
    /// One clause for a person; no secret in it.
    package let reason: String
    /// Another attempt may work.
    package let isTransient: Bool

    package init(_ reason: String, isTransient: Bool = true) {
        self.reason = reason
        self.isTransient = isTransient
    }
}

/// Ends a program, and nobody is told.
package struct ProgramCancellation: Sendable {
    package let cancel: @Sendable () -> Void

    package init(_ cancel: @escaping @Sendable () -> Void = {}) {
        self.cancel = cancel
    }
}
