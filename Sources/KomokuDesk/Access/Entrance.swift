/// Where somebody came in, as far as it matters for what he may do without saying who he is.
package struct Entrance: Hashable, Sendable {
    /// Whether somebody may come in who does not say who he is.
    package enum Openness: Hashable, Sendable {
        case never
        /// As long as the hub knows neither users nor tokens.
        case untilAccounts
        /// The configuration says so.
        case always
    }

    /// The address of who asks, without a port: failures are counted by it. Of a proxy that is trusted, what that says.
    package var address: String
    package var openness: Openness
    /// The request has `Forwarded`, `X-Forwarded-…` or `Via`: it comes from further away than its connection.
    package var isForwarded: Bool
    /// Nobody on the way reads what is said.
    package var isEncrypted = false

    package init(address: String, openness: Openness, isForwarded: Bool = false) {
        (self.address, self.openness, self.isForwarded) = (address, openness, isForwarded)
    }

    /// A port that only this machine reaches, or any other.
    package init(address: String, isLoopback: Bool, isForwarded: Bool) {
        self.init(address: address, openness: isLoopback ? .untilAccounts : .never, isForwarded: isForwarded)
    }
}
