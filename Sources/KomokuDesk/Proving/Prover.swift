internal import Komoku
internal import KomokuStore
internal import KomokuSystem
internal import KomokuWire
internal import Synchronization

/// Tries rules that are not loaded, in a process of its own: however they end, the hub goes on.
package final class Prover: Sendable {
    fileprivate let program: String
    fileprivate let configuration: String?
    fileprivate let environment: [String: String]
    fileprivate let runner: ProgramRunner

    /// - Parameters:
    ///   - program: the hub's own.
    ///   - configuration: what is checked beside the rules; nil where there is none.
    ///   - environment: the hub's, which the configuration may name.
    package init(program: String, configuration: String?, environment: [String: String]) {
        (self.program, self.configuration, self.environment) = (program, configuration, environment)
        var limits = ProgramRunner.Limits()
        (limits.atOnce, limits.inGroup, limits.waiting, limits.waitingInGroup) = (1, 1, 8, 2)
        runner = ProgramRunner(inherited: environment, name: "komoku-proofs", limits: limits)
    }

    package func stop() { runner.stop() }

    /// For one caller, whose trials wait for one another and end when he goes.
    func asked(by caller: Caller) -> Session {
        Session(prover: self, caller: caller, group: caller.identity.label ?? caller.surface)
    }

    struct Session: Sendable {
        fileprivate let prover: Prover
        fileprivate let caller: Caller
        fileprivate let group: String
    }
}

extension Prover.Session {
    /// How long a trial may take.
    private static let patience = Duration.seconds(60)
    /// The most that a trial may say.
    private static let mostBytes = 1 << 20

    /// Whether the rules could be loaded, and what is wrong with them.
    func check(_ request: ProofRequest, keys: [UInt8], then: @escaping Desk.Answer) {
        attempt(then) { files throws(Refusal) in
            let rules = try files.write(Array(ProofFiles.section(request.rules).utf8), to: "rules.yaml")
            let words = ["--check", "--json", "--rules", rules] + (try catalogue(keys, files))
            run(words + base(beside: rules), files, of: request, then: then)
        }
    }

    /// What became of tests. They see nothing of the configuration.
    func test(_ request: ProofRequest, keys: [UInt8], then: @escaping Desk.Answer) {
        guard let tests = request.tests else { return then(.error(.invalidQuery("'tests' is missing"))) }
        attempt(then) { files throws(Refusal) in
            _ = try files.write(Array(ProofFiles.section(request.rules).utf8), to: "rules.yaml")
            let path = try files.write(Array(ProofFiles.tests(tests).utf8), to: "rules.test.yaml")
            run(["--test", "--json", path] + (try catalogue(keys, files)), files, of: request, then: then)
        }
    }

    /// The patterns of keys that rules read.
    func patterns(
        of request: ProofRequest, keys: [UInt8], then: @escaping @Sendable (Result<[WantedKeys], Refusal>) -> Void
    ) {
        do throws(Refusal) {
            let files = try ProofFiles()
            let rest = try replayed(request, keys, files)
            start(["--replay-keys"] + rest, files, of: request) { result in
                then(
                    result.map {
                        String(decoding: $0, as: UTF8.self).split(separator: "\n").compactMap(WantedKeys.init)
                    })
            }
        } catch {
            then(.failure(error))
        }
    }

    /// What rules would have done.
    ///
    /// - Parameter history: `{"key":K,"time":T,"value":V}` on each line.
    func replay(_ request: ProofRequest, keys: [UInt8], history: [UInt8], then: @escaping Desk.Answer) {
        attempt(then) { files throws(Refusal) in
            var words = ["--replay"] + (try replayed(request, keys, files)) + ["--json"]
            if let since = request.since { words += ["--since", DecimalNumber.text(since.seconds)] }
            if let until = request.until { words += ["--until", DecimalNumber.text(until.seconds)] }
            start(words, files, of: request, input: history) { result in
                switch result {
                case .failure(let refusal): then(.error(refusal))
                case .success(let bytes):
                    let lines = bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: $0) }
                    then(.json(["lines": .array(lines)]))
                }
            }
        }
    }

    private func replayed(_ request: ProofRequest, _ keys: [UInt8], _ files: ProofFiles) throws(Refusal) -> [String] {
        let rules = try files.write(Array(ProofFiles.section(request.rules).utf8), to: "rules.yaml")
        var words = [rules] + (try catalogue(keys, files)) + base(beside: rules)
        if let compare = request.compare {
            words += ["--compare", try files.write(Array(ProofFiles.section(compare).utf8), to: "compare.yaml")]
        }
        return words
    }

    private func base(beside rules: String) -> [String] { ["--config", prover.configuration ?? rules] }

    private func catalogue(_ keys: [UInt8], _ files: ProofFiles) throws(Refusal) -> [String] {
        ["--catalogue", try files.write(keys, to: "keys.json")]
    }

    private func attempt(_ then: Desk.Answer, _ body: (ProofFiles) throws(Refusal) -> Void) {
        do throws(Refusal) { try body(try ProofFiles()) } catch { then(.error(error)) }
    }

    /// - Parameter then: gets the object that the program printed.
    private func run(
        _ words: [String], _ files: ProofFiles, of request: ProofRequest, then: @escaping Desk.Answer
    ) {
        start(words, files, of: request) { result in
            switch result {
            case .failure(let refusal): then(.error(refusal))
            case .success(let bytes): then(.encoded(Self.trimmed(bytes)))
            }
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        bytes.last == UInt8(ascii: "\n") ? Array(bytes.dropLast()) : bytes
    }

    private func start(
        _ words: [String], _ files: ProofFiles, of request: ProofRequest, input: [UInt8] = [],
        then: @escaping @Sendable (Result<[UInt8], Refusal>) -> Void
    ) {
        var job = ProgramJob(
            words: [prover.program] + words + ["--foreign"], inputs: [ProgramJob.Input(descriptor: 0, bytes: input)],
            directory: files.path,
            environment: prover.environment, timeout: Self.patience)
        (job.limit, job.partsErrors, job.group) = (Self.mostBytes, true, group)
        let ending = Ending(caller)
        let trial = prover.runner.run(job) { result in
            ending.forget()
            // They are there until the program has ended.
            then(Self.answer(result, of: request, in: files.path))
        }
        // Nobody waits for it any more: others may have the turn.
        ending.begin {
            trial.cancel()
            then(.failure(.busy))
        }
    }

    /// What ends a trial when its caller goes.
    private final class Ending: Sendable {
        private enum State {
            case waiting
            case number(Int)
            case over
        }

        private let caller: Caller
        private let state = Mutex(State.waiting)

        init(_ caller: Caller) { self.caller = caller }

        func begin(_ body: @escaping @Sendable () -> Void) {
            let isOver = state.withLock { if case .over = $0 { true } else { false } }
            guard !isOver else { return }
            let number = caller.whenGone(body)
            let isLate = state.withLock { state in
                if case .over = state { return true }
                state = .number(number)
                return false
            }
            if isLate { caller.forget(number) }
        }

        func forget() {
            let state = state.withLock { state in
                defer { state = .over }
                return state
            }
            if case .number(let number) = state { caller.forget(number) }
        }
    }

    /// What it printed; where it printed nothing, what it complained of.
    private static func answer(
        _ result: Result<ProgramJob.Result, ProgramFailure>, of request: ProofRequest, in folder: String
    ) -> Result<[UInt8], Refusal> {
        switch result {
        case .failure(let failure): return .failure(Refusal(code: "busy", failure.reason))
        case .success(let result):
            if result.output.isCut {
                return .failure(.invalidQuery("there is more to tell than \(mostBytes) bytes; ask for a shorter time"))
            }
            let bytes = hidden(result.output.bytes, request, folder)
            if bytes.isEmpty, result.status != 0 {
                let complaint = String(decoding: hidden(result.errors.bytes, request, folder), as: UTF8.self)
                return .failure(.invalidQuery(complaint.isEmpty ? "the trial ended with \(result.status)" : complaint))
            }
            return .success(bytes)
        }
    }

    /// Nobody needs to know where the folder was: `rules.yaml:3:5`.
    private static func hidden(_ bytes: [UInt8], _ request: ProofRequest, _ folder: String) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self).replacing(folder + "/", with: "")
        return Array(ProofFiles.asWritten(text, of: request.rules).utf8)
    }
}

/// Keys whose history rules want, as `komokud --replay-keys` prints them.
struct WantedKeys: Sendable {
    let pattern: KeyPattern
    /// How much of it before the first moment.
    let lookBack: Duration

    init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard let first = words.first, let pattern = try? KeyPattern(validating: String(first)) else { return nil }
        self.pattern = pattern
        lookBack = words.dropFirst().first.flatMap { Double($0) }.flatMap { Duration(seconds: $0) } ?? .zero
    }
}
