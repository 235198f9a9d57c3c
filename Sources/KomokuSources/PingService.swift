internal import Dispatch
package import Komoku
internal import KomokuSystem
package import Logging

/// Asks machines of the network whether they are there, by the program `ping`.
package final class PingService: Sendable {
    package struct Target: Hashable, Sendable {
        package var address: String
        package var every: Duration

        package init(address: String, every: Duration) {
            (self.address, self.every) = (address, every)
        }
    }

    /// Whether the machine of an address has answered; nil where nobody can say.
    package typealias Listener = @Sendable (_ address: String, _ isThere: Bool?) -> Void

    private let runner: ProgramRunner
    private let listener: Listener
    private let logger: Logger
    private let queue = DispatchQueue(label: "komoku.ping")
    // These belong to the queue.
    nonisolated(unsafe) private var targets: [Target: Int] = [:]
    nonisolated(unsafe) private var lastNumber = 0
    nonisolated(unsafe) private var isEnded = false
    /// What was said to be wrong with an address.
    nonisolated(unsafe) private var told: [String: String] = [:]

    /// How long an answer may take.
    static let patience = Duration.seconds(2)

    /// - Parameter environment: the hub's, of which ping gets little.
    package init(environment: [String: String], logger: Logger, listener: @escaping Listener) {
        var limits = ProgramRunner.Limits()
        limits.inGroup = 1
        runner = ProgramRunner(inherited: environment, name: "komoku-ping", limits: limits)
        self.listener = listener
        self.logger = logger
    }

    /// Asks these from now on. One that was asked already goes on as it was.
    package func watch(_ new: Set<Target>) {
        queue.async { [self] in
            let old = targets
            targets = [:]
            for target in new {
                if let number = old[target] {
                    targets[target] = number
                    continue
                }
                lastNumber += 1
                targets[target] = lastNumber
                // Not all at once.
                let first = Duration(microseconds: .random(in: 0...min(target.every, .seconds(2)).microseconds))
                ask(target, lastNumber, in: first)
            }
        }
    }

    /// Asks no more.
    package func stop() {
        queue.sync { isEnded = true }
        runner.stop()
    }

    private func ask(_ target: Target, _ number: Int, in delay: Duration) {
        queue.asyncAfter(deadline: .now() + delay.seconds) { [weak self] in self?.ask(target, number) }
    }

    private func ask(_ target: Target, _ number: Int) {
        guard !isEnded, targets[target] == number else { return }
        var environment = runner.environment()
        environment["LC_ALL"] = "C"
        let wait = "\(Int(Self.patience.seconds))"
        var job = ProgramJob(
            words: ["ping", "-n", "-q", "-c", "1", "-W", wait, "--", target.address], environment: environment,
            // Names that nobody resolves take long.
            timeout: .seconds(5))
        job.group = target.address
        _ = runner.run(job) { [weak self] result in self?.heard(result, target, number) }
    }

    private func heard(_ result: Result<ProgramJob.Result, ProgramFailure>, _ target: Target, _ number: Int) {
        queue.async { [self] in
            guard !isEnded, targets[target] == number else { return }
            let (isThere, fault) = Self.judge(result)
            if let fault, told[target.address] != fault {
                logger.warning(
                    "nobody can say whether a machine is there",
                    metadata: ["ping": "\(target.address)", "reason": "\(fault)"])
            }
            told[target.address] = fault
            listener(target.address, isThere)
            ask(target, number, in: target.every)
        }
    }

    /// Whether it is there, or why that is not known. `ping` ends with 1 where no answer came, and with 2 where it could not
    /// ask: the name is not resolved, the own network is down.
    static func judge(_ result: Result<ProgramJob.Result, ProgramFailure>) -> (isThere: Bool?, fault: String?) {
        switch result {
        case .success(let result) where result.status == 0: return (true, nil)
        case .success(let result) where result.status == 1: return (false, nil)
        case .success(let result):
            let line = result.output.text.split(whereSeparator: \.isNewline).first.map { ": \($0.prefix(160))" }
            return (nil, "ping ends with \(result.status)\(line ?? "")")
        case .failure(let failure):
            return (nil, failure.isTransient ? failure.reason : "\(failure.reason); install the package iputils-ping")
        }
    }
}
