import Glibc
import Komoku
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuDesk

@Suite struct ProverTests {
    private static func request() -> ProofRequest {
        ProofRequest("rules: []", tests: "tests: []")
    }

    /// Nobody waits for its answer, and others wait for its turn.
    @Test(.timeLimit(.minutes(1))) func aTrialEndsWithItsCaller() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("#!/bin/sh\ncase \"$1\" in --check) exec sleep 600;; esac\necho '{}'\n", to: "trial")
        chmod(folder.path("trial"), 0o700)
        let prover = Prover(program: folder.path("trial"), configuration: nil, environment: [:])
        defer { prover.stop() }
        let (leaving, other) = (Caller("http", isLocal: true), Caller("websocket", isLocal: true))
        let request = Self.request()
        let left = await withCheckedContinuation { continuation in
            prover.asked(by: leaving).check(request, keys: []) { continuation.resume(returning: $0) }
            leaving.leave()
        }
        guard case .error(let refusal) = left else { return #expect(Bool(false), "\(left)") }
        #expect(refusal.code == "busy")
        let told = await withCheckedContinuation { continuation in
            prover.asked(by: other).test(request, keys: []) { continuation.resume(returning: $0) }
        }
        guard case .encoded(let bytes) = told else { return #expect(Bool(false), "\(told)") }
        #expect(bytes == Array("{}".utf8))
        // Who is gone before it begins is not served, and who stays was not forgotten.
        let late = await withCheckedContinuation { continuation in
            prover.asked(by: leaving).check(request, keys: []) { continuation.resume(returning: $0) }
        }
        guard case .error = late else { return #expect(Bool(false), "\(late)") }
    }

    @Test func whatIsForgottenDoesNotEnd() {
        let caller = Caller("http", isLocal: true)
        let ended = Collector<Int>()
        let first = caller.whenGone { ended.append(1) }
        _ = caller.whenGone { ended.append(2) }
        caller.forget(first)
        caller.leave()
        caller.leave()
        _ = caller.whenGone { ended.append(3) }
        #expect(ended.elements == [2, 3])
    }
}
