internal import Komoku

/// A program that is to be run, with all that is given to it.
struct ProgramJob: Sendable {
    /// The program and its arguments.
    var words: [String]
    /// What can be read from descriptors of the program: 0 is its standard input, others are 3 and above.
    var inputs: [Input] = []
    var directory: String?
    /// All of it; nothing of the hub's own is added.
    var environment: [String: String]
    var timeout: Duration
    /// The bytes of each output that are kept.
    var limit = OutputAnswer.maximumText
    /// Nobody reads its standard output beyond the limit, so that it ends; otherwise the rest is read and dropped.
    var endsAtLimit = false

    struct Input: Sendable {
        let descriptor: Int32
        let bytes: [UInt8]
    }

    struct Result: Sendable {
        /// Exit code; 128 and more for a signal.
        var status: Int
        /// Standard output. With the errors in between where the job does not part them.
        var output: CapturedOutput
        var errors: CapturedOutput
    }

    /// Standard error has a pipe of its own.
    var partsErrors = false

    var name: String { words.first ?? "" }
}

extension ProgramJob {
    init(_ call: ProgramCall, inherited: [String: String]) {
        self.init(
            words: call.words, inputs: call.input.map { [Input(descriptor: 0, bytes: Array($0.utf8))] } ?? [],
            directory: call.directory,
            environment: Self.clean(inherited).merging(call.environment) { $1 }, timeout: call.timeout)
    }

    /// What every program gets of the hub's environment: no secret that the hub was started with.
    static func clean(_ inherited: [String: String], and names: [String] = []) -> [String: String] {
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"]
        for name in ["PATH", "HOME", "LANG", "TZ"] + names {
            if let value = inherited[name] { environment[name] = value }
        }
        return environment
    }

    /// Why no system would take it; nil where one may.
    var fault: OutputFault? {
        if name.isEmpty { return OutputFault("no program is named", isTransient: false) }
        let texts = words + environment.flatMap { [$0.key, $0.value] } + [directory ?? ""]
        if texts.contains(where: { $0.utf8.contains(0) }) {
            return OutputFault("a zero byte in what \(shown) is given", isTransient: false)
        }
        let names = environment.keys
        if names.contains(where: { $0.isEmpty || $0.utf8.contains(UInt8(ascii: "=")) }) {
            return OutputFault("\(shown) is given a variable that cannot be named so", isTransient: false)
        }
        return nil
    }

    /// The program's name for a person. Never its arguments: they may be secret.
    var shown: String { "'\(name.prefix(200))'" }
}
