package import Komoku
package import KomokuSystem

/// What rules do outside the hub. Every `then` is called once, from any thread.
package protocol RuleOutputs: AnyObject, Sendable {
    /// Whether messages can go to the broker now; else a step that publishes waits for that.
    var isBrokerReady: Bool { get }

    /// The hub ends: what does not go out any more is no failure of its run, and the next process does it again.
    var isEnding: Bool { get }

    /// How long after the time of a request or a program the engine still waits for its answer. Nil where they end by themselves:
    /// their time begins with them, and the engine does not know how long they wait for their turn.
    var grace: Duration? { get }

    /// - Parameter then: nil for a message nobody waits for; else told once the broker has it (QoS 1 and 2).
    func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?)

    /// - Returns: ends it, so that `then` is not called any more.
    func request(_ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void)
        -> OutputCancellation

    func launch(_ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void)
        -> OutputCancellation

    func log(rule: String, level: LogLevel, text: String)
}

/// How much a line of the log matters.
package enum LogLevel: String, Hashable, Sendable, CaseIterable { case debug, info, notice, warning, error }

/// Ends what was asked for, and nobody is told.
package typealias OutputCancellation = ProgramCancellation

extension RuleOutputs {
    package var isBrokerReady: Bool { true }
    package var isEnding: Bool { false }
    package var grace: Duration? { .seconds(5) }
}

package struct RulePublication: Hashable, Sendable {
    package var topic: String
    package var payload: [UInt8]
    package var qos: Int
    package var retain: Bool
    /// How long it may wait for the broker; nil is the broker's `command_timeout`.
    package var timeout: Duration?

    package init(topic: String, payload: [UInt8], qos: Int = 0, retain: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
    }
}

package struct HTTPRequest: Hashable, Sendable {
    package var url: String
    package var method: String
    package var headers: [Header]
    package var body: [UInt8]?
    /// Of the whole exchange.
    package var timeout: Duration
    package var followsRedirects = true
    /// Of the answer; what is longer is cut.
    package var maximumAnswer = OutputAnswer.maximumText

    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        url: String, method: String, headers: [Header] = [], body: [UInt8]? = nil, timeout: Duration = .seconds(30)
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

package struct ProgramCall: Hashable, Sendable {
    /// The program and its arguments.
    package var words: [String]
    package var input: String?
    package var directory: String?
    package var environment: [String: String]
    package var timeout: Duration

    package init(
        words: [String], input: String? = nil, directory: String? = nil, environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) {
        self.words = words
        self.input = input
        self.directory = directory
        self.environment = environment
        self.timeout = timeout
    }
}

/// What a server or a program said; a text is cut at `maximumText` bytes.
package struct OutputAnswer: Hashable, Sendable {
    /// HTTP status, or exit code; 128 and more for a signal.
    package var status: Int
    package var text: String
    /// The end of what was cut; nil where nothing was.
    package var ending: String?
    /// There was more than may be.
    package var isCut = false

    package static let maximumText = ProgramJob.usualLimit

    package init(status: Int, text: String, ending: String? = nil) {
        self.status = status
        self.text = text
        self.ending = ending
    }

    /// The last lines, on one: where a program fails they say why.
    var lastLines: String {
        let lines = (ending ?? text).split(whereSeparator: \.isNewline)
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.filter { !$0.isEmpty }
        return lines.suffix(Self.shownLines).joined(separator: " / ").cut(to: Self.maximumShown)
    }

    private static let shownLines = 3
    private static let maximumShown = 150
}

/// Why an output did not work.
package typealias OutputFailure = ProgramFailure
