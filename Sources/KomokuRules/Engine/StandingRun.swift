import Komoku
import KomokuSystem

/// A run that waits.
struct StandingRun {
    /// 100,000 of them are there at once: those that only wait for a time are packed.
    enum Form {
        case live(LiveRun)
        /// Its coded state, as its cell has it.
        case packed([UInt8])
    }

    /// The offset of its rule.
    var rule: Int32
    /// What was demanded last; answers to what came before it are late.
    var demand: UInt32
    var hasCell = false
    /// It is a branch of another one.
    var isBranch = false
    /// Its cell is as it is.
    var isWritten = false
    /// `burden`, in what the fields around leave free.
    private var storedBurden: Int32 = 0
    /// What it waits for ends then, on the monotonic clock; `never` where it has no end.
    var due: Int64
    var form: Form

    static let never = Int64.max

    init(
        rule: Int32, demand: UInt32, hasCell: Bool = false, isWritten: Bool = false, isBranch: Bool = false, due: Int64,
        form: Form
    ) {
        self.isBranch = isBranch
        self.rule = rule
        self.demand = demand
        self.hasCell = hasCell
        self.isWritten = isWritten
        self.due = due
        self.form = form
    }

    /// What it holds beyond what is usual, in bytes; counted with its rule.
    var burden: Int {
        get { Int(storedBurden) }
        set { storedBurden = Int32(clamping: newValue) }
    }
}

final class LiveRun {
    var run: Run
    /// Ends what was demanded of a server or a program.
    var cancellation: OutputCancellation?
    /// The keys of devices whose reports it waits for.
    var commanded: [KeyName] = []
    /// What `wait_until` waits for.
    var watch: Watch?
    /// When the first of the scripts that it waits for has its time: as the run knows it, and on the monotonic clock.
    var call: (deadline: Timestamp, due: Int64)?

    init(_ run: Run) {
        self.run = run
    }

    struct Watch {
        var keys: [KeyName]
        var usesDevices: Bool
        var isTimed: Bool
        var patterns: [KeyPattern] = []
        /// Of `wait_for`.
        var triggers: [Trigger] = []
    }
}
