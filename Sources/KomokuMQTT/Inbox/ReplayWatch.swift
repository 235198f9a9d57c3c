/// Tells when the broker has brought all that it retains. Nothing in MQTT says so: it is over once every subscription was
/// answered and no retained message has come for a while.
struct ReplayWatch {
    /// In microseconds of the monotonic clock.
    private var quietSince: Int64 = 0
    private var lastLook: Int64 = 0
    private var isOver = true
    private var count = 0
    private var maximum = 0
    /// The broker still knew us: what it retained then it has not forgotten.
    private(set) var isSameBroker = false

    /// How long it has to be quiet, in microseconds.
    private let patience: Int64

    /// Nobody takes a device for gone before that.
    static let usual: Int64 = 30_000_000
    /// Enough to go by what is retained.
    static let short: Int64 = 2_000_000
    /// Somebody who does not look for so long has perhaps not read either.
    private static let stall: Int64 = 5_000_000

    init(patience: Int64 = Self.usual) {
        self.patience = patience
    }

    /// - Parameter maximum: of more retained messages the broker may drop some.
    mutating func begin(at now: Int64, isSameBroker: Bool, maximum: Int) {
        (quietSince, lastLook) = (now, now)
        (isOver, count) = (false, 0)
        self.maximum = maximum
        self.isSameBroker = isSameBroker
    }

    /// Retained messages came.
    mutating func heard(_ count: Int, at now: Int64) {
        guard count > 0 else { return }
        self.count += count
        quietSince = now
    }

    /// Whether it is over; true once. To be called about once a second.
    mutating func takeEnd(at now: Int64, isAnswered: Bool) -> Bool {
        defer { lastLook = now }
        if isOver { return false }
        if !isAnswered || now - lastLook > Self.stall { quietSince = now }
        guard now - quietSince >= patience else { return false }
        isOver = true
        return count <= maximum
    }
}
