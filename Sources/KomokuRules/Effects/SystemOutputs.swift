internal import KomokuSystem
package import Logging
internal import Synchronization

/// What rules do outside the hub, done: programs and requests here, messages by whoever speaks to the broker.
package final class SystemOutputs: RuleOutputs {
    package typealias Publisher = @Sendable (RulePublication, (@Sendable (OutputFailure?) -> Void)?) -> Void

    private let publisher: Publisher
    private let brokerIsReady: @Sendable () -> Bool
    private let logger: Logger
    private let programs: ProgramRunner
    private let requests: ProgramRunner
    private let caller: HTTPCaller
    private let ending = Atomic(false)

    /// - Parameters:
    ///   - environment: the hub's own.
    ///   - brokerIsReady: whether messages can go out now.
    ///   - publisher: hands a message to the broker, as `RuleOutputs.publish` does.
    package init(
        environment: [String: String], logger: Logger, brokerIsReady: @escaping @Sendable () -> Bool = { true },
        publisher: @escaping Publisher
    ) {
        self.publisher = publisher
        self.brokerIsReady = brokerIsReady
        self.logger = logger
        programs = ProgramRunner(inherited: environment)
        requests = ProgramRunner(inherited: environment, name: "komoku-http", limits: HTTPCaller.limits)
        caller = HTTPCaller(requests)
    }

    package var isBrokerReady: Bool { brokerIsReady() }
    package let grace: Duration? = nil

    /// From now on a message that did not go out is no failure of its run: the next process publishes it.
    package func expectEnd() { ending.store(true, ordering: .relaxed) }

    package var isEnding: Bool { ending.load(ordering: .relaxed) }

    /// Ends every program and every request. Blocks for that, a few seconds at most; nobody is told.
    package func stop() {
        programs.stop()
        requests.stop()
    }

    package func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?) {
        guard let then else { return publisher(message, nil) }
        publisher(message) { [weak self] fault in
            if fault != nil, self?.isEnding ?? true { return }
            then(fault)
        }
    }

    package func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        caller.request(request, then: then)
    }

    package func launch(
        _ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        programs.launch(program, then: then)
    }

    package func log(rule: String, level: LogLevel, text: String) {
        logger.log(
            level: Logger.Level(level), "a rule says", metadata: ["rule.name": "\(rule)", "rule.text": "\(text)"])
    }
}

extension Logger.Level {
    fileprivate init(_ level: LogLevel) {
        self =
            switch level {
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
    }
}
