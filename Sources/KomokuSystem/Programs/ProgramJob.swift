package import Komoku

/// A program that is to be run, with all that is given to it.
package struct ProgramJob: Sendable {
    /// The program and its arguments.
    package var words: [String]
    /// What can be read from descriptors of the program: 0 is its standard input, others are 3 and above.
    package var inputs: [Input] = []
    package var directory: String?
    /// All of it; nothing of the hub's own is added.
    package var environment: [String: String]
    /// From its start; the time that it waits for its turn is not part of it.
    package var timeout: Duration
    /// Programs of one group leave room for others: those that ask one server. Nil is a group for each.
    package var group: String?
    /// The bytes of each output that are kept.
    package var limit = ProgramJob.usualLimit
    package static let usualLimit = 64 << 10
    /// Nobody reads its standard output beyond the limit, so that it ends; otherwise the rest is read and dropped.
    package var endsAtLimit = false

    package struct Input: Sendable {
        let descriptor: Int32
        let bytes: [UInt8]

        package init(descriptor: Int32, bytes: [UInt8]) {
            self.descriptor = descriptor
            self.bytes = bytes
        }
    }

    package struct Result: Sendable {
        /// Exit code; 128 and more for a signal.
        package var status: Int
        /// Standard output. With the errors in between where the job does not part them.
        package var output: CapturedOutput
        package var errors: CapturedOutput
    }

    /// Standard error has a pipe of its own.
    package var partsErrors = false

    package init(
        words: [String], inputs: [Input] = [], directory: String? = nil, environment: [String: String],
        timeout: Duration
    ) {
        self.words = words
        self.inputs = inputs
        self.directory = directory
        self.environment = environment
        self.timeout = timeout
    }

    var name: String { words.first ?? "" }
}

extension ProgramJob {
    /// What every program gets of the hub's environment: no secret that the hub was started with.
    static func clean(_ inherited: [String: String], and names: [String] = []) -> [String: String] {
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"]
        for name in ["PATH", "HOME", "LANG", "TZ"] + names {
            if let value = inherited[name] { environment[name] = value }
        }
        return environment
    }

    /// Why no system would take it; nil where one may.
    var fault: ProgramFailure? {
        if name.isEmpty { return ProgramFailure("no program is named", isTransient: false) }
        let texts = words + environment.flatMap { [$0.key, $0.value] } + [directory ?? ""]
        if texts.contains(where: { $0.utf8.contains(0) }) {
            return ProgramFailure("a zero byte in what \(shown) is given", isTransient: false)
        }
        let names = environment.keys
        if names.contains(where: { $0.isEmpty || $0.utf8.contains(UInt8(ascii: "=")) }) {
            return ProgramFailure("\(shown) is given a variable that cannot be named so", isTransient: false)
        }
        return nil
    }

    /// The program's name for a person. Never its arguments: they may be secret.
    var shown: String { "'\(name.prefix(200))'" }
}
