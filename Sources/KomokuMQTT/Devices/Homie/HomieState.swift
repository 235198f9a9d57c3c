/// What a device says in `$state`.
enum HomieState: String {
    case initialising = "init"
    case ready, disconnected, sleeping, lost, alert

    var isOnline: Bool {
        switch self {
        case .initialising, .ready, .alert: true
        case .disconnected, .sleeping, .lost: false
        }
    }

    /// The devices below a root can be reached no more.
    var endsChildren: Bool { self == .lost || self == .disconnected }
}
