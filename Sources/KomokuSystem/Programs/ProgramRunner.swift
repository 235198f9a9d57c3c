internal import Glibc
internal import Komoku
internal import Synchronization

/// Runs programs, so many at once; further ones wait for their turn.
///
/// One thread of its own starts them, moves what they read and say, and sees them end. Nobody else ever waits for a program.
///
/// swift-subprocess 1.0.2 was tried instead: each of its steps resumes on the cooperative pool (with both of its threads taken, `true`
/// came back after 2.9 s instead of 5 ms), and it gives a program no descriptor but the first three, while curl reads its
/// settings, which may be secret, from a fourth.
package final class ProgramRunner: Sendable {
    private let shared: ProgramQueue
    private let inherited: [String: String]
    private let name: String

    package struct Limits: Sendable {
        /// How many run at the same time.
        package var atOnce = 16
        /// How many of them may be of one group.
        package var inGroup = 8
        /// How many may wait for their turn.
        package var waiting = 1024
        /// How many of these may be of one group.
        package var waitingInGroup = 512

        package init() {}
    }

    /// - Parameters:
    ///   - inherited: the hub's environment, of which programs get little.
    ///   - name: the thread's.
    package init(inherited: [String: String], name: String = "komoku-programs", limits: Limits = Limits()) {
        self.inherited = inherited
        self.name = name
        shared = ProgramQueue(limits)
    }

    deinit {
        shared.stop()
        shared.leave()
    }

    /// What programs get of the hub's environment, with further variables of it.
    package func environment(and names: [String] = []) -> [String: String] { ProgramJob.clean(inherited, and: names) }

    /// Starts a program, from any thread. `then` is called once, on the runner's thread or inside of this call.
    ///
    /// - Returns: ends the program, and `then` is not called.
    package func run(
        _ job: ProgramJob, then: @escaping @Sendable (Result<ProgramJob.Result, ProgramFailure>) -> Void
    ) -> ProgramCancellation {
        if let fault = job.fault {
            then(.failure(fault))
            return ProgramCancellation()
        }
        do throws(ProgramFailure) {
            try shared.start(name)
            let id = try shared.add(job, then)
            return ProgramCancellation { [shared] in shared.cancel(id) }
        } catch {
            then(.failure(error))
            return ProgramCancellation()
        }
    }

    /// Ends every program: those that do not go when asked are killed after two seconds. Blocks for that; nobody is told.
    package func stop() {
        shared.stop()
        shared.waitForEnd()
    }
}
