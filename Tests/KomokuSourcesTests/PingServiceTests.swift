import Glibc
import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuSources

/// With a program `ping` of the test's own.
@Suite(.timeLimit(.minutes(1))) struct PingServiceTests {
    private struct Heard: Hashable {
        let address: String
        let isThere: Bool?
    }

    private static let script = """
        #!/bin/sh
        for last; do :; done
        echo "$@" >> "$(dirname "$0")/asked"
        case "$last" in
        here) exit 0 ;;
        gone) exit 1 ;;
        *) echo "ping: $last: Name or service not known"; exit 2 ;;
        esac
        """

    private func run(
        _ targets: [String], program: String = script,
        _ body: (PingService, Collector<Heard>, String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let heard = Collector<Heard>()
        if !program.isEmpty {
            try folder.write(program, to: "ping")
            _ = chmod(folder.path("ping"), 0o755)
        }
        let service = PingService(
            environment: ["PATH": program.isEmpty ? folder.path("none") : folder.path("") + ":/usr/bin:/bin"],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { heard.append(Heard(address: $0, isThere: $1)) }
        defer { service.stop() }
        service.watch(Set(targets.map { PingService.Target(address: $0, every: .milliseconds(20)) }))
        try await body(service, heard, folder.path("asked"))
    }

    @Test func `an answer is there, none is not, and what cannot be asked is not known`() async throws {
        try await run(["here", "gone", "nowhere"]) { _, heard, _ in
            for (address, isThere) in [("here", true), ("gone", false), ("nowhere", nil)] as [(String, Bool?)] {
                try await heard.wait { $0.contains(Heard(address: address, isThere: isThere)) }
            }
            #expect(Set(heard.elements).count == 3)
        }
    }

    @Test func `it is asked again and again, until nobody wants it`() async throws {
        try await run(["here"]) { service, heard, _ in
            try await heard.wait(for: 3)
            service.watch([PingService.Target(address: "gone", every: .milliseconds(20))])
            try await heard.wait { $0.filter { $0.address == "gone" }.count > 2 }
            #expect(heard.elements.suffix(2).allSatisfy { $0.address == "gone" })
        }
    }

    @Test func `without the program nobody knows`() async throws {
        try await run(["here"], program: "") { _, heard, _ in
            let first = try await heard.wait(for: 1).first
            #expect(first == Heard(address: "here", isThere: nil))
        }
    }
}
