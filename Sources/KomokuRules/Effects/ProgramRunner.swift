internal import Glibc
internal import Komoku
internal import KomokuStore
internal import Synchronization

/// Runs programs, so many at once; further ones wait for their turn.
///
/// One thread of its own starts them, moves what they read and say, and sees them end. Nobody else ever waits for a program.
package final class ProgramRunner: Sendable {
    private let shared: ProgramQueue
    private let inherited: [String: String]
    private let name: String

    /// How many run at the same time.
    package static let maximumAtOnce = 16
    /// How many may wait for their turn.
    package static let maximumWaiting = 1024

    /// - Parameters:
    ///   - inherited: the hub's environment, of which programs get little.
    ///   - name: the thread's.
    package init(inherited: [String: String], name: String = "komoku-programs") {
        self.inherited = inherited
        self.name = name
        shared = ProgramQueue()
    }

    deinit {
        shared.stop()
        shared.leave()
    }

    /// Starts a program, from any thread. `then` is called once, on the runner's thread or inside of this call.
    ///
    /// - Returns: ends the program, and `then` is not called.
    package func launch(
        _ call: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFault>) -> Void
    ) -> OutputCancellation {
        run(ProgramJob(call, inherited: inherited)) { result in
            then(result.map { OutputAnswer(status: $0.status, text: $0.output.text) })
        }
    }

    /// What programs get of the hub's environment, with further variables of it.
    func environment(and names: [String] = []) -> [String: String] { ProgramJob.clean(inherited, and: names) }

    func run(_ job: ProgramJob, then: @escaping RunningProgram.Completion) -> OutputCancellation {
        if let fault = job.fault {
            then(.failure(fault))
            return OutputCancellation()
        }
        do throws(OutputFault) {
            try shared.start(name)
            let id = try shared.add(job, then)
            return OutputCancellation { [shared] in shared.cancel(id) }
        } catch {
            then(.failure(error))
            return OutputCancellation()
        }
    }

    /// Ends every program: those that do not go when asked are killed after two seconds. Blocks for that; nobody is told.
    package func stop() {
        shared.stop()
        shared.waitForEnd()
    }
}
