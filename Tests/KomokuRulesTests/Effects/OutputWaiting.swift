import Komoku
import KomokuRules
import KomokuSystem
import KomokuTesting
import Synchronization

/// Waits for the one answer of an output.
func answer<Answer: Sendable>(
    _ start: (@escaping @Sendable (Result<Answer, OutputFailure>) -> Void) -> OutputCancellation
) async -> Result<Answer, OutputFailure> {
    await withCheckedContinuation { continuation in
        _ = start { continuation.resume(returning: $0) }
    }
}

extension ProgramRunner {
    func answer(_ call: ProgramCall) async -> Result<OutputAnswer, OutputFailure> {
        await KomokuRulesTests.answer { launch(call, then: $0) }
    }

    /// A shell's.
    func answer(_ text: String, timeout: Duration = .seconds(20)) async -> Result<OutputAnswer, OutputFailure> {
        await answer(ProgramCall(words: ["/bin/sh", "-c", text], timeout: timeout))
    }
}

extension Result where Success == OutputAnswer, Failure == OutputFailure {
    var status: Int? { (try? get())?.status }
    var text: String? { (try? get())?.text }
    var fault: OutputFailure? { if case .failure(let fault) = self { fault } else { nil } }
}
