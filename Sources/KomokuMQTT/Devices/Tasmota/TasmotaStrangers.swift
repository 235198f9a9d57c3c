import Komoku

/// Speakers on the default topics without a discovery: known by their topic once discovery has had its time.
struct TasmotaStrangers {
    struct Stranger {
        /// Nil is before the first message that was read.
        var first: Timestamp?
        /// The newest STATE.
        var state: [UInt8]?
        /// When the first STATE came that was no replay.
        var heard: Timestamp?
        /// It runs for so long that its discovery would be there.
        var runsLong = false
        /// Its discovery was taken back: it is not made a device again.
        var isBanned = false
    }

    private var strangers: [[UInt8]: Stranger] = [:]
    private var start: Timestamp?
    /// The broker has said what it retains, discovery too.
    var hasSettled = false
    /// The time of the newest message.
    private(set) var now: Timestamp?

    /// The most of them, and the longest STATE that is kept.
    static let maximumCount = 4096
    static let maximumState = 4096
    /// How long discovery may take: the firmware sends it 10 seconds after it has connected.
    static let patience = Duration.seconds(30)

    mutating func started(at time: Timestamp) {
        if start == nil { start = time }
        now = time
    }

    /// - Parameter telemetry: its topic up to the last `/`.
    mutating func saw(_ telemetry: [UInt8]) {
        guard strangers[telemetry] == nil, strangers.count < Self.maximumCount else { return }
        strangers[telemetry] = Stranger(first: now)
    }

    mutating func keep(_ state: UnsafeBufferPointer<UInt8>, of telemetry: [UInt8]) {
        guard state.count <= Self.maximumState else { return }
        strangers[telemetry]?.state = Array(state)
    }

    /// A STATE that the broker did not replay.
    mutating func heard(_ telemetry: [UInt8], runsLong: Bool, at time: Timestamp) {
        guard strangers[telemetry] != nil else { return }
        strangers[telemetry]?.runsLong = runsLong
        if strangers[telemetry]?.heard == nil { strangers[telemetry]?.heard = time }
    }

    /// The topics of those that are known long enough and whose STATE is there.
    func ripe(at time: Timestamp) -> [[UInt8]] {
        strangers.filter { $0.value.heard != nil && $0.value.state != nil && isKnownLongEnough($0.key, at: time) }
            .map(\.key).sorted { $0.lexicographicallyPrecedes($1) }
    }

    func state(of telemetry: [UInt8]) -> [UInt8]? { strangers[telemetry]?.state }

    mutating func ban(_ telemetry: String) {
        saw(Array(telemetry.utf8))
        strangers[Array(telemetry.utf8)]?.isBanned = true
    }

    /// Whether it spoke for so long without a discovery that there is none.
    func isKnownLongEnough(_ telemetry: [UInt8], at time: Timestamp) -> Bool {
        guard let stranger = strangers[telemetry], !stranger.isBanned, let first = stranger.first ?? start else {
            return false
        }
        return hasSettled && stranger.runsLong && stranger.heard != nil || time - first >= Self.patience
    }

    mutating func takeState(of telemetry: String) -> [UInt8]? {
        strangers.removeValue(forKey: Array(telemetry.utf8))?.state
    }
}
