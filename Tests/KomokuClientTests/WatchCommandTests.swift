import Glibc
import Komoku
import KomokuClient
import KomokuTesting
import Testing

/// The built program with its output in a pipe.
struct WatchCommandTests {
    @Test func aWatchEndsQuietlyWhenNobodyReadsOn() async throws {
        let hub = try await TestHub()
        let client = Client(try hub.address)
        try await client.put("w.a", 1)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        // The program must not hold the end that is read from.
        #expect(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0)
        let arguments = [
            BuiltProgram.path, "watch", "w.*", "--json", "--init", "--server", try hub.address.description,
        ]
        let watch = try ChildProcess(arguments, output: ends[1])
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(ends[0], &bytes, bytes.count)
        let line = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        #expect(line.hasPrefix(#"{"key":"w.a","value":1,"time":"#))
        #expect(line.hasSuffix("}\n"))
        // No change comes any more, and it ends nevertheless.
        close(ends[0])
        #expect(watch.waitForEnd() == 0)
        await client.close()
        await hub.stop()
    }
}
