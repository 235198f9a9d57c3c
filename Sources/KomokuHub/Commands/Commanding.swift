internal import Komoku
internal import KomokuStore

/// The commands that wait for their devices, and the way to these.
struct Commanding {
    /// Nil where no broker is configured.
    var commander: (any DeviceCommander)?
    /// How long a device may take to report.
    var timeout = Duration.seconds(10)
    /// Who sends what is put to other keys.
    var putSender: (any PutSender)?
    /// What is sent by what is put now; nil where nobody asks.
    var deliveries: [CommandDelivery]?
    /// At most one per key: the newest.
    var waiting: [KeyID: WaitingCommand] = [:]
    private var count: UInt64 = 0

    /// A number that no command had before.
    mutating func number() -> UInt64 {
        count += 1
        return count
    }
}

/// A command that has not ended yet.
struct WaitingCommand {
    /// Tells it from others to the same key.
    let number: UInt64
    let value: Value
    var deadline: Tick
    /// The device reports; else the command ends once the broker has it.
    let awaitsReport: Bool
    /// The key had the value before; a device that changes nothing may say nothing.
    let wasSo: Bool
    /// Whoever put it, where he asked to be told.
    let delivery: CommandDelivery?
    /// The broker has the command.
    var isSent = false
    /// Its time is up, and who sends it was given a moment more to say what is wrong.
    var isOverdue = false
    /// What the device reported last, where that is another value.
    var other: Value?
    var waiters: [@Sendable (CommandOutcome?) -> Void] = []

    /// Who sends it has the same time as the command, and is as a rule a little later to see that it is over.
    static let grace = Duration.seconds(1)
    /// More than so many that wait for one command are not kept.
    static let maximumWaiters = 1024
}
