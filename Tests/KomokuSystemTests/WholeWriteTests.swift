import Glibc
import Testing

@testable import KomokuSystem

@Suite(.timeLimit(.minutes(1))) struct WholeWriteTests {
    @Test func `a pipe that is full takes all of it in the end`() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let writer = try NamedThread("writes") {
            try? writeWhole(bytes, to: writing)
            close(writing)
        }
        var found: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 10_000)
        while case let count = read(reading, &buffer, buffer.count), count > 0 { found += buffer.prefix(count) }
        writer.join()
        close(reading)
        #expect(found == bytes)
    }

    @Test func `a full disk is said`() throws {
        let file = open("/dev/full", O_WRONLY)
        defer { close(file) }
        let failure = #expect(throws: WriteFailure.self) { try writeWhole("x".utf8, to: file) }
        #expect(failure?.description == "No space left on device")
        #expect(failure?.isClosedPipe == false)
    }

    @Test func `nothing is written of nothing`() throws {
        try writeWhole([], to: -1)
        #expect(throws: WriteFailure(code: EBADF)) { try writeWhole([1], to: -1) }
    }
}
