internal import KomokuSystem

extension ProgramRunner {
    /// Starts a rule's program, from any thread. `then` is called once, on the runner's thread or inside of this call.
    ///
    /// - Returns: ends the program, and `then` is not called.
    package func launch(
        _ call: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        var job = ProgramJob(
            words: call.words,
            inputs: call.input.map { [ProgramJob.Input(descriptor: 0, bytes: Array($0.utf8))] } ?? [],
            directory: call.directory, environment: environment().merging(call.environment) { $1 },
            timeout: call.timeout)
        // By its arguments, too: of a shell the line tells one from another.
        job.group = call.words.joined(separator: "\u{0}")
        return run(job) { result in
            then(result.map { OutputAnswer(status: $0.status, text: $0.output.text, ending: $0.output.ending) })
        }
    }
}
